// A device that is remembered: the ID number is typed once for a site, until the resident or an operator forgets the device.

import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { examine } from './support/accessibility.mjs';
import { Browser } from './support/browser.mjs';
import { agree, ended, enrol, frameOf, holdStill, identify, signIn } from './support/journey.mjs';
import { english } from './support/texts.mjs';
import { GENUINE, PASSCODE, World } from './support/world.mjs';

const ID = 'NOD-DEVICE-0001';
const t = english;

let world;
let browser;

before(async () => {
  world = await World.start();
  // Chromium with third-party cookies blocked keeps nothing for frames; this one keeps it apart for every site.
  browser = await Browser.start({ storage: true });
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

describe('a remembered device', () => {
  it('is one after a yes, if the resident wished it, and keeps no number', async () => {
    const { page, frame } = await atHotel();
    await agree(frame);
    const box = frame.getByRole('checkbox', { name: t('identity.remember') });
    assert.equal(await box.isChecked(), false);
    await box.check();
    await examine(page, frame, 'identity');
    await frame.fill('#claimed-id', ID);
    assert.equal(await finished(frame), 'yes');
    const kept = await frame.evaluate(() => Object.entries(localStorage));
    assert.deepEqual(kept.map(([name, value]) => [name, /^[\w-]{43}$/.test(value)]), [['nod-device:pk_hotel', true]]);
    assert.match(await world.authority('resident', 'devices', '--id', ID), /^pk_hotel\s+since \d+/);
    await page.close();
  });

  it('stands for the number on that site, whose page sees nothing of it', async () => {
    const { page, frame } = await atHotel();
    await agree(frame);
    assert.equal(await frame.textContent('.known p'), t('identity.device'));
    assert.equal(await frame.$('#claimed-id'), null);
    await examine(page, frame, 'identity');
    assert.equal(await finished(frame), 'yes');
    assert.deepEqual(await page.evaluate(() => Object.keys(localStorage)), []);
    await page.close();
  });

  it('is unknown on another site', async () => {
    const page = await browser.page();
    await signIn(page, world.origins.court, 'alex');
    const frame = await frameOf(page, world);
    await agree(frame);
    assert.equal(await frame.$('.known'), null);
    await page.close();
  });

  it('gives way to another number', async () => {
    const { page, frame } = await atHotel();
    await agree(frame);
    await frame.getByRole('button', { name: t('identity.id.other') }).click();
    await frame.fill('#claimed-id', 'NOD-NOBODY');
    assert.equal(await finished(frame), 'no');
    await page.close();
  });

  it('is forgotten by its owner, here and with the authority', async () => {
    const { page, frame } = await atHotel();
    await agree(frame);
    const told = page.waitForResponse((reply) => reply.url().endsWith('/v1/devices/forget'));
    await frame.getByRole('button', { name: t('identity.device.forget') }).click();
    assert.equal((await told).status(), 200);
    assert.equal(await frame.evaluate(() => localStorage.length), 0);
    assert.equal(await frame.evaluate(() => document.activeElement.id), 'claimed-id');
    assert.match(await world.authority('resident', 'devices', '--id', ID), /^No device/);
    await page.close();
  });

  it('asks for the number again after a no: an operator may have had it forgotten', async () => {
    const first = await atHotel();
    await agree(first.frame);
    await first.frame.getByRole('checkbox', { name: t('identity.remember') }).check();
    await first.frame.fill('#claimed-id', ID);
    assert.equal(await finished(first.frame), 'yes');
    await first.page.close();
    assert.equal(await world.authority('resident', 'forget-devices', '--id', ID), 'Devices forgotten: 1.\n');

    const { page, frame } = await atHotel();
    await agree(frame);
    assert.equal(await finished(frame), 'no');
    await frame.getByRole('button', { name: t('result.again') }).click();
    await identify(frame, { claimedId: ID });
    await holdStill(frame);
    assert.equal(await ended(frame), 'yes');
    await page.close();
  });
});

it('a browser that keeps nothing for frames is not offered it', async () => {
  const strict = await Browser.start();
  try {
    const page = await strict.page();
    await page.goto(world.origins.hotel);
    const frame = await frameOf(page, world);
    await agree(frame);
    assert.equal(await frame.getByRole('checkbox').count(), 0);
  } finally {
    await strict.stop();
  }
});

async function atHotel() {
  const page = await browser.page();
  await page.goto(world.origins.hotel);
  return { page, frame: await frameOf(page, world) };
}

/** From the filled identity to the end, with the head held still. */
async function finished(frame) {
  await frame.click('button[type=submit]');
  await holdStill(frame, { passcode: PASSCODE });
  return ended(frame);
}
