// A kiosk: residents show the code of their card to its camera, one after another, and nothing of one is left for the next. A party
// of two checks in at the demo's hotel, which learns that they are two.

import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { examine } from './support/accessibility.mjs';
import { Browser } from './support/browser.mjs';
import { agree, ended, enrol, frameOf, holdStill, leave, step } from './support/journey.mjs';
import { english } from './support/texts.mjs';
import { GENUINE, PASSCODE, World } from './support/world.mjs';

const ID = 'NOD-KIOSK-0001';
const OTHER = 'NOD-KIOSK-0002';
const t = english;
/** A phone that is held upright, and sharp enough for a camera. */
const PHONE = { viewport: { width: 390, height: 700 }, deviceScaleFactor: 2 };

let world;
let kiosk;
let phone;

before(async () => {
  world = await World.start();
  kiosk = await Browser.start({ storage: true, viewport: { width: 1280, height: 800 } });
  phone = await Browser.start(PHONE);
  for (const [id, face] of [[ID, 'obama'], [OTHER, 'biden']]) {
    await phone.see(face);
    const { page, end } = await enrol(phone, world, id);
    assert.equal(end, 'enrolled');
    await page.close();
  }
  await phone.see(GENUINE[0]);
});
after(async () => {
  await phone?.stop();
  await kiosk?.stop();
  await world?.stop();
});
afterEach(() => {
  assert.deepEqual(kiosk.violations, []);
  assert.deepEqual(phone.violations, []);
});

