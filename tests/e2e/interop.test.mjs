// What the widget seals in a real browser opens in an implementation that is not ours.

import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { Browser } from './support/browser.mjs';
import { enrol, verify } from './support/journey.mjs';
import { listen, sealingPrivateKey } from './support/listening.mjs';
import { open, sealClaim, vector } from './support/sealing.mjs';
import { GENUINE, MODEL_SET, PASSCODE, World } from './support/world.mjs';

const ID = 'NOD-INTEROP-1';

let world;
let browser;

before(async () => {
  world = await World.start();
  browser = await Browser.start();
});
after(async () => {
  await browser?.stop();
  await world?.stop();
});

it('the body of a real capture opens with the authority\'s key, and only for its session', async () => {
  await browser.see('obama');
  const enrolment = await enrol(browser, world, ID);
  assert.equal(enrolment.end, 'enrolled');
  await enrolment.page.close();

  const seen = listen(browser.context);
  await browser.see(GENUINE[0]);
  const page = await browser.page();
  await page.goto(world.origins.hotel);
  assert.equal(await verify(page, world, { claimedId: ID }), 'yes');
  const { body } = seen;
  const [session, challenge] = await Promise.all([seen.session, seen.challenge]);
  await page.close();

  const { header, payload } = await open(sealingPrivateKey(world), body, session, challenge);
  assert.equal(header.session, session.session);
  assert.equal(payload.get(0), ID.replaceAll('-', ''));
  assert.equal(payload.get(1), PASSCODE);
  const [capture] = payload.get(2);
  assert.equal(capture.get(0), MODEL_SET.id);
  assert.ok(Math.abs(Math.hypot(...vector(capture.get(1))) - 1) < 1e-4, 'a unit vector');
  assert.equal(capture.get(1).length, MODEL_SET.embedding.size * 4);
  assert.ok(capture.get(2).length >= 3, 'keyframes');

  for (const [field, value] of Object.entries({ origin: 'http://evil.localhost', action: 'other', level: 'full' })) {
    await assert.rejects(open(sealingPrivateKey(world), body, { ...session, [field]: value }, challenge), field);
  }
});

it('a back end that holds the number gets a yes of that resident alone', async () => {
  for (const [number, end] of [[ID, 'yes'], ['NOD-SOMEBODY', 'no']]) {
    const claimed_id = await sealClaim(world, 'pk_hotel', number);
    const authorization = { authorization: `Bearer ${world.secrets.hotel}` };
    const { status, body } = await world.post('/v1/sessions', { action: 'check-in', claimed_id }, authorization);
    assert.equal(status, 200, body?.code);
    const page = await browser.page();
    await page.goto(world.origins.hotel);
    await page.evaluate(async (session) => {
      const element = document.querySelector('nod-verify');
      await element.cancel();
      element.setAttribute('session', session);
      void element.start();
    }, body.session);
    assert.equal(await verify(page, world, { claimedId: ID }), end);
    await page.close();
  }
});
