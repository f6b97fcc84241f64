// Browsers, pages and networks on which the check cannot run: each says so by a code of its own, before the resident is asked anything.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { Browser } from './support/browser.mjs';
import { agree, ended, frameOf, identify, holdStill, recordEvents, step } from './support/journey.mjs';
import { PASSCODE, World } from './support/world.mjs';

let world;
let browser;
/** The sites of these tests, which an assertion that fails leaves open. */
const sites = [];

before(async () => {
  world = await World.start();
  // A name that is no loopback one: plain http there is no secure context.
  browser = await Browser.start({ flags: ['--host-resolver-rules=MAP plain.test 127.0.0.1'] });
});
after(async () => {
  for (const site of sites) site.close();
  await browser?.stop();
  await world?.stop();
});

describe('what arrives is not what was published', () => {
  it('a wasm module of another media type: browsers compile it all the same, only more slowly', async () => {
    const page = await broken(/_bg\.wasm$/, { type: 'text/plain' });
    await step(await frameOf(page, world), 'consent');
    await page.close();
  });

  for (const [what, file, change, code] of [
    ['a wasm module cut short', /_bg\.wasm$/, { body: (bytes) => bytes.subarray(0, bytes.length / 2) }, 'env.asset_integrity'],
    ['another file in place of the wasm module', /_bg\.wasm$/, { body: () => Buffer.from('<!doctype html>') }, 'env.asset_integrity'],
    ['no wasm module', /_bg\.wasm$/, { status: 404 }, 'env.asset_fetch'],
    ['a script of another media type', /\/nod_wasm\w*\.js$/, { type: 'text/plain' }, 'env.asset_fetch'],
    ['a worker of another media type', /\/worker\.js$/, { type: 'text/plain' }, 'env.asset_fetch'],
    ['no worker', /\/worker\.js$/, { status: 404 }, 'env.asset_fetch'],
    ['a policy around the frame that allows no worker', /\/frame\/pk_hotel$/, { policy: 'worker-src \'none\'' }, 'env.csp_blocked'],
    ['a policy around the worker that allows no wasm', /\/worker\.js$/, { policy: 'script-src \'self\'' }, 'env.csp_blocked'],
  ]) {
    it(`${what}: ${code}`, async () => {
      const page = await broken(file, change);
      const frame = await frameOf(page, world);
      assert.equal(await ended(frame), `error ${code}`);
      assert.deepEqual(await ends(page), [`nod-error ${code}`]);
      await page.close();
    });
  }

  it('an altered network: env.asset_integrity, and the camera was never on', async () => {
    const page = await broken(/\/v1\/models\/[0-9a-f]{64}\.plan$/, { body: (bytes) => bytes.fill(0, 1_000, 1_100) });
    const frame = await frameOf(page, world);
    await identify(frame, { claimedId: 'NOD-ENV-0001' });
    await holdStill(frame);
    assert.equal(await ended(frame), 'error env.asset_integrity');
    assert.deepEqual(await frame.evaluate(() => window.cameraTracks), []);
    await page.close();
  });

  it('a network that the browser kept only in part is fetched again, and then kept whole', async () => {
    // A page of the authority itself: in a page of another site, these tests' Chromium keeps nothing.
    const page = await browser.page();
    const { link } = await world.ticket('NOD-ENV-0002');
    const fetched = [];
    page.on('request', (request) => { if (/\.plan$/.test(request.url())) fetched.push(request.url()); });

    await upToTheCamera(page, link);
    await page.waitForFunction(async () => (await (await caches.open('nod-models')).keys()).length === 3);
    const whole = await page.evaluate(keptNetworks);
    await page.evaluate(async () => {
      const cache = await caches.open('nod-models');
      for (const request of await cache.keys()) {
        const entry = await (await cache.match(request)).arrayBuffer();
        await cache.put(request, new Response(entry.slice(0, entry.byteLength / 2)));
      }
    });
    await upToTheCamera(page, link);
    await page.waitForFunction(keptNetworks, whole);
    assert.equal(fetched.length, 2 * whole.length);

    await upToTheCamera(page, link);
    assert.equal(fetched.length, 2 * whole.length);
    await page.close();
  });

  it('an altered element is not run where the page names its integrity; what stands inside shows', async () => {
    const page = await browser.page();
    await page.route(/\/nod\.js$/, async (route) => {
      const { headers, sent } = await asSent(route);
      await route.fulfill({ headers, body: `${sent}\nwindow.ran = true;` });
    });
    const site = await serve(`<script type="module" integrity="${world.build.sri['nod.js']}" crossorigin src="${script()}"></script>
      <nod-verify sitekey="pk_test_yes">another way</nod-verify>`);
    await page.goto(site.at('shop.localhost'));
    await page.waitForLoadState('load');
    assert.equal(await page.getByText('another way').isVisible(), true);
    assert.deepEqual(await page.evaluate(() => [window.ran, customElements.get('nod-verify')]), [undefined, undefined]);
    await page.close();
  });
});

