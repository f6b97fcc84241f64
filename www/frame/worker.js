// The worker around the wasm module: loads it and the models, and forwards each call to `Capture`.
//
// Nothing here computes with faces; frames come in as ImageBitmaps and only phase, hint and
// progress go back.

import { hasSimd, moduleName } from './module.js';
import { Problem } from './problem.js';

const MODELS = '/v1/models/';
const CACHE = 'nod-models';

/** Said before anything else; from a relay's host it is another than this one. */
let authority = location.origin;
let manifest = null;
let loading = null;
let capture = null;
const loaded = new Set();

const CALLS = {
  async open(request) {
    capture = await theModule();
    return capture.open_session(request);
  },

  async loadModels(sets) {
    const needed = capture.models_needed(sets).filter((model) => !loaded.has(model.name));
    const total = needed.reduce((sum, model) => sum + model.bytes, 0);
    const arrived = new Map();
    const count = (model) => (bytes) => {
      arrived.set(model, bytes);
      tellProgress([...arrived.values()].reduce((sum, each) => sum + each, 0) / total);
    };
    // All at once: the first is read while the others are on their way.
    const arriving = needed.map((model) => modelBytes(model, count(model)));
    // Whichever fails first is reported; the others must not end as unhandled.
    arriving.forEach((bytes) => bytes.catch(() => {}));
    for (const [at, model] of needed.entries()) {
      await readModel(model, await arriving[at], count(model));
      loaded.add(model.name);
      count(model)(model.bytes);
    }
    await dropOldModels();
  },

  look(bitmap, at) {
    try {
      return capture.look(bitmap, at);
    } finally {
      bitmap.close();
    }
  },

  // It touches nothing of an attempt, and nobody's camera waits for it.
  request: async (method, path, key, json) => (await theModule()).request(method, path, key ?? undefined, json ?? undefined),

  challenge: (mode) => capture.challenge(mode),
  submit: (...given) => capture.submit(...given.map((one) => one ?? undefined)),
  reset: () => capture?.reset(),
};

// One call after the other: the module is not to be entered again while it waits for the network.
let queue = Promise.resolve();
onmessage = ({ data }) => {
  if (data.authority) authority = data.authority;
  else if (data.name === 'request') answer(data);
  else queue = queue.then(() => answer(data));
};

async function answer({ id, name, args }) {
  try {
    postMessage({ id, value: await CALLS[name](...args) });
  } catch (error) {
    // A trap leaves the module's memory in an unknown state: the page side throws this worker away.
    if (error instanceof WebAssembly.RuntimeError) return reportError(error);
    postMessage({ id, problem: Problem.of(error).detail });
  }
}

/** Loaded once, whoever asks first; again after a failure. */
function theModule() {
  loading ??= loadModule().catch((error) => {
    loading = null;
    throw error;
  });
  return loading;
}

async function loadModule() {
  if (typeof WebAssembly !== 'object') throw Problem.local('env.no_wasm');
  const name = moduleName();
  const [module, build, models] = await Promise.all([
    import(`./${name}.js`).catch(() => { throw Problem.local('env.asset_fetch'); }),
    fetched(new URL('./build.json', import.meta.url)).then((reply) => reply.json()),
    fetched(`${MODELS}manifest.json`).then((reply) => reply.text()),
  ]);
  await module.default().catch((error) => { throw Problem.local(codeOfLoad(error)); });
  manifest = JSON.parse(models);
  const made = new module.Capture({
    authority,
    root_key: build.root_key,
    build: build.wasm_sha256[name],
  });
  made.set_manifest(models);
  return made;
}

function codeOfLoad(error) {
  if (error instanceof RangeError) return 'env.out_of_memory';
  if (!(error instanceof WebAssembly.CompileError)) return 'env.asset_fetch';
  if (/Content Security Policy|unsafe-eval/.test(error.message)) return 'env.csp_blocked';
  // A browser that knows all its instructions and cannot read the module was given another one.
  return hasSimd() ? 'env.asset_integrity' : 'env.no_wasm';
}

/** A network's bytes: those that the browser kept, or else from the authority. Nobody has looked at them yet. */
async function modelBytes(model, onArrived) {
  const cache = await openCache();
  // An entry that cannot be read is as good as none.
  const kept = await cache?.match(addressOf(model)).then((entry) => entry?.arrayBuffer()).catch(() => null);
  if (kept) return { bytes: new Uint8Array(kept), fetchedNow: false };
  return { bytes: await download(model, onArrived), fetchedNow: true };
}

/** Has the module read a network, which first checks the bytes against the manifest's SHA-256. */
async function readModel(model, { bytes, fetchedNow }, onArrived) {
  try {
    capture.load_model(model.name, bytes);
    if (fetchedNow) keep(model, bytes);
  } catch (error) {
    if (error?.code !== 'env.asset_integrity') throw error;
    // Browsers that are closed while they write may keep a part, and would give it again at every visit.
    const whole = await download(model, onArrived, 'reload');
    capture.load_model(model.name, whole);
    keep(model, whole);
  }
}

async function download(model, onArrived, cache = 'default') {
  return readAll(await fetched(addressOf(model), { cache }), model.bytes, onArrived);
}

/** Nobody waits for it: a full disk or a private window may refuse, and the journey goes on. */
function keep(model, bytes) {
  openCache().then((cache) => cache?.put(addressOf(model), new Response(bytes))).catch(() => {});
}

function addressOf(model) {
  return `${MODELS}${model.sha256}.plan`;
}

async function readAll(reply, expected, onArrived) {
  const bytes = new Uint8Array(expected);
  let filled = 0;
  const reader = reply.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    if (filled + value.length > expected) throw Problem.local('env.asset_fetch');
    bytes.set(value, filled);
    filled += value.length;
    onArrived(filled);
  }
  return bytes.subarray(0, filled);
}

/** Cache Storage, or null where a frame gets none. */
async function openCache() {
  return await self.caches?.open(CACHE).catch(() => null) ?? null;
}

async function dropOldModels() {
  const cache = await openCache();
  const live = JSON.stringify(manifest);
  for (const request of (await cache?.keys()) ?? []) {
    const name = new URL(request.url).pathname.slice(MODELS.length);
    if (!live.includes(name.replace('.plan', ''))) await cache.delete(request);
  }
}

async function fetched(address, options) {
  const reply = await fetch(address, options).catch(() => null);
  if (reply?.ok) return reply;
  throw Problem.local(navigator.onLine ? 'env.asset_fetch' : 'net.offline');
}

function tellProgress(progress) {
  postMessage({ progress: Math.min(progress, 1) });
}
