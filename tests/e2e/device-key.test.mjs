// A device key (docs/device-keys.md) in a real browser: bound at the end of an enrolment, used in the frame on another site in place
// of the passcode, listed on the card and removed. The authenticator is the browser's own for tests (CDP, domain WebAuthn).

import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { examine } from './support/accessibility.mjs';
import { Browser } from './support/browser.mjs';
import { agree, ended, frameOf, holdStill, recordEvents, signIn, step } from './support/journey.mjs';
import { english } from './support/texts.mjs';
import { GENUINE, PASSCODE, World } from './support/world.mjs';

const ID = 'NOD-KEY-0001';
const t = english;

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
afterEach(() => assert.deepEqual(browser.violations, []));

describe('a device key', () => {
  /** The device's keys, which move with it from page to page, with what they have counted. */
  let kept = [];

  it('is bound at the end of an enrolment, by keyboard, after it was refused once', async () => {
    const page = await browser.page();
    const device = await authenticator(page, kept);
    await device.verifies(false);
    await toBinding(page);
    await examine(page, page, 'bind');
    await tabTo(page, t('key.bind'));
    await page.keyboard.press('Enter');
    await page.waitForFunction((said) => document.querySelector('#bind-fault').textContent === said, t('key.refused'));
    await device.verifies(true);
    await page.keyboard.press('Enter');
    assert.equal(await ended(page), 'enrolled');
    assert.equal(await page.textContent('.lead'), t('result.enrolled.key'));
    kept = await device.keys();
    assert.equal(kept.length, 1);
    assert.equal(kept[0].rpId, 'id.localhost');
    assert.ok(kept[0].isResidentCredential);
    assert.match(await world.authority('resident', 'keys', '--id', ID), /^since \d+ \(Unix time\), not used yet/);
    await page.close();
  });

  it('stands for the passcode in the frame on another site, whose page sees nothing of it', async () => {
    await browser.see(GENUINE[0]);
    const { page, frame, device } = await atCourt(kept);
    await examine(page, frame, 'identity');
    // Without a number there is nothing to ask for.
    await press(frame, t('identity.key'));
    await frame.waitForSelector('#claimed-id[aria-invalid]');
    await frame.fill('#claimed-id', ID);
    await press(frame, t('identity.key'));
    await step(frame, 'prepare');
    await holdStill(frame);
    assert.equal(await ended(frame), 'yes');
    const token = await page.evaluate(() => window.events.find(({ type }) => type === 'nod-answer').detail.token);
    const claims = JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));
    assert.deepEqual([claims.yes, claims.acr, claims.amr], [true, 'full', ['face', 'pop']]);
    kept = await device.keys();
    await page.close();
  });

  it('is no way in without its owner, and the passcode stays', async () => {
    const { page, frame, device } = await atCourt(kept);
    await device.verifies(false);
    await frame.fill('#claimed-id', ID);
    await press(frame, t('identity.key'));
    await frame.waitForFunction((said) => document.querySelector('#other-fault').textContent === said, t('identity.key.refused'));
    await examine(page, frame, 'identity');
    assert.equal(await frame.inputValue('#claimed-id'), ID);
    await frame.fill('#passcode', PASSCODE);
    await frame.click('button[type=submit]');
    await step(frame, 'prepare');
    await holdStill(frame);
    assert.equal(await ended(frame), 'yes');
    await page.close();
  });

  it('is no way in with another face', async () => {
    await browser.see('biden');
    const { page, frame, device } = await atCourt(kept);
    await frame.fill('#claimed-id', ID);
    await press(frame, t('identity.key'));
    await step(frame, 'prepare');
    await holdStill(frame);
    assert.equal(await ended(frame), 'no');
    kept = await device.keys();
    await page.close();
    await browser.see(GENUINE[0]);
  });

  it('opens the card, which lists and removes it; then it counts no more', async () => {
    const page = await browser.page();
    const device = await authenticator(page, kept);
    await openCard(page);
    kept = await device.keys();
    const section = page.locator('section.part', { has: page.locator('#me-keys') });
    assert.equal(await section.locator('li').count(), 1);
    assert.match(await section.textContent(), /Last used on/);
    await examine(page, page, 'card');
    await section.getByRole('button', { name: t('me.device.forget') }).click();
    await page.waitForFunction((said) => document.querySelector('.news')?.textContent === said, t('me.key.forgotten'));
    assert.equal(await section.locator('li').count(), 0);
    const alerts = await page.locator('section.part', { has: page.locator('#me-alerts') }).locator('li').allTextContents();
    assert.ok(alerts[0].includes(t('me.alert.key.removed')) && alerts[1].includes(t('me.alert.key.added')), alerts.join('\n'));
    await page.close();
    const { page: court, frame } = await atCourt(kept);
    await frame.fill('#claimed-id', ID);
    await press(frame, t('identity.key'));
    await step(frame, 'prepare');
    await holdStill(frame);
    assert.equal(await ended(frame), 'no');
    await court.close();
  });

  it('is bound again on the card, opened with the passcode', async () => {
    const page = await browser.page();
    const device = await authenticator(page, []);
    await openCard(page, PASSCODE);
    await page.getByRole('button', { name: t('key.bind') }).click();
    await page.waitForFunction((said) => document.querySelector('.news')?.textContent === said, t('me.key.added'));
    kept = await device.keys();
    assert.equal(kept.length, 1);
    // The device has one already, and makes no second.
    await page.getByRole('button', { name: t('key.bind') }).click();
    await page.waitForFunction((said) => document.querySelector('.news')?.textContent === said, t('key.refused'));
    await page.close();
  });

  it('is asked for where only a capture without movement needs it', async () => {
    const page = await browser.page();
    await authenticator(page, kept);
    await page.goto(world.origins.hotel);
    const frame = await frameOf(page, world);
    await agree(frame);
    assert.equal(await frame.getByRole('button', { name: t('identity.key') }).count(), 0, 'at level light');
    await frame.fill('#claimed-id', ID);
    await frame.click('button[type=submit]');
    await step(frame, 'prepare');
    const height = () => frame.evaluate(() => Math.ceil(document.documentElement.getBoundingClientRect().height));
    const before = await height();
    await frame.getByRole('button', { name: t('prepare.still') }).click();
    await step(frame, 'passcode');
    // The page sees how high its frame is, and is not to see from that who does not move.
    assert.equal(await height(), before);
    await examine(page, frame, 'passcode');
    await press(frame, t('identity.key'));
    assert.equal(await ended(frame), 'yes');
    await page.close();
  });

  it('is not offered where the page keeps the frame from it', async () => {
    const page = await browser.page();
    await authenticator(page, kept);
    await page.addInitScript(() => {
      const set = Object.getOwnPropertyDescriptor(HTMLIFrameElement.prototype, 'allow').set;
      Object.defineProperty(HTMLIFrameElement.prototype, 'allow', { set(value) { set.call(this, value.replace(/; publickey-credentials-get [^;]+/, '')); } });
    });
    await signIn(page, world.origins.court, 'alex');
    const frame = await frameOf(page, world);
    await agree(frame);
    await frame.waitForSelector('#passcode');
    assert.equal(await frame.getByRole('button', { name: t('identity.key') }).count(), 0);
    await page.close();
  });
});

