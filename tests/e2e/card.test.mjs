// "My card": a resident enrols, is asked by a site, opens the card with face and passcode, sees who asked, freezes, takes a copy,
// and erases everything; by keyboard too, and held against the rules of accessibility.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, afterEach, before, describe, it } from 'node:test';
import { examine } from './support/accessibility.mjs';
import { Browser } from './support/browser.mjs';
import { ended, enrol, holdStill, step, verify } from './support/journey.mjs';
import { english } from './support/texts.mjs';
import { GENUINE, PASSCODE, World } from './support/world.mjs';

const ID = 'NOD-CARD-0001';
const t = english;

let world;
let browser;

before(async () => {
  world = await World.start();
  browser = await Browser.start();
  const { page, end } = await enrol(browser, world, ID);
  assert.equal(end, 'enrolled');
  await page.close();
  await browser.see(GENUINE[0]);
});
after(async () => {
  await browser?.stop();
  await world?.stop();
});
afterEach(() => assert.deepEqual(browser.violations, []));

describe('my card', () => {
  it('says who asked and what was answered, and nothing is kept in the browser', async () => {
    assert.equal(await atHotel(), 'yes');
    const page = await opened();
    assert.equal(await page.title(), t('me.title'));
    assert.equal(await page.textContent('.state'), t('me.state.active'));
    const [own, hotel] = await rows(page, 'me-receipts');
    assert.ok(own.includes(t('me.title')) && own.endsWith(t('me.yes')), own);
    assert.ok(hotel.includes('Hotel Lindenhof') && hotel.includes('Check in to your room') && hotel.endsWith(t('me.yes')), hotel);
    assert.ok((await rows(page, 'me-alerts'))[0].includes(t('me.alert.enrolled')));
    assert.ok((await page.textContent('main')).includes(t('me.id.text', { end: '001' })));
    assert.deepEqual(await page.evaluate(() => [localStorage.length, sessionStorage.length, document.cookie]), [0, 0, '']);
    await examine(page, page, 'card');
    await page.close();
  });

  it('shuts with its page, and by its button; the secret opens nothing then', async () => {
    const page = await opened();
    const request = page.waitForRequest((one) => one.url().endsWith('/v1/me/close'));
    await press(page, 'me.close');
    await step(page, 'me');
    const { authorization } = await (await request).allHeaders();
    const reply = await fetch(`${world.address}/v1/me`, { headers: { authorization } });
    assert.equal((await reply.json()).code, 'session.expired');
    await examine(page, page, 'me');
    await page.close();
  });

  it('does not open to another face, and says no more than any no', async () => {
    await browser.see('biden');
    const page = await start();
    assert.equal(await ended(page), 'no');
    await page.close();
    await browser.see(GENUINE[0]);
    const after = await opened();
    assert.match(await after.textContent('[data-step=card]'), /no, in the last 30 days: \S*1/);
    await after.close();
  });

  it('freezes by keyboard alone: then the site is told no, until it is lifted', async () => {
    const page = await opened();
    await tabTo(page, t('me.freeze'));
    await page.keyboard.press('Enter');
    await step(page, 'ask');
    assert.equal(await page.evaluate(() => document.activeElement.textContent), t('me.freeze.title'));
    await examine(page, page, 'ask');
    // To the way back first, then to what is done.
    await tabTo(page, t('me.back'));
    await tabTo(page, t('me.freeze'));
    await page.keyboard.press('Enter');
    await page.waitForSelector('.state.frozen');
    await page.waitForFunction((said) => document.querySelector('.news').textContent === said, t('me.alert.frozen'));
    await page.close();
    assert.equal(await atHotel(), 'no');
    const again = await opened();
    await press(again, 'me.unfreeze');
    await again.waitForSelector('.state.active');
    assert.ok((await rows(again, 'me-alerts'))[0].includes(t('me.alert.unfrozen')));
    await again.close();
    assert.equal(await atHotel(), 'yes');
  });

  it('gives a copy, and erases everything after asking twice', async () => {
    const page = await opened();
    const download = page.waitForEvent('download');
    await press(page, 'me.export');
    const copy = JSON.parse(await readFile(await (await download).path(), 'utf8'));
    assert.equal(copy.claimed_id, ID.replaceAll('-', ''));
    assert.ok(copy.receipts.length > 4);
    await page.getByText(t('me.exported')).waitFor();
    await press(page, 'me.erase');
    await page.getByRole('heading', { name: t('me.erase.title') }).waitFor();
    await press(page, 'me.erase');
    await page.getByRole('heading', { name: t('me.erase.again.title') }).waitFor();
    await press(page, 'me.erase.again');
    await page.getByRole('heading', { name: t('me.erased.title') }).waitFor();
    await examine(page, page, 'closed');
    await page.close();
    const next = await start();
    assert.equal(await ended(next), 'no');
    await next.close();
    assert.match(await world.authority('audit', 'verify'), /^The audit log is whole/);
  });

  it('is shown in no other page', async () => {
    const page = await browser.page();
    await page.goto(world.origins.hotel);
    await page.evaluate((address) => {
      const frame = document.createElement('iframe');
      frame.src = address;
      document.body.append(frame);
    }, `${world.issuer}/me`);
    await page.waitForTimeout(1_000);
    const inside = page.frames().find((frame) => frame.url().startsWith(`${world.issuer}/me`));
    assert.equal(await inside?.$('#nod') ?? null, null);
    // Chromium says in the console that it was refused; that is what is to happen.
    browser.violations.length = 0;
    await page.close();
  });
});

/** The page up to the answer. */
async function start() {
  const page = await browser.page();
  await page.goto(`${world.issuer}/me`);
  await step(page, 'me');
  await press(page, 'me.open');
  await step(page, 'consent');
  assert.equal(await page.textContent('h1'), t('consent.card.title'));
  await page.click('button.primary');
  await step(page, 'identity');
  await page.fill('#claimed-id', ID);
  await page.fill('#passcode', PASSCODE);
  await page.click('button[type=submit]');
  await holdStill(page);
  return page;
}

async function opened() {
  const page = await start();
  await page.waitForSelector('[data-step=card]', { timeout: 120_000 });
  return page;
}

async function atHotel() {
  const page = await browser.page();
  await page.goto(world.origins.hotel);
  const end = await verify(page, world, { claimedId: ID });
  await page.close();
  return end;
}

function press(page, key) {
  return page.getByRole('button', { name: t(key), exact: true }).click();
}

function rows(page, part) {
  return page.$$eval(`[aria-labelledby=${part}] li`, (items) => items.map((item) => item.textContent));
}

async function tabTo(page, name) {
  for (let presses = 0; presses < 40; presses += 1) {
    await page.keyboard.press('Tab');
    if (await page.evaluate(() => document.activeElement.textContent) === name) return;
  }
  throw new Error(`${name} is not reached`);
}
