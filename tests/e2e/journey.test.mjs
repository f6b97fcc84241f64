// The main job, end to end: a resident enrols with one photograph and is recognised on another; nobody
// else is; a bad picture costs nothing; an account belongs to one resident.

import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { Browser } from './support/browser.mjs';
import {
  begin, cameraRuns, ended, enrol, frameOf, holdStill, recordEvents, signIn, step, tryUnknownTicket, verify,
} from './support/journey.mjs';
import { GENUINE, World } from './support/world.mjs';

const ALEX = 'NOD-ALEX-1961';
const BO = 'NOD-BO-1942';

let world;
let browser;
const times = [];

before(async () => {
  world = await World.start();
  browser = await Browser.start();
});
after(async () => {
  await browser?.stop();
  await world?.stop();
  for (const line of times) console.log(`# ${line}`);
});
afterEach(() => assert.deepEqual(browser.violations, []));

describe('enrolment', () => {
  it('takes a ticket holder with the face of obama.jpg', async () => {
    await browser.see('obama');
    const { page, end } = await enrol(browser, world, ALEX);
    assert.equal(end, 'enrolled');
    assert.equal(await cameraRuns(page), false);
    await page.close();
  });

  it('takes another resident with the face of biden.jpg', async () => {
    await browser.see('biden');
    const { page, end } = await enrol(browser, world, BO);
    assert.equal(end, 'enrolled');
    await page.close();
  });

  it('refuses a ticket for another ID number', async () => {
    const page = await browser.page();
    const ticket = await world.ticket('NOD-SOMEBODY');
    await page.goto(ticket.link);
    await step(page, 'ticket');
    await page.click('button[type=submit]');
    await step(page, 'consent');
    await page.click('button.primary');
    await step(page, 'identity');
    await page.fill('#claimed-id', 'NOD-ELSE');
    await page.fill('#passcode', '27182818');
    await page.fill('#passcode-again', '27182818');
    await page.click('button[type=submit]');
    await holdStill(page);
    assert.equal(await ended(page), 'error enrol.ticket_mismatch');
    await page.close();
  });

  it('never replaces a template', async () => {
    await browser.see('biden');
    const { page, end } = await enrol(browser, world, ALEX);
    assert.equal(end, 'error enrol.exists');
    await page.close();
  });

  it('refuses without a ticket', async () => {
    const page = await browser.page();
    assert.equal(await tryUnknownTicket(page, world), 'error enrol.ticket_unknown');
    await page.close();
  });
});

describe('court: the session is minted by the back end', () => {
  for (const photograph of GENUINE) {
    it(`says yes to ${photograph}.jpg, and the claim is filed`, async () => {
      const sealed = [];
      const page = await atCourt('alex', photograph, (request) => {
        if (request.url().endsWith('/v1/verify')) sealed.push(request.postDataBuffer());
      });
      const frame = await frameOf(page, world);
      await begin(frame, { claimedId: ALEX });
      const clicked = Date.now();
      assert.equal(await ended(frame), 'yes');
      times.push(`click to answer with ${photograph}: ${Date.now() - clicked} ms`);
      assert.equal(await cameraRuns(frame), false);

      const events = await page.evaluate(() => window.events);
      const answer = events.at(-1);
      assert.equal(answer.type, 'nod-answer');
      assert.equal(answer.detail.yes, true);
      await checkToken(answer.detail.token, { site: 'court', action: 'efile-submit' });

      // What the widget sealed, as whoever listens on the network has it, is worth nothing a second time.
      assert.equal(sealed.length, 1);
      const again = await world.post('/v1/verify', new Uint8Array(sealed[0]));
      assert.equal(again.body.code, 'session.spent');

      await page.fill('[name=defendant]', 'Acme Ltd');
      await page.fill('[name=amount]', '250.00');
      await page.click('button.button');
      assert.match(await page.textContent('#receipt .number'), /^RDC-\d{4}-\d{4}$/);
      await page.close();
    });
  }

  it('says no to the face of another person', async () => {
    const page = await atCourt('alex', 'astronaut');
    assert.equal(await verify(page, world, { claimedId: ALEX }), 'no');
    await refusedAtCourt(page);
  });

  it('says no to a wrong passcode', async () => {
    const page = await atCourt('alex', GENUINE[0]);
    assert.equal(await verify(page, world, { claimedId: ALEX, passcode: '31415926' }), 'no');
    await refusedAtCourt(page);
  });

  it('says no to an ID nobody enrolled', async () => {
    const page = await atCourt('alex', GENUINE[0]);
    assert.equal(await verify(page, world, { claimedId: 'NOD-NOBODY' }), 'no');
    await refusedAtCourt(page);
  });

  it('refuses a truthful resident B on the account of resident A', async () => {
    const page = await atCourt('alex', 'biden');
    assert.equal(await verify(page, world, { claimedId: BO }), 'no');
    await refusedAtCourt(page);
  });
});