describe('the page', () => {
  for (const [what, headers, end] of [
    ['keeps the camera from itself and every frame', { 'permissions-policy': 'camera=()' }, 'nod-unsupported env.policy_blocked'],
    ['allows no frame', { 'content-security-policy': 'frame-src \'none\'' }, 'nod-error env.csp_blocked'],
  ]) {
    it(`${what}: ${end}`, async () => {
      const site = await serve(element(), headers);
      assert.deepEqual(await visit(browser, site.at('shop.localhost')), [[end], 0]);
    });
  }

  it('is no secure context, so the browser has no camera interface: env.insecure_context, and cancel() still ends', async () => {
    const site = await serve(element());
    const page = await browser.page();
    assert.deepEqual(await visit(browser, site.at('plain.test'), page), [['nod-unsupported env.insecure_context'], 0]);
    assert.deepEqual(await page.evaluate(() => [isSecureContext, navigator.mediaDevices]), [false, undefined]);
    const found = await page.evaluate(() => customElements.get('nod-verify').check());
    assert.deepEqual([found.supported, found.code], [false, 'env.insecure_context']);
    await page.evaluate(() => document.querySelector('nod-verify').cancel());
    await page.close();
  });
});

describe('the browser', () => {
  it('has no SIMD: env.no_wasm, before a session is opened', async () => {
    // V8 has SIMD where the processor has these instructions.
    const old = await Browser.start({ flags: ['--js-flags=--no-enable-sse4-1 --no-enable-ssse3'] });
    const site = await serve(element());
    try {
      const page = await old.page();
      assert.deepEqual(await visit(old, site.at('shop.localhost'), page), [['nod-unsupported env.no_wasm'], 0]);
      const found = await page.evaluate(() => customElements.get('nod-verify').check());
      assert.deepEqual(found, { supported: false, code: 'env.no_wasm', simd: false, relaxedSimd: false });
    } finally {
      await old.stop();
    }
  });

  it('has no camera interface: env.unsupported', async () => {
    const site = await serve(element());
    const page = await browser.page();
    await page.addInitScript(() => Object.defineProperty(navigator, 'mediaDevices', { value: undefined }));
    assert.deepEqual(await visit(browser, site.at('shop.localhost'), page), [['nod-unsupported env.unsupported'], 0]);
  });
});

/** The hotel's page in a browser that is given something else than the authority sends. */
async function broken(address, { status, type, policy, body }) {
  const page = await browser.page();
  await recordEvents(page);
  await page.route(address, async (route) => {
    const { headers, sent } = await asSent(route);
    if (type) headers['content-type'] = type;
    if (policy) headers['content-security-policy'] += `, ${policy}`;
    await route.fulfill({ status: status ?? 200, headers, body: body ? body(sent) : sent });
  });
  await page.goto(world.origins.hotel);
  return page;
}

/** An enrolment, until the camera shows and the networks have been read. */
async function upToTheCamera(page, link) {
  await page.goto('about:blank');
  await page.goto(link);
  await step(page, 'ticket');
  await page.click('button[type=submit]');
  await agree(page);
  await page.fill('#claimed-id', 'NOD-ENV-0002');
  await page.fill('#passcode', PASSCODE);
  await page.fill('#passcode-again', PASSCODE);
  await page.click('button[type=submit]');
  await holdStill(page);
  await step(page, 'position');
}

/** Addresses and sizes of the networks that the browser keeps, or false where they are not the expected; runs in the page. */
async function keptNetworks(expected) {
  const cache = await caches.open('nod-models');
  const sizes = (await cache.keys()).map(async (request) => (
    [request.url, (await (await cache.match(request)).arrayBuffer()).byteLength]
  ));
  const kept = (await Promise.all(sizes)).sort();
  return (!expected || JSON.stringify(kept) === JSON.stringify(expected)) && kept;
}

/** What the authority sends for a request; only browsers find it under its name. */
async function asSent(route) {
  const reply = await fetch(world.address + new URL(route.request().url()).pathname);
  const headers = Object.fromEntries(reply.headers);
  delete headers['content-encoding'];
  delete headers['content-length'];
  return { headers, sent: Buffer.from(await reply.arrayBuffer()) };
}

/** How attempts on a page ended, and how many sessions were opened for it. */
async function visit(visitor, address, page = null) {
  const shown = page ?? await visitor.page();
  let sessions = 0;
  shown.on('request', (request) => { sessions += request.url().endsWith('/v1/sessions') ? 1 : 0; });
  await recordEvents(shown);
  await shown.goto(address);
  await shown.waitForFunction(() => window.events.some(({ type }) => /unsupported|error/.test(type)));
  const end = await ends(shown);
  if (!page) await shown.close();
  return [end, sessions];
}

/** The events that ended attempts; a frame that loads later may still say so. */
async function ends(page) {
  const events = await page.evaluate(() => window.events);
  return events.filter(({ type }) => /unsupported|error/.test(type)).map(({ type, detail }) => `${type} ${detail.code}`);
}

/** A page on this machine under any name. */
async function serve(body, headers = {}) {
  const server = createServer((_request, reply) => {
    for (const [name, value] of Object.entries(headers)) reply.setHeader(name, value);
    reply.setHeader('content-type', 'text/html');
    reply.end(`<!doctype html><html lang="en">${body}`);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  sites.push(server);
  const { port } = server.address();
  return { at: (name) => `http://${name}:${port}/` };
}

function script() {
  return `${world.issuer}/v1/${world.build.hash}/nod.js`;
}

/** Without the phone that would help where there is no camera (handoff.test.mjs). */
function element() {
  return `<script type="module" src="${script()}"></script><nod-verify sitekey="pk_test_yes" handoff="off"></nod-verify>`;
}
