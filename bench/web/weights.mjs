// What a first visit downloads: bytes as they are, and as a server sends them compressed.

import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

const SCRIPTS = ['.js', '.mjs'];

/**
 * @param files paths
 * @returns `{wasm, scripts, models, others}`, each `{raw, gzip, brotli}` in bytes
 */
export async function weigh(files) {
  const sums = { wasm: none(), scripts: none(), models: none(), others: none() };
  const weights = await Promise.all(files.map(async (file) => ({ kind: kindOf(file), ...await weight(file) })));
  for (const { kind, raw, gzip, brotli } of weights) {
    sums[kind].raw += raw;
    sums[kind].gzip += gzip;
    sums[kind].brotli += brotli;
  }
  return sums;
}

const none = () => ({ raw: 0, gzip: 0, brotli: 0 });

function kindOf(file) {
  const extension = extname(file);
  if (extension === '.wasm') return 'wasm';
  if (SCRIPTS.includes(extension)) return 'scripts';
  if (['.html', '.css', '.svg'].includes(extension) || /\/strings\/[^/]+$/.test(file)) return 'others';
  // Networks, and the lists that say what is in them.
  return 'models';
}

const known = new Map();

/** Of a file, as well compressed as it can be; that takes a while, so each is weighed once. */
function weight(file) {
  if (!known.has(file)) known.set(file, compressed(file));
  return known.get(file);
}

async function compressed(file) {
  const bytes = await readFile(file);
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
  const [gzipped, brotlied] = await Promise.all([
    promisify(gzip)(bytes, { level: 9 }),
    promisify(brotliCompress)(bytes, { params }),
  ]);
  return { raw: bytes.length, gzip: gzipped.length, brotli: brotlied.length };
}
