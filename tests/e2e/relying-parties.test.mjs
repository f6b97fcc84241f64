// What the sites of the demo ever hold: a resident is enrolled, has a record, and answers each of them; then their process's memory, their logs, and
// all that came to them, from browsers and from the authority, are searched for what was planted.

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Browser } from './support/browser.mjs';
import { agree, enrol, frameOf, holdStill, leave, signIn, step, verify } from './support/journey.mjs';
import { memoryOf } from './support/memory.mjs';
import { english as t } from './support/texts.mjs';
import { GENUINE, PASSCODE, World } from './support/world.mjs';

const ID = 'NOD-PLANTED-7734';
const RECORD = { date_of_birth: '1949-11-23', insurance: { pension: { active: true, paid_until: '2026-10' } } };
/** Everything that a site may be sent by a page of its own: its forms' fields, and the one of the answer. */
const FIELDS = new Set(['nod-response', 'defendant', 'amount', 'booking', 'seat', 'address']);
/** Everything that the authority may tell a site. */
const TOLD = new Set([
  'session', 'expires_in', 'success', 'yes', 'sub', 'origin', 'action', 'rp_nonce', 'bind', 'acr', 'answers', 'iat', 'exp', 'error_codes', 'jti', 'amr', 'aud', 'iss',
]);

let world;
let browser;
let core;
/** Requests of browsers to the sites. */
const sent = [];

before(async () => {
  world = await World.start({ tapped: true });
  browser = await Browser.start({ storage: true, viewport: { width: 1280, height: 900 } });
  const { page, end } = await enrol(browser, world, ID);
  assert.equal(end, 'enrolled');
  await page.close();
  const file = join(world.directory, 'record.json');
  await writeFile(file, JSON.stringify(RECORD));
  await world.authority('resident', 'attributes', '--id', ID, '--file', file);
  await browser.see(GENUINE[0]);
  const ofSites = Object.values(world.origins);
  browser.context.on('request', (request) => {
    if (ofSites.includes(new URL(request.url()).origin)) sent.push({ url: request.url(), method: request.method(), body: request.postData() ?? '' });
  });
});
after(async () => {
  await browser?.stop();
  await world?.stop();
});

describe('the sites', () => {
  it('are answered yes', async () => {
    for (const [origin, path] of [[world.origins.court, '/'], [world.origins.benefits, '/'], [world.origins.benefits, '/coverage']]) {
      const page = await browser.page();
      await signIn(page, origin, 'alex');
      if (path !== '/') await page.goto(origin + path);
      assert.equal(await verify(page, world, { claimedId: ID }), 'yes', origin + path);
      if (origin === world.origins.court) {
        await page.fill('input[name=defendant]', 'Harbour Boats Ltd');
        await page.fill('input[name=amount]', '250.00');
      }
      await sendForm(page);
      await page.close();
    }
    const hotel = await browser.page();
    await hotel.goto(world.origins.hotel);
    assert.equal(await verify(hotel, world, { claimedId: ID }), 'yes');
    await hotel.fill('input[name=booking]', 'AB1234');
    await sendForm(hotel);
    assert.match(await hotel.textContent('#receipt'), /checked in/);
    await hotel.close();
    const cafe = await browser.page();
    await cafe.goto(world.origins.cafe);
    await cafe.fill('input[name=seat]', '7');
    const frame = await frameOf(cafe, world);
    await agree(frame, 'scan');
    await leave(frame, 'scan', () => frame.getByRole('button', { name: t('kiosk.code.type') }).click());
    await step(frame, 'identity');
    await frame.fill('#claimed-id', ID);
    await frame.click('button[type=submit]');
    await holdStill(frame);
    await cafe.waitForSelector('#receipt', { timeout: 120_000 });
    await cafe.close();
  });

  it('were sent their own forms and signed answers, and nothing else', () => {
    const posted = sent.filter(({ method, url }) => method === 'POST' && !url.endsWith('/sign-in') && !url.endsWith('/sign-out'));
    assert.ok(posted.length >= 5, String(posted.length));
    for (const { url, body } of posted) {
      const names = [...body.matchAll(/name="([^"]+)"/g)].map(([, name]) => name);
      const fields = names.length > 0 ? names : [...new URLSearchParams(body).keys()];
      for (const field of fields) assert.ok(FIELDS.has(field), `${field} at ${url}`);
    }
    for (const { url } of sent) assert.ok(!url.includes(ID) && !url.includes(PASSCODE), url);
  });

  it('were told booleans and pseudonyms by the authority, and nothing else', () => {
    const replies = world.taps.sites.back().toString('latin1');
    const bodies = [...replies.matchAll(/\r\n\r\n(\{.*?\})(?=HTTP\/1\.1|$)/gs)].map(([, body]) => JSON.parse(body));
    assert.ok(bodies.length >= 6, String(bodies.length));
    for (const body of bodies) for (const name of Object.keys(body)) assert.ok(TOLD.has(name), name);
    const answers = bodies.flatMap(({ answers = {} }) => Object.values(answers));
    assert.ok(answers.length >= 6 && answers.every((answer) => typeof answer === 'boolean'));
  });

  it('hold no number, passcode, record or picture in memory, log or traffic', async () => {
    core = await memoryOf(world.processOf('demo'));
    const traffic = Buffer.concat([world.taps.sites.there(), world.taps.sites.back(), Buffer.from(JSON.stringify(sent))]);
    const logs = world.logs();
    // The search finds what there is: the sites' own secrets, and a field of their own.
    assert.ok(core.includes(world.secrets.court) && traffic.includes(world.secrets.court) && core.includes('efile-submit'));
    for (const planted of [ID, ID.replaceAll('-', ''), PASSCODE, RECORD.date_of_birth, '2026-10']) {
      assert.ok(!core.includes(planted), `${planted} in memory`);
      assert.ok(!traffic.includes(planted), `${planted} in traffic`);
      assert.ok(!logs.includes(planted), `${planted} in a log`);
    }
    // A JPEG or PNG begins like this; the sites serve none.
    for (const picture of [Buffer.from([0xff, 0xd8, 0xff, 0xe0]), Buffer.from('89504e470d0a1a0a', 'hex')]) assert.ok(!traffic.includes(picture));
  });
});

it('leads to all of them from one page', async () => {
  const page = await browser.page();
  await page.goto(world.startPage);
  const links = await page.locator('a[href^="http"]').evaluateAll((all) => all.map((link) => link.href));
  for (const place of [...Object.values(world.origins).map((origin) => `${origin}/`), `${world.origins.hotel}/kiosk`, `${world.origins.benefits}/coverage`, `${world.terminal}/`, `${world.issuer}/me`]) {
    assert.ok(links.includes(place), `${place} of ${links}`);
  }
  for (const link of links) {
    const reply = await page.goto(link);
    assert.equal(reply.status(), 200, link);
  }
  await page.close();
});

async function sendForm(page) {
  await page.locator('form:has(nod-verify) button.button').first().click();
  await page.waitForLoadState();
}
