// The page gets yes or no and the token, nothing else.
//
// Records what reaches the page in whole runs (messages, properties, events, requests) and what the wasm
// module can be asked for, and looks in all of it for a face, a score, a hint or the claimed ID.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { begin, ended, frameOf, recordEvents } from './support/journey.mjs';
import { stage } from './support/stage.mjs';
import { textsOf } from './support/texts.mjs';
import { DIST, GENUINE, PASSCODE } from './support/world.mjs';

const ID = 'NOD-PLANTED-7391';
const ALLOWED = ['attempt', 'code', 'retryable', 'next', 'progress', 'token', 'yes'];
const ENGLISH = textsOf('en');
const WORDS = { language: 'en', title: ENGLISH['app.title'].text, required: ENGLISH['app.required'].text };
const CLAIMS = [
  'iss', 'aud', 'iat', 'exp', 'jti', 'rp_nonce', 'bind', 'origin', 'action', 'yes', 'acr', 'amr', 'sub', 'answers',
];
const METHODS = [
  'challenge', 'constructor', 'free', 'load_model', 'look', 'models_needed', 'open_session', 'request', 'reset', 'set_manifest', 'submit',
];

let world;
let browser;

stage(ID, (parts) => ({ world, browser } = parts));

for (const [scene, expected] of [[GENUINE[0], 'yes'], ['astronaut', 'no']]) {
  it(`a whole run that ends with ${expected} shows the page nothing private`, async () => {
    const seen = await record(scene, async (page, frame) => {
      await begin(frame, { claimedId: ID });
      assert.equal(await ended(frame), expected);
    });
    const [answer] = seen.events.filter(({ type }) => type === 'nod-answer');
    assert.equal(answer.detail.yes, expected === 'yes');
    const claims = JSON.parse(Buffer.from(answer.detail.token.split('.')[1], 'base64url'));
    assert.deepEqual(Object.keys(claims).filter((claim) => !CLAIMS.includes(claim)), []);
    assertNothingPrivate(seen);
  });
}

it('a run with hints shows the page that somebody is positioning, and no more', async () => {
  const seen = await record('two-faces', async (page, frame) => {
    await begin(frame, { claimedId: ID });
    await frame.waitForSelector('[data-hint="hint.many_faces"]');
    const before = await page.evaluate(() => document.querySelector('nod-verify').getBoundingClientRect().height);
    await page.waitForTimeout(1_500);
    const after = await page.evaluate(() => document.querySelector('nod-verify').getBoundingClientRect().height);
    assert.equal(after, before, 'the height does not follow the hints');
    await page.evaluate(() => document.querySelector('nod-verify').cancel());
  });
  assert.deepEqual(seen.events.map(({ detail }) => detail.code).filter(Boolean), ['capture.positioning', 'user.cancelled']);
  assertNothingPrivate(seen);
});

for (const module of ['nod_wasm', 'nod_wasm_relaxed']) it(`${module} can be asked for no more than its ten methods`, async () => {
  const assets = join(DIST, 'v1', world.build.hash);
  const glue = readFileSync(join(assets, `${module}.js`), 'utf8');
  const exported = [...glue.matchAll(/^export (?:class|function|const) (\w+)/gm)].map(([, name]) => name);
  assert.deepEqual(exported.filter((name) => !['Capture', 'initSync'].includes(name)), []);
  const methods = /export class Capture \{([\s\S]*?)\n\}/.exec(glue)[1];
  const named = [...methods.matchAll(/^ {4}(?:static |async )?(\w+)\([^)]*\) \{/gm)].map(([, name]) => name);
  assert.deepEqual(named.filter((name) => !name.startsWith('__')).sort(), METHODS);

  const page = await browser.page();
  await page.goto(`${world.issuer}/enrol`);
  // Node has no relaxed SIMD yet.
  const exports = await page.evaluate(
    async (address) => WebAssembly.Module.exports(await WebAssembly.compileStreaming(fetch(address))),
    `/v1/${world.build.hash}/${module}_bg.wasm`,
  );
  // Ours, and the runtime of wasm-bindgen.
  const own = /^(memory|__abort_handler|__instance_terminated|__wbg_capture_free|__wbindgen_\w+|__externref_\w+|wasm_bindgen__convert__\w+|capture_\w+)$/;
  for (const { name, kind } of exports) {
    assert.match(name, own, `${kind} ${name}`);
    assert.doesNotMatch(name, /embed|score|box|frame|pixel|landmark|template|crop|claimed/);
    const method = /^capture_(\w+)$/.exec(name)?.[1];
    assert.ok(!method || method === 'new' || METHODS.includes(method), name);
  }
});

