// The frame's files as an authority serves them, without an authority: for what a screen says and where it stands.

import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname } from 'node:path';

const WWW = new URL('../../../www/', import.meta.url);
const TYPES = { '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.ftl': 'text/plain; charset=utf-8' };

/** The frame's policy in authority/src/pages.rs, but for who may embed it. */
const POLICY = /const POLICY: &str = "([^;]+;(?:[^"]|\\\n)+)";/
  .exec(await readFile(new URL('../authority/src/pages.rs', WWW), 'utf8'))[1]
  .replaceAll(/\\\n\s*/g, '');

/**
 * Serves `/frame/…` (the frame), `/screens` (its page without its script) and `/` (a page in English with the element,
 * which takes its attributes from the query). Resolves to `{ origin, stop }`.
 */
export async function serveFrame() {
  const html = (await readFile(new URL('frame/frame.html', WWW), 'utf8')).replaceAll('{{base}}', '/');
  const pages = {
    frame: () => html,
    screens: () => html.replace(/<script[^>]*><\/script>/, ''),
    '': (query) => `<!doctype html><html lang="en"><script type="module" src="/nod.js"></script>
      <nod-verify sitekey="pk_any" execution="manual" ${query}></nod-verify>`,
  };
  const server = createServer(async (request, reply) => {
    const { pathname, searchParams } = new URL(request.url, 'http://localhost');
    const page = pages[pathname.split('/')[1]];
    if (page) {
      reply.setHeader('content-type', 'text/html; charset=utf-8');
      if (pathname !== '/') reply.setHeader('content-security-policy', POLICY);
      return reply.end(page(searchParams.get('attributes') ?? ''));
    }
    const bytes = await readFile(fileOf(pathname)).catch(() => null);
    reply.statusCode = bytes ? 200 : 404;
    reply.setHeader('content-security-policy', POLICY);
    reply.setHeader('content-type', TYPES[extname(pathname)] ?? 'application/octet-stream');
    return reply.end(bytes ?? undefined);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://localhost:${server.address().port}`,
    stop: () => new Promise((resolve) => server.close(resolve)),
  };
}

/** Where `xtask/src/bundle.rs` takes a file of the build from. */
function fileOf(pathname) {
  if (pathname === '/nod.js') return new URL('element/nod.js', WWW);
  if (pathname.startsWith('/qr/')) return new URL(`node_modules${pathname}`, WWW);
  if (pathname.startsWith('/fluent/')) return new URL(`node_modules/@fluent/bundle/esm/${pathname.slice(8)}`, WWW);
  return new URL(`frame${pathname}`, WWW);
}
