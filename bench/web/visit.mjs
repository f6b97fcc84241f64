// Which files a first visit downloads: Nod's as an authority serves them, the others' as the bench saw them asked for.

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { key } from './contestants.mjs';
import { weigh } from './weights.mjs';

/** What only the bench asks for. */
const NOT_THEIRS = ['/page/', '/peers/', '/settings.json', '/faces/'];

/** @returns `{key: weights}` */
export async function weighEach(entries, fileOf, plan, manifest) {
  const weights = await Promise.all(entries.map(async (entry) => {
    const files = entry.peer === 'nod'
      ? await ofNod(plan, manifest.sets.find(({ id }) => id === entry.set))
      : entry.files.filter((path) => !NOT_THEIRS.some((start) => path.startsWith(start))).map(fileOf);
    return [key(entry), await weigh(files)];
  }));
  return Object.fromEntries(weights);
}

/** The widget as it is shipped, and the networks of a set. */
async function ofNod({ widget, models }, set) {
  const networks = [set.detector, set.landmarks, set.embedder].map(({ file }) => join(models, file));
  const there = await readdir(widget, { recursive: true, withFileTypes: true });
  const shipped = there.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath ?? entry.path, entry.name));
  // A visit downloads the one module that the browser can run, the texts of one language, and of Fluent no description and no
  // licence.
  const others = /\/nod_wasm(_bg)?\.[a-z]+$|\/strings\/(?!en\.ftl$)|\/fluent\/(?!.*\.js$)/;
  const visited = shipped.filter((file) => !others.test(file));
  return [...visited, join(models, 'manifest.json'), ...networks];
}
