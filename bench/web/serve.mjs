// A static server on localhost, for the pages of the bench.

import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';

const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
  '.jpg': 'image/jpeg',
};

/**
 * @param folders `{'/faces/': path}`: folders by the prefix they are served under; the longest that fits counts
 * @param texts `{'/settings.json': text}`: files that exist nowhere else
 * @returns `{origin, requests, fileOf, stop}`: `requests()` counts what reached the server so far
 */
export async function serve(folders, texts) {
  let requests = 0;
  const prefixes = Object.keys(folders).sort((a, b) => b.length - a.length);
  const fileOf = (path) => {
    const prefix = prefixes.find((start) => path.startsWith(start));
    // normalize() leaves no "..": nothing outside the folder is named.
    return prefix && join(folders[prefix], normalize(`/${path.slice(prefix.length)}`));
  };
  const server = createServer(async (request, response) => {
    requests += 1;
    const path = decodeURIComponent(new URL(request.url, 'http://localhost').pathname);
    const headers = {
      'content-type': TYPES[extname(path)] ?? 'application/octet-stream',
      // What a browser has fetched once it keeps, as an authority's visitors do.
      'cache-control': 'public, max-age=86400, immutable',
    };
    if (texts[path] !== undefined) return response.writeHead(200, headers).end(texts[path]);
    const file = fileOf(path);
    const found = file && await stat(file).catch(() => null);
    if (!found?.isFile()) return response.writeHead(404).end();
    response.writeHead(200, { ...headers, 'content-length': found.size });
    return createReadStream(file).pipe(response);
  });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  return {
    origin: `http://localhost:${server.address().port}`,
    requests: () => requests,
    fileOf,
    stop: () => new Promise((resolve) => { server.close(resolve); server.closeAllConnections(); }),
  };
}
