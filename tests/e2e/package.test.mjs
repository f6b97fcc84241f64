// The npm package of the element as a site installs it: what is in it, its types, and that it works from a site's own origin.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { Browser } from './support/browser.mjs';
import { frameOf, recordEvents, step } from './support/journey.mjs';
import { World } from './support/world.mjs';

const ELEMENT = new URL('../../www/element/', import.meta.url);
const TSC = new URL('node_modules/typescript/bin/tsc', import.meta.url).pathname;

/** A site's folder in which the package is installed. */
let site;
let installed;

before(() => {
  site = mkdtempSync(join(tmpdir(), 'nod-site-'));
  installed = join(site, 'node_modules/nod-verify');
  mkdirSync(installed, { recursive: true });
  const [{ filename }] = JSON.parse(execFileSync('npm', ['pack', '--json', '--silent', '--pack-destination', site], { cwd: ELEMENT }));
  execFileSync('tar', ['-xzf', join(site, filename), '--strip-components=1', '-C', installed]);
});
after(() => rmSync(site, { recursive: true, force: true }));

it('holds the element, its types, how to use it and the licences: no wasm, no dependency', () => {
  assert.deepEqual(readdirSync(installed).sort(), ['LICENSE-APACHE', 'LICENSE-MIT', 'README.md', 'nod.d.ts', 'nod.js', 'package.json']);
  const about = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
  for (const kind of ['dependencies', 'peerDependencies', 'optionalDependencies', 'bundleDependencies']) assert.equal(about[kind], undefined);
  for (const script of ['preinstall', 'install', 'postinstall', 'prepare']) assert.equal(about.scripts[script], undefined);
  assert.deepEqual(readFileSync(join(installed, 'nod.js')), readFileSync(new URL('nod.js', ELEMENT)));
  const script = readFileSync(join(installed, 'nod.js'), 'utf8');
  assert.doesNotMatch(script, /\bimport\s*[({'"]|\bfrom\s+['"]/, 'one file, loading nothing');
  assert.match(readFileSync(join(installed, 'README.md'), 'utf8'), /`authority` is required/);
  // Packing leaves nothing behind.
  assert.equal(existsSync(new URL('LICENSE-MIT', ELEMENT)), false);
});

it('has types with which a site\'s code compiles, and its mistakes do not', () => {
  writeFileSync(join(site, 'page.ts'), readFileSync(new URL('types/page.ts', import.meta.url)));
  const options = {
    strict: true, noEmit: true, target: 'es2022', module: 'esnext', moduleResolution: 'bundler',
    lib: ['es2022', 'dom', 'dom.iterable'], types: [], skipLibCheck: false,
  };
  writeFileSync(join(site, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files: ['page.ts'] }));
  execFileSync(process.execPath, [TSC, '--project', site], { stdio: ['ignore', 'inherit', 'inherit'] });
});

it('declares what the element has, and nothing else', () => {
  const types = readFileSync(join(installed, 'nod.d.ts'), 'utf8');
  const script = readFileSync(join(installed, 'nod.js'), 'utf8');
  const members = (text, pattern) => [...text.matchAll(pattern)].map(([, name]) => name).sort();
  const declared = members(/export class NodVerify[^{]*\{([\s\S]*?)\n\}/.exec(types)[1], /^ {2}(?:static |readonly )?(\w+)[(:]/gm);
  const own = members(/export class NodVerify[^{]*\{([\s\S]*?)\n\}/.exec(script)[1], /^ {2}(?:static )?(?:async |get )?([a-z]\w+)\(.*\) \{/gm);
  const forBrowsers = ['attributeChangedCallback', 'connectedCallback', 'constructor', 'disconnectedCallback', 'formResetCallback'];
  assert.deepEqual([...new Set(declared)].filter((name) => name !== 'addEventListener'), own.filter((name) => !forBrowsers.includes(name)));
  const attributes = members(script, /\b(?:read|getAttribute)\('([\w-]+)'\)/g).filter((name) => name !== 'title');
  const listed = members(/interface NodVerifyAttributes \{([\s\S]*?)\n\}/.exec(types)[1], /^ {2}'([\w-]+)'/gm);
  assert.deepEqual(listed, [...new Set(attributes)]);
});

it('works from a site\'s own origin with `authority`', async () => {
  const world = await World.start();
  const browser = await Browser.start();
  const server = createServer((request, reply) => {
    const isScript = request.url === '/bundle.js';
    reply.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
    reply.setHeader('content-security-policy', `default-src 'none'; script-src 'self'; frame-src ${world.issuer}`);
    reply.end(isScript ? readFileSync(join(installed, 'nod.js')) : `<!doctype html><html lang="en">
      <script type="module" src="/bundle.js"></script>
      <nod-verify authority="${world.issuer}" sitekey="pk_test_yes"></nod-verify>`);
  });
  try {
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    const page = await browser.page();
    await recordEvents(page);
    await page.goto(`http://shop.localhost:${server.address().port}/`);
    const frame = await frameOf(page, world);
    for (const name of ['consent', 'test']) {
      await step(frame, name);
      await frame.click('button.primary');
    }
    await step(frame, 'yes');
    assert.equal((await page.evaluate(() => window.events)).at(-1).type, 'nod-answer');
    assert.deepEqual(browser.violations, []);
  } finally {
    server.close();
    await browser.stop();
    await world.stop();
  }
});
