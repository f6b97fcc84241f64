// Test keys: a page of a developer's own walks to every outcome, and its back end sees what belongs to it.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, it } from 'node:test';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { examine } from './support/accessibility.mjs';
import { Browser } from './support/browser.mjs';
import { frameOf, recordEvents, step } from './support/journey.mjs';
import { english } from './support/texts.mjs';
import { World } from './support/world.mjs';

const WALKED = ['nod-start', 'nod-load', 'nod-consent', 'nod-permission', 'nod-progress', 'nod-ready', 'nod-progress', 'nod-sealed'];

let world;
let browser;
let server;
let shop;

before(async () => {
  world = await World.start();
  browser = await Browser.start();
  // A page as a developer has it: on a port of their own machine, and registered nowhere.
  const nod = `${world.issuer}/v1/${world.build.hash}/nod.js`;
  server = createServer((request, reply) => {
    const key = new URL(request.url, 'http://shop.localhost').searchParams.get('key');
    reply.setHeader('content-type', 'text/html');
    reply.setHeader('content-security-policy', `default-src 'none'; script-src ${world.issuer}; frame-src ${world.issuer}`);
    reply.end(`<!doctype html><html lang="en"><title>Shop</title><script type="module" src="${nod}"></script>
      <nod-verify sitekey="${key}" action="pay-invoice" rp-nonce="n-1"></nod-verify>`);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  shop = `http://shop.localhost:${server.address().port}`;
});
after(async () => {
  server?.close();
  await browser?.stop();
  await world?.stop();
});

it('yes: the events of a real attempt, a token that siteverify and any JOSE library read, and no camera', async () => {
  const { page, frame } = await walk('yes');
  await step(frame, 'yes');
  const events = await seen(page);
  assert.deepEqual(events.map(({ type }) => type), [...WALKED, 'nod-answer']);
  const { token, yes } = events.at(-1).detail;
  assert.equal(yes, true);
  assert.deepEqual(await frame.evaluate(() => window.cameraTracks), []);

  const keys = createRemoteJWKSet(new URL(`${world.address}/.well-known/test-jwks.json`));
  const { payload } = await jwtVerify(token, keys, {
    issuer: `${world.issuer}/test`, audience: 'pk_test_yes', typ: 'nod-answer+jwt', algorithms: ['ES256'],
  });
  assert.deepEqual([payload.test, payload.origin, payload.action, payload.rp_nonce], [true, shop, 'pay-invoice', 'n-1']);
  // With the keys of real answers it is nobody's.
  const real = createRemoteJWKSet(new URL(`${world.address}/.well-known/jwks.json`));
  await assert.rejects(jwtVerify(token, real), { code: 'ERR_JWKS_NO_MATCHING_KEY' });

  const reply = await siteverify('yes', token);
  assert.deepEqual([reply.success, reply.yes, reply.test, reply.rp_nonce], [true, true, true, 'n-1']);
  assert.deepEqual((await siteverify('yes', token)).error_codes, ['answer.already_used']);
  const { body } = await world.post('/v1/siteverify', { secret: world.secrets.hotel, response: token });
  assert.deepEqual(body.error_codes, ['answer.invalid']);
  await page.close();
});

it('no', async () => {
  const { page, frame } = await walk('no');
  await step(frame, 'no');
  const { type, detail } = (await seen(page)).at(-1);
  assert.deepEqual([type, detail.yes], ['nod-answer', false]);
  assert.equal((await siteverify('no', detail.token)).yes, false);
  await page.close();
});

it('expired: the answer\'s time is over when it arrives', async () => {
  const { page, frame } = await walk('expired');
  await page.waitForFunction(() => window.events.some(({ type }) => type === 'nod-expired'));
  // Not "Confirmed" with an empty form field behind it, but the way to another answer.
  await step(frame, 'idle');
  assert.equal(await frame.getByRole('button', { name: english('idle.start') }).count(), 1);
  const events = (await seen(page)).slice(-2);
  assert.deepEqual(events.map(({ type }) => type), ['nod-answer', 'nod-expired']);
  assert.deepEqual((await siteverify('expired', events[0].detail.token)).error_codes, ['answer.expired']);
  assert.equal(await page.evaluate(() => document.querySelector('nod-verify').isExpired()), true);
  await page.close();
});

it('slow: the wait for the answer is seen', async () => {
  const { page, frame } = await walk('slow');
  await step(frame, 'sending');
  assert.equal((await seen(page)).at(-1).type, 'nod-sealed');
  await step(frame, 'yes');
  await page.close();
});

for (const [outcome, steps, event, code] of [
  ['spent', WALKED, 'nod-error', 'session.spent'],
  ['camera_denied', ['nod-start', 'nod-load', 'nod-consent', 'nod-permission'], 'nod-denied', 'camera.denied'],
  ['unavailable', ['nod-start', 'nod-load'], 'nod-error', 'net.busy'],
  ['unsupported', ['nod-start', 'nod-load'], 'nod-unsupported', 'env.unsupported'],
]) {
  it(`${outcome}: ${event} ${code}`, async () => {
    const { page, frame } = await walk(outcome, steps.length);
    await step(frame, 'error');
    assert.equal(await frame.textContent('.code'), code);
    const events = await seen(page);
    assert.deepEqual(events.map(({ type }) => type), [...steps, event]);
    assert.equal(events.at(-1).detail.code, code);
    await page.close();
  });
}

it('the other way is there too, and says so to the page', async () => {
  const { page, frame } = await at('yes');
  await step(frame, 'consent');
  await frame.click('footer .quiet:first-child');
  await step(frame, 'alternative');
  assert.equal(await frame.getAttribute('a.button', 'href'), `${shop}/`);
  assert.equal((await seen(page)).at(-1).type, 'nod-alternative');
  await page.close();
});

it('the screen in place of the camera is as accessible as the others', async () => {
  const { page, frame } = await at('yes');
  await step(frame, 'consent');
  await frame.click('button.primary');
  await examine(page, frame, 'test');
  await page.close();
});

it('no run above met a Content-Security-Policy violation', () => assert.deepEqual(browser.violations, []));

async function at(outcome) {
  const page = await browser.page();
  await recordEvents(page);
  await page.goto(`${shop}/?key=pk_test_${outcome}`);
  return { page, frame: await frameOf(page, world) };
}

/** Consents and goes on, as far as `events` events lead. */
async function walk(outcome, events = WALKED.length) {
  const { page, frame } = await at(outcome);
  if (events > 2) {
    await step(frame, 'consent');
    await frame.click('button.primary');
    await step(frame, 'test');
    await frame.click('button.primary');
  }
  return { page, frame };
}

function seen(page) {
  return page.evaluate(() => window.events);
}

async function siteverify(outcome, response) {
  return (await world.post('/v1/siteverify', { secret: `sk_test_${outcome}`, response })).body;
}
