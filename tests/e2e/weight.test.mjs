// What a resident downloads: a limit for every file that is served, and for a first visit in all, as Brotli packs them. A
// file grows slowly and nobody looks. The limits are what there is, with an eighth to spare; who raises one says in the
// commit what the bytes are for.

import assert from 'node:assert/strict';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { it } from 'node:test';
import { DIST } from './support/world.mjs';

/** Bytes of the larger files, of a language's texts, and of any other. */
const FILES = {
  'nod_wasm_bg.wasm': 225_000,
  'nod_wasm_relaxed_bg.wasm': 225_000,
  'nod_wasm.js': 7_200,
  'nod_wasm_relaxed.js': 7_200,
  'nod.js': 5_300,
  'build.json': 5_700,
  'resource.js': 4_500,
  'resolver.js': 2_900,
  'manifest.json': 1_300,
  // What reads codes; kiosks alone load it. Its other module has Fluent's name.
  'decode.js': 31_500,
  'index.js': 12_400,
};
const TEXTS = 8_600;
const OTHERS = 2_500;

const NETWORKS = {
  'yunet-n-320': 308_000,
  'tiny-face': 176_000,
  'landmarks68': 341_000,
  'face-reid-0095': 2_206_000,
  'dlib-resnet': 4_633_000,
};

/** A first visit with a model set: the widget with one of its modules, and the set's networks. */
const VISITS = { 'open-1': 3_000_000, 'everywhere-1': 5_200_000 };

/** The other module, the texts of other languages, what says whose the runtime of the texts is, and what kiosks, terminals and enrolments alone load. */
const UNVISITED = /\/nod_wasm(_bg)?\.[a-z.]+$|\/strings\/(?!en\.ftl)|\/fluent\/(?!.*\.js\.br$)|\/(qr|terminal)\/|\/(kiosk|scan|code-reader|mobile|operator)\./;

function limit(file) {
  return NETWORKS[networks.get(file)] ?? FILES[file] ?? (file.endsWith('.ftl') ? TEXTS : OTHERS);
}

const manifest = JSON.parse(readFileSync(join(DIST, 'models/manifest.json'), 'utf8'));
const networksOf = (set) => [set.detector, set.landmarks, set.embedder];
const networks = new Map(manifest.sets.flatMap(networksOf).map(({ name, file }) => [file, name]));

/** `[{file, bytes}]` of everything below the folder that is served. */
const served = readdirSync(DIST, { recursive: true })
  .filter((path) => path.endsWith('.br'))
  .map((path) => ({ file: basename(path, '.br'), bytes: statSync(join(DIST, path)).size, path }));

it('every file that is served is within its limit', () => {
  assert.ok(served.length > 30, `${served.length}`);
  const over = served.filter(({ file, bytes }) => bytes > limit(file));
  assert.deepEqual(over, []);
});

for (const set of manifest.sets) {
  it(`a first visit with ${set.id} is within its limit`, (t) => {
    const needed = networksOf(set).map(({ file }) => file);
    const fetched = served.filter(({ file, path }) => (
      path.startsWith('v1/') ? !UNVISITED.test(path) : needed.includes(file) || file === 'manifest.json'
    ));
    const bytes = fetched.reduce((sum, one) => sum + one.bytes, 0);
    t.diagnostic(`first visit, ${set.id}: ${bytes.toLocaleString('en')} bytes`);
    assert.ok(bytes <= VISITS[set.id], `${bytes}`);
  });
}