describe('benefits: the back end names the resident when it checks', () => {
  it('confirms resident A on their own account', async () => {
    const page = await at('benefits', 'alex', GENUINE[0]);
    assert.equal(await verify(page, world, { claimedId: ALEX }), 'yes');
    await page.click('button.button');
    assert.match(await page.textContent('#receipt .number'), /^SSO-\d{4}-\d{4}$/);
    await page.close();
  });

  it('refuses a truthful yes of resident B on the account of resident A', async () => {
    const page = await at('benefits', 'alex', 'biden');
    assert.equal(await verify(page, world, { claimedId: BO }), 'yes');
    await page.click('button.button');
    assert.match(await page.textContent('#refused'), /did not confirm that you are Alex Moreno/);
    await page.close();
  });
});

describe('hotel: no accounts', () => {
  it('checks in any enrolled resident', async () => {
    await browser.see('biden');
    const page = await browser.page();
    await page.goto(world.origins.hotel);
    assert.equal(await verify(page, world, { claimedId: BO }), 'yes');
    await page.fill('[name=booking]', 'AB1234');
    await page.click('button.button');
    assert.match(await page.textContent('#receipt .number'), /^KEY-\d{4}-\d{4}$/);
    await page.close();
  });
});

describe('a bad picture gets a hint and costs nothing', () => {
  const HINTS = {
    'no-face': 'hint.no_face',
    'two-faces': 'hint.many_faces',
    'too-dark': 'hint.too_dark',
    'cut-face': 'hint.off_centre',
  };

  for (const [scene, hint] of Object.entries(HINTS)) {
    it(`${scene}: ${hint}, no challenge, and the same session still serves`, async () => {
      const asked = [];
      const page = await atCourt('alex', scene, (request) => asked.push(new URL(request.url()).pathname));
      const frame = await frameOf(page, world);
      await begin(frame, { claimedId: ALEX });
      await frame.waitForSelector(`[data-hint="${hint}"]`);
      // Long enough that a wrong "ready" would have shown itself.
      await page.waitForTimeout(3_000);
      assert.equal(await frame.getAttribute('.guidance', 'data-hint'), hint);
      assert.ok(asked.includes('/v1/sessions'), 'the widget\'s requests are seen');
      assert.deepEqual(asked.filter((path) => /\/challenge$|\/verify$/.test(path)), []);
      const told = await page.evaluate(() => window.events.map(({ detail }) => detail.code).filter(Boolean));
      assert.deepEqual(told, ['capture.positioning']);

      await page.evaluate(() => document.querySelector('nod-verify').cancel());
      assert.equal(await cameraRuns(frame), false);
      await browser.see(GENUINE[0]);
      await page.evaluate(() => void document.querySelector('nod-verify').start());
      await begin(frame, { claimedId: ALEX });
      assert.equal(await ended(frame), 'yes');
      await page.close();
    });
  }
});

async function at(site, account, scene, onRequest = () => {}) {
  await browser.see(scene);
  const page = await browser.page();
  page.on('request', onRequest);
  await recordEvents(page);
  await signIn(page, world.origins[site], account);
  return page;
}

function atCourt(account, scene, onRequest) {
  return at('court', account, scene, onRequest);
}

/** The page submits what it has, a signed no; the court files nothing and offers the other way. */
async function refusedAtCourt(page) {
  await page.fill('[name=defendant]', 'Acme Ltd');
  await page.fill('[name=amount]', '250.00');
  await page.click('button.button');
  assert.match(await page.textContent('#refused'), /did not confirm that you are Alex Moreno/);
  assert.equal(await page.locator('#refused a[href="/counter"]').count(), 1);
  await page.close();
}

/** Checks the answer with a library that is not ours, as a site's back end would do it offline. */
async function checkToken(token, { site, action }) {
  const keys = createRemoteJWKSet(new URL(`${world.address}/.well-known/jwks.json`));
  const { payload, protectedHeader } = await jwtVerify(token, keys, {
    issuer: world.issuer,
    audience: `pk_${site}`,
    typ: 'nod-answer+jwt',
    algorithms: ['ES256'],
    requiredClaims: ['exp', 'iat', 'jti', 'origin', 'action', 'rp_nonce', 'yes', 'acr', 'amr', 'sub'],
  });
  assert.equal(protectedHeader.alg, 'ES256');
  assert.ok(payload.exp - payload.iat <= 300, 'lives 300 s at most');
  assert.equal(payload.origin, world.origins[site]);
  assert.equal(payload.action, action);
  assert.equal(payload.yes, true);
  await assert.rejects(jwtVerify(token, keys, { issuer: world.issuer, audience: 'pk_hotel' }), /aud/);
  await assert.rejects(jwtVerify(`${token.slice(0, -4)}AAAA`, keys, { issuer: world.issuer }), /signature/);
  return payload;
}