/** Enrols up to where the device may be bound. */
async function toBinding(page) {
  const ticket = await world.ticket(ID);
  await page.goto(ticket.link);
  await step(page, 'ticket');
  await page.click('button[type=submit]');
  await step(page, 'consent');
  await page.click('button.primary');
  await step(page, 'identity');
  assert.equal(await page.getByRole('button', { name: t('identity.key') }).count(), 0, 'nobody has a key yet');
  await page.fill('#claimed-id', ID);
  await page.fill('#passcode', PASSCODE);
  await page.fill('#passcode-again', PASSCODE);
  await page.click('button[type=submit]');
  await holdStill(page);
  await page.waitForSelector('[data-step=bind]', { timeout: 120_000 });
}

/** The frame on the court's page, at the step that asks who it is. */
async function atCourt(keys) {
  const page = await browser.page();
  await recordEvents(page);
  const device = await authenticator(page, keys);
  await signIn(page, world.origins.court, 'alex');
  const frame = await frameOf(page, world);
  await agree(frame);
  return { page, frame, device };
}

/** Opens the card with the passcode, or with the device's key. */
async function openCard(page, passcode = null) {
  await page.goto(`${world.issuer}/me`);
  await step(page, 'me');
  await page.getByRole('button', { name: t('me.open'), exact: true }).click();
  await step(page, 'consent');
  await page.click('button.primary');
  await step(page, 'identity');
  await page.fill('#claimed-id', ID);
  if (passcode) {
    await page.fill('#passcode', passcode);
    await page.click('button[type=submit]');
  } else {
    await page.getByRole('button', { name: t('identity.key') }).click();
  }
  await holdStill(page);
  await page.waitForSelector('[data-step=card]', { timeout: 120_000 });
}

/** Again after a while: a browser drops what is pressed in a frame that has just moved on its page. */
async function press(frame, name) {
  await frame.page().waitForTimeout(600);
  await frame.getByRole('button', { name }).click();
}

async function tabTo(page, name) {
  for (let presses = 0; presses < 40; presses += 1) {
    await page.keyboard.press('Tab');
    if (await page.evaluate(() => document.activeElement.textContent) === name) return;
  }
  throw new Error(`no way to ${name}`);
}

/** A platform authenticator for a page's tab, with these keys: what a phone or a laptop has built in. */
async function authenticator(page, keys) {
  const session = await browser.context.newCDPSession(page);
  await session.send('WebAuthn.enable', { enableUI: false });
  const { authenticatorId } = await session.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true,
      isUserVerified: true, automaticPresenceSimulation: true,
    },
  });
  for (const credential of keys) await session.send('WebAuthn.addCredential', { authenticatorId, credential });
  return {
    /** Whether the device knows its owner's finger, face or PIN. */
    verifies: (isUserVerified) => session.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified }),
    keys: async () => (await session.send('WebAuthn.getCredentials', { authenticatorId })).credentials,
  };
}