/** Runs on the benefits page with every channel to the page recorded. */
async function record(scene, run) {
  await browser.see(scene);
  const page = await browser.page();
  const requests = [];
  const fromWorker = [];
  page.on('request', (request) => {
    // The page's own: what its document and scripts ask for. The frame's are the authority's business.
    const own = !request.serviceWorker() && request.frame() === page.mainFrame();
    if (own) requests.push({ url: request.url(), headers: request.headers(), body: request.postData() });
  });
  await recordEvents(page);
  await page.exposeFunction('fromWorker', (message) => void fromWorker.push(message));
  await page.addInitScript(listen);
  await page.goto(`${world.origins.hotel}`);
  const frame = await frameOf(page, world);
  await run(page, frame);
  await page.waitForTimeout(200);
  const seen = await page.evaluate(lookAround);
  await page.fill('[name=booking]', 'AB1234');
  // Waited for: closing a page while it navigates never returns.
  await Promise.all([page.waitForURL('**/check-ins'), page.evaluate(() => document.querySelector('form').submit())]);
  await page.close();
  return { ...seen, requests, fromWorker };
}

/** In every document: keeps messages. On the page those it receives; in the frame those of the worker. */
function listen() {
  window.messages = [];
  const describe = (value, depth = 0) => {
    if (value === null || typeof value !== 'object') return value;
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer || value instanceof Blob || value instanceof ImageBitmap) {
      return `[${value.constructor.name}]`;
    }
    if (depth > 6) return '[deep]';
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, describe(inner, depth + 1)]));
  };
  window.describe = describe;
  addEventListener('message', ({ data }) => window.messages.push(describe(data)));
  const Channel = window.MessageChannel;
  window.MessageChannel = class extends Channel {
    constructor() {
      super();
      this.port1.addEventListener('message', ({ data }) => window.messages.push(describe(data)));
    }
  };
  const { Worker } = window;
  window.Worker = class extends Worker {
    constructor(...args) {
      super(...args);
      this.addEventListener('message', ({ data }) => window.fromWorker(JSON.stringify(describe(data))));
    }
  };
}

/** On the page: everything its scripts can read of the element, and what was recorded. */
function lookAround() {
  const element = document.querySelector('nod-verify');
  const properties = {};
  for (let at = element; at && at !== HTMLElement.prototype; at = Object.getPrototypeOf(at)) {
    for (const name of Reflect.ownKeys(at)) {
      const value = element[name];
      properties[String(name)] = typeof value === 'function' ? value.toString().length && '[function]' : window.describe(value);
    }
  }
  let inside = null;
  try {
    inside = window.frames[0]?.document?.title ?? null;
  } catch {
    inside = 'refused';
  }
  return {
    properties,
    attributes: [...element.attributes].map(({ name, value }) => [name, value]),
    html: element.outerHTML,
    shadow: element.shadowRoot,
    inside,
    messages: window.messages,
    events: window.events,
    form: [...new FormData(document.querySelector('form'))],
    storage: [JSON.stringify({ ...localStorage }), JSON.stringify({ ...sessionStorage }), document.cookie],
  };
}

function assertNothingPrivate(seen) {
  assert.equal(seen.shadow, null);
  assert.ok(['refused', null].includes(seen.inside), 'the page cannot look into the frame');
  for (const { type, detail, bubbles } of seen.events) {
    assert.deepEqual(Object.keys(detail).filter((key) => !ALLOWED.includes(key)), [], type);
    assert.equal(bubbles, false);
  }
  for (const message of seen.messages) {
    const { type, name, detail = {}, height, id, ...more } = message;
    // What the element shows itself: the frame's own words, and none that could tell one resident from another.
    assert.deepEqual(more, type === 'texts' ? WORDS : {}, `a message with ${Object.keys(more)}`);
    assert.ok(['event', 'resize', 'done', 'texts'].includes(type), type);
    assert.deepEqual(Object.keys(detail).filter((key) => !ALLOWED.includes(key)), [], name);
  }
  // The frame itself gets phase, hint, progress and instruction of a picture, and of a session its handle and what consent shows.
  const known = ['session', 'phase', 'hint', 'progress', 'cue', 'purpose', 'site', 'level', 'action', 'ask', 'expires_in', 'model_sets', 'still', 'mode', 'steps', 'token', 'yes', 'case', 'enrolled', 'key_challenge', 'key_registration', 'at_terminal'];
  const cases = [];
  for (const text of seen.fromWorker) {
    const { value } = JSON.parse(text);
    if (value && typeof value === 'object') assert.deepEqual(Object.keys(value).filter((key) => !known.includes(key)), []);
    if (value?.case) cases.push(value.case);
  }
  const { fromWorker: _, ...page } = seen;
  const text = JSON.stringify(page);
  assert.ok(cases.every((number) => !text.includes(number)), 'the number of a case');
  assert.ok(!text.includes(ID) && !text.includes(Buffer.from(ID).toString('base64').slice(0, -2)), 'the claimed ID');
  assert.ok(!text.includes(PASSCODE), 'the passcode');
  assert.doesNotMatch(text, /hint\.|live\./, 'a hint');
  assert.doesNotMatch(text, /\[(Array|Float|Int|Uint|Data|Blob|Image)/, 'binary data');
  assert.doesNotMatch(text, /-?\d+\.\d+,-?\d+\.\d+,-?\d+\.\d+/, 'a row of numbers');
  const long = (text.match(/[\w+/=-]{200,}/g) ?? []).filter((run) => !seen.events.some(({ detail }) => detail.token?.includes(run)));
  assert.deepEqual(long, [], 'long runs that are not the token');
}