describe('a kiosk', () => {
  it('takes the code of the card in place of the number, once', async () => {
    const card = await opened();
    const { page, frame } = await asGuest(1);
    await agree(frame, 'scan');
    await examine(page, frame, 'scan');
    const code = await shownTo(frame, card);
    assert.match(code, /^NOD1:[0-9A-F]{32}$/);
    await held(frame, GENUINE[0]);
    // The hotel's own script sends the form.
    await page.waitForSelector('#receipt', { timeout: 120_000 });
    assert.match(await page.textContent('#receipt'), /KEY-\d{4}-\d{4}[^]*1 of 1 confirmed/);
    // The card hears of it, and shows it no longer.
    await card.getByText(t('me.code.used')).waitFor();
    assert.equal(await card.locator('.qr').count(), 0);
    assert.ok(!world.logs().includes(code));
    await page.close();
    await card.close();
  });

  it('ignores other codes, with a hint, and lets the guest type, by keyboard alone', async () => {
    const other = await phone.page();
    await other.goto(`${world.issuer}/me`);
    // A code of somebody else's, drawn by the same authority: the link for a phone.
    const court = await phone.page();
    await court.goto(world.origins.hotel);
    const offering = await frameOf(court, world);
    await leave(offering, 'consent', () => offering.getByRole('button', { name: t('handoff.open') }).click());
    await offering.waitForSelector('.qr');
    await offering.locator('.qr').scrollIntoViewIfNeeded();
    await kiosk.seePhone(await court.screenshot());
    const { page, frame } = await asGuest(1);
    await agree(frame, 'scan');
    await frame.getByText(t('kiosk.code.other')).waitFor();
    await frame.locator('h1').focus();
    await tabTo(page, frame, t('kiosk.code.type'));
    await page.keyboard.press('Enter');
    await step(frame, 'identity');
    await examine(page, frame, 'identity');
    assert.equal(await cameraIsOff(frame), true);
    assert.equal(await frame.getByRole('checkbox').count(), 0, 'no device is remembered');
    await frame.locator('#claimed-id').focus();
    await page.keyboard.type(ID);
    await kiosk.see(GENUINE[0]);
    await page.keyboard.press('Enter');
    await holdStill(frame);
    await page.waitForSelector('#receipt', { timeout: 120_000 });
    for (const each of [page, court, other]) await each.close();
  });

  it('leaves nothing of a guest: the frame is another one, the element is empty, and nothing is stored', async () => {
    const { page, frame } = await asGuest(1, { alone: true });
    await frame.evaluate(() => localStorage.setItem('nod-camera', 'chosen by a guest'));
    await kiosk.see('no-face');
    await agree(frame, 'scan');
    await typed(frame, ID);
    await kiosk.see(GENUINE[0]);
    await holdStill(frame);
    assert.equal(await ended(frame), 'yes');
    assert.match(await response(page), /^[\w-]+\.[\w-]+\.[\w-]+$/);
    const wiped = page.evaluate(() => new Promise((resolve) => document.querySelector('nod-verify').addEventListener('nod-wiped', () => resolve(true))));
    await frame.getByRole('button', { name: t('kiosk.done') }).click();
    assert.equal(await wiped, true);
    assert.equal(await response(page), '');
    await exchanged(page, frame);
    const next = await frameOf(page, world);
    await agree(next, 'scan');
    assert.deepEqual(await next.evaluate(() => [localStorage.length, sessionStorage.length, document.cookie]), [0, 0, '']);
    await leave(next, 'scan', () => next.getByRole('button', { name: t('kiosk.code.type') }).click());
    await step(next, 'identity');
    assert.equal(await next.inputValue('#claimed-id'), '');
    assert.equal(await next.locator('.known').count(), 0);
    assert.ok(!(await next.content()).includes(ID.slice(-3)));
    await page.close();
  });

  it('forgets who walks away, after asking whether they are there', async () => {
    await kiosk.see('no-face');
    const { page, frame } = await asGuest(1, { alone: true });
    await agree(frame, 'scan');
    await typed(frame, ID);
    await frame.getByRole('alert').getByText(t('kiosk.still_there', { seconds: '30' })).waitFor({ timeout: 70_000 });
    await examine(page, frame, 'prepare');
    // Somebody is there still.
    await frame.getByRole('button', { name: t('kiosk.here') }).click();
    await frame.locator('.still-there').waitFor({ state: 'detached' });
    const events = page.evaluate(() => new Promise((resolve) => {
      const seen = [];
      const check = document.querySelector('nod-verify');
      for (const name of ['nod-timeout', 'nod-wiped']) check.addEventListener(name, ({ type, detail }) => {
        seen.push([type, detail.code]);
        if (seen.length === 2) resolve(seen);
      });
    }));
    assert.deepEqual(await events, [['nod-timeout', 'user.inactive'], ['nod-wiped', undefined]]);
    await exchanged(page, frame);
    await step(await frameOf(page, world), 'consent');
    await page.close();
  });

  it('is not stopped by who waits behind', async () => {
    const { page, frame } = await asGuest(1);
    await kiosk.see('no-face');
    await agree(frame, 'scan');
    await typed(frame, ID);
    await kiosk.see('queue');
    await holdStill(frame);
    await page.waitForSelector('#receipt', { timeout: 120_000 });
    await page.close();
  });
});

describe('a party of two', () => {
  it('is two people: the same one twice does not count, and the door code comes with the second', async () => {
    const { page } = await asGuest(2);
    assert.equal(await page.textContent('h1'), 'Guest 1 of 2');
    await confirm(page, ID, GENUINE[0]);
    await page.getByRole('heading', { name: 'Guest 2 of 2' }).waitFor();
    assert.equal(await page.textContent('#confirmed'), '1 of 2 confirmed');
    await confirm(page, ID, GENUINE[0]);
    await page.waitForSelector('#again');
    assert.match(await page.textContent('#again'), /confirmed already/);
    await page.click('#again a.button');
    await page.getByRole('heading', { name: 'Guest 2 of 2' }).waitFor();
    await confirm(page, OTHER, 'biden');
    await page.waitForSelector('#receipt', { timeout: 120_000 });
    assert.match(await page.textContent('#receipt'), /2 of 2 confirmed/);
    await page.close();
  });

  it('and another page loads nothing of what kiosks load', async () => {
    const page = await phone.page();
    const loaded = [];
    page.on('request', (request) => loaded.push(new URL(request.url()).pathname.split('/').slice(3).join('/')));
    await page.goto(world.origins.hotel);
    const frame = await frameOf(page, world);
    await agree(frame);
    assert.ok(loaded.includes('frame.js'));
    assert.deepEqual(loaded.filter((path) => /^(kiosk|scan|code-reader|qr\/)/.test(path)), []);
    await page.close();
  });
});

