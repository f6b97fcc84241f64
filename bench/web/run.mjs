// The whole bench: `node run.mjs PLAN`, where PLAN is the JSON file that `cargo xtask bench web` writes. Measures, and
// writes the report to standard output and to the file that the plan names; progress goes to standard error.

import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { start } from './browser.mjs';
import { agreement, coldStarts, memories, pagesOf, steady, work } from './measure.mjs';
import { report } from './report.mjs';
import { serve } from './serve.mjs';
import { weighEach } from './visit.mjs';

const HERE = import.meta.dirname;
const PORTRAITS = ['obama', 'obama2', 'obama3', 'biden', 'astronaut'];
const PACKAGES = ['onnxruntime-web', '@vladmandic/face-api', '@vladmandic/human', '@tensorflow/tfjs-backend-wasm'];
/** Rounds that are not counted: by then the browser has compiled what it will compile. */
const WARM_UP = 10;

const plan = JSON.parse(await readFile(process.argv[2], 'utf8'));
// Asked first: somebody may commit while this runs.
const nod = commit();
const say = (line) => process.stderr.write(`  ${(performance.now() / 1000).toFixed(0).padStart(4)} s  ${line}\n`);

const manifest = JSON.parse(await readFile(join(plan.models, 'manifest.json'), 'utf8'));
const settings = await describe(manifest, join(plan.checkout, 'tests/faces/places.json'));
const server = await serve({
  '/page/': join(HERE, 'page'),
  '/peers/': join(HERE, 'peers'),
  '/node_modules/': join(HERE, 'node_modules'),
  '/faces/': join(plan.checkout, 'tests/faces'),
  '/models/': plan.models,
  '/onnx/': plan.onnx,
  '/nod/': plan.module,
  '/frame/': join(plan.checkout, 'www/frame'),
}, { '/settings.json': JSON.stringify(settings) });
const browser = await start(plan.chromium, server.origin);
try {
  const course = {
    sets: settings.sets.map(({ id }) => id),
    networks: Object.keys(settings.networks),
    portraits: settings.portraits.length,
    rounds: plan.rounds,
    coldStarts: plan.coldStarts,
    warmUp: WARM_UP,
  };
  const load = [loadavg()[0]];
  const cold = await coldStarts(browser, server, course, say);
  const memory = await memories(browser, course);
  const pages = await pagesOf(browser, course, say);
  const alike = await agreement(pages, course);
  const works = await work(pages, course);
  const times = await steady(pages, course, say);
  load.push(loadavg()[0]);
  const chromium = await browser.version();
  await browser.stop();
  say('compressing what a first visit downloads');
  const weights = await weighEach(cold.entries, server.fileOf, plan, manifest);
  const machine = { processor: cpus()[0].model, cores: cpus().length, chromium, node: process.version, load };
  const text = report({ plan, course, machine, packages: packages(), commit: nod, cold, memory, alike, works, times, weights, networks: settings.networks });
  await writeFile(plan.results, text);
  process.stdout.write(text);
} finally {
  await browser.stop().catch(() => {});
  await server.stop();
}

/** What the pages need to know. */
async function describe({ sets }, places) {
  const faces = JSON.parse(await readFile(places, 'utf8'));
  const files = sets.flatMap((set) => [set.detector, set.landmarks, set.embedder]);
  return {
    sets,
    networks: Object.fromEntries(files.map(({ name, input }) => [name, input])),
    portraits: PORTRAITS.map((name) => faces[name]),
  };
}

function packages() {
  const require = createRequire(import.meta.url);
  return PACKAGES.map((name) => `${name} ${require(`./node_modules/${name}/package.json`).version}`);
}

function commit() {
  const git = (...given) => execFileSync('git', given, { cwd: HERE, encoding: 'utf8' }).trim();
  const changed = git('status', '--porcelain', '--untracked-files=no', ':!/bench/results') ? ' with changes' : '';
  return git('rev-parse', '--short', 'HEAD') + changed;
}
