// The pipeline in the browser and the native one (which the accuracy figures come from) are one code, built
// by two compilers for three machines: a browser with relaxed SIMD, one without, and this one. Here the same pixels go
// through all, and every pair of faces must be as alike in one as in the other.
//
// NOD_E2E_PICTURES names a folder of other portraits to do it with.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile, readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { after, before, it } from 'node:test';
import { promisify } from 'node:util';
import { Browser } from './support/browser.mjs';
import { listen, sealingPrivateKey } from './support/listening.mjs';
import { open, vector } from './support/sealing.mjs';
import { DIST, MODEL_SET, World } from './support/world.mjs';

const REPOSITORY = resolve(import.meta.dirname, '../..');
const BENCH = process.env.NOD_E2E_BENCH ?? join(REPOSITORY, 'target/debug/nod-bench');
/** Cosines of single precision through some hundred layers; measured differences are in the sixth digit. */
const TOLERANCE = 1e-4;
const CHOOSE_OTHER = "export * from './module.js?as-it-is'; export const moduleName = () => 'nod_wasm';";

let world;
let browser;

before(async () => {
  world = await World.start();
  browser = await Browser.start();
});
after(async () => {
  await browser?.stop();
  await world?.stop();
});

for (const module of ['nod_wasm_relaxed', 'nod_wasm']) it(`${module} and the native pipeline find every two faces as alike, to 1e-4 in the cosine`, async (t) => {
  const native = await nativeCosines(await portraits());
  const page = await browser.page();
  // The first is what this browser chooses; the second, what one without relaxed SIMD would.
  if (module === 'nod_wasm') await page.route('**/module.js', (route) => route.fulfill({ contentType: 'text/javascript', body: CHOOSE_OTHER }));
  const modules = new Set();
  browser.context.on('request', (request) => modules.add(/(\w+)_bg\.wasm$/.exec(request.url())?.[1]));
  await page.goto(`${world.issuer}/enrol`);

  const embeddings = [];
  for (const png of native.png) {
    const seen = listen(browser.context);
    await page.evaluate(capture, {
      engine: `/v1/${world.build.hash}/engine.js`,
      request: { sitekey: 'pk_hotel', origin: world.origins.hotel, level: 'light', ask: [], purpose: 'verify' },
      png: (await readFile(png)).toString('base64'),
    });
    embeddings.push(await sealed(seen));
  }

  let worst = 0;
  native.cosines.forEach((row, i) => row.forEach((cosine, j) => {
    worst = Math.max(worst, Math.abs(cosine - dot(embeddings[i], embeddings[j])));
  }));
  const pairs = native.png.length * (native.png.length - 1) / 2;
  modules.delete(undefined);
  assert.deepEqual([...modules], [module]);
  t.diagnostic(`${module} and native, ${MODEL_SET.id}: cosines of ${pairs} pairs differ by at most ${worst.toExponential(1)}`);
  assert.ok(worst <= TOLERANCE, `${worst}`);
  // Both would also agree if all faces were one.
  assert.ok(native.cosines.flat().some((cosine) => cosine < 0.9));
});

async function portraits() {
  const folder = process.env.NOD_E2E_PICTURES;
  if (!folder) {
    return ['obama', 'obama2', 'obama3', 'biden'].map((name) => join(REPOSITORY, `tests/faces/${name}.jpg`));
  }
  return (await readdir(folder)).sort().map((name) => join(folder, name));
}

/** {png, cosines}: copies that a browser reads the same pixels from, and the native pipeline's cosines. */
async function nativeCosines(pictures) {
  const { stdout } = await promisify(execFile)(BENCH, [
    'cosines', '--models', join(DIST, 'models'), '--set', MODEL_SET.id, '--png', join(world.directory, 'png'), ...pictures,
  ]);
  return JSON.parse(stdout);
}

/** The fused embedding in a body, opened with the authority's key. */
async function sealed(seen) {
  const [session, challenge] = await Promise.all([seen.session, seen.challenge]);
  const { payload } = await open(sealingPrivateKey(world), seen.body, session, challenge);
  const [taken] = payload.get(2);
  return vector(taken.get(1));
}

/** In the page: a capture in which the camera sees one picture all the time. */
async function capture({ engine, request, png }) {
  const { Engine } = await import(engine);
  const bytes = Uint8Array.from(atob(png), (char) => char.charCodeAt(0));
  const picture = new Blob([bytes], { type: 'image/png' });
  const frame = () => createImageBitmap(picture, { colorSpaceConversion: 'none', premultiplyAlpha: 'none' });

  const running = new Engine();
  const { model_sets: sets } = await running.open(request);
  await running.loadModels(sets, () => {});
  let at = 0;
  const until = async (phase) => {
    for (let looks = 0; looks < 100; looks += 1) {
      const seen = await running.look(await frame(), at += 50);
      if (seen.phase === phase) return;
    }
    throw new Error(`no ${phase}`);
  };
  await until('ready');
  await running.challenge('still');
  await until('captured');
  await running.submit('NOD-AGREE-1', null, '27182818');
  await running.reset();
}

function dot(a, b) {
  return a.reduce((sum, value, i) => sum + value * b[i], 0);
}