/** The first guest's page of a party; `alone` keeps the hotel's own script away, to look at the element by itself. */
async function asGuest(guests, { alone = false } = {}) {
  const page = await kiosk.page();
  if (alone) await page.route('**/kiosk.js', (route) => (route.request().url().startsWith(world.origins.hotel) ? route.fulfill({ contentType: 'text/javascript', body: '' }) : route.continue()));
  await page.goto(`${world.origins.hotel_desk}/kiosk`);
  await page.fill('input[name=booking]', 'AB1234');
  await page.selectOption('select', String(guests));
  await page.click('button.button');
  await page.waitForSelector('nod-verify');
  return { page, frame: await frameOf(page, world, 'pk_hotel_desk') };
}

async function confirm(page, id, face) {
  await kiosk.see('no-face');
  const frame = await frameOf(page, world, 'pk_hotel_desk');
  await agree(frame, 'scan');
  await typed(frame, id);
  await held(frame, face);
}

/** Types the number, up to the screen before the camera. */
async function typed(frame, id) {
  await leave(frame, 'scan', () => frame.getByRole('button', { name: t('kiosk.code.type') }).click());
  await step(frame, 'identity');
  await frame.fill('#claimed-id', id);
  await frame.click('button[type=submit]');
  await step(frame, 'prepare');
}

/** A face before the camera, held still. */
async function held(frame, face) {
  await kiosk.see(face);
  await holdStill(frame, { passcode: PASSCODE });
}

/** The resident's own card, on their phone. */
async function opened() {
  const page = await phone.page();
  await page.goto(`${world.issuer}/me`);
  await page.getByRole('button', { name: t('me.open'), exact: true }).click();
  await step(page, 'consent');
  await page.click('button.primary');
  await step(page, 'identity');
  await page.fill('#claimed-id', ID);
  await page.fill('#passcode', PASSCODE);
  await page.click('button[type=submit]');
  await holdStill(page);
  await page.waitForSelector('[data-step=card]', { timeout: 120_000 });
  return page;
}

/** Makes a code and holds the phone before the kiosk's camera, which is open and shows something else, until it is read. */
async function shownTo(frame, card) {
  const told = card.waitForResponse((reply) => reply.url().endsWith('/v1/me/handle') && reply.request().method() === 'POST');
  await card.getByRole('button', { name: t('me.code.make') }).click();
  const { handle } = await (await told).json();
  await card.locator('.qr').scrollIntoViewIfNeeded();
  await kiosk.seePhone(await card.screenshot());
  // Chromium's camera plays the file that was there when it was opened: it is opened again.
  await leave(frame, 'scan', () => frame.getByRole('button', { name: t('kiosk.code.type') }).click());
  await step(frame, 'identity');
  await leave(frame, 'identity', () => frame.getByRole('button', { name: t('kiosk.code.show') }).click());
  await step(frame, 'prepare');
  return handle;
}

/** Playwright hears of it a moment later. */
async function exchanged(page, frame) {
  for (let waited = 0; !frame.isDetached() && waited < 5_000; waited += 50) await page.waitForTimeout(50);
  assert.equal(frame.isDetached(), true);
}

function response(page) {
  return page.evaluate(() => document.querySelector('nod-verify').getResponse());
}

function cameraIsOff(frame) {
  return frame.evaluate(() => window.cameraTracks.every((track) => track.readyState === 'ended'));
}

async function tabTo(page, frame, name) {
  for (let presses = 0; presses < 20; presses += 1) {
    await page.keyboard.press('Tab');
    if (await frame.evaluate(() => document.activeElement.textContent) === name) return;
  }
  throw new Error(`${name} is not reached`);
}
