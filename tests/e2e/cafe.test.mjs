// The lightweight level: a photograph that the authority has already, and a living face before the camera. Enough for an internet café that
// must know that its guests are registered residents; never enough for a site of level full.

import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { Browser } from './support/browser.mjs';
import { agree, ended, endedInTime, frameOf, holdStill, identify, leave, move, signIn, step } from './support/journey.mjs';
import { play, turned } from './support/puppet.mjs';
import { english as t } from './support/texts.mjs';
import { World } from './support/world.mjs';

const ID = 'NOD-CAFE-0001';

let world;
let browser;
let obama;
let biden;

before(async () => {
  [obama, biden] = await Promise.all(['obama3', 'biden'].map(turned));
  world = await World.start();
  browser = await Browser.start({ storage: true, viewport: { width: 1280, height: 900 } });
  // Another photograph of the same person than the one that the head before the camera is made of.
  await world.importPortrait(ID, 'obama.jpg');
});
after(async () => {
  await browser?.stop();
  await world?.stop();
});
afterEach(() => assert.deepEqual(browser.violations, []));

describe('an internet café', () => {
  it('puts a seat online for who is the one on the photograph, and learns that it is somebody', async () => {
    const { page, frame } = await atTheCafe(obama);
    await move(frame);
    // The café's own script sends the form after a yes, and the frame goes with its page, seen or not.
    const end = await endedInTime(frame).catch(() => 'gone');
    assert.ok(['yes', 'gone'].includes(end), end);
    await page.waitForSelector('#receipt');
    assert.match(await page.textContent('#receipt'), /Seat[^]*12[^]*30 minutes/);
    assert.ok(!(await page.content()).includes(ID));
    await page.close();
  });

  it('does not for somebody else', async () => {
    const { page, frame } = await atTheCafe(biden);
    await move(frame);
    assert.equal(await endedInTime(frame), 'no');
    assert.equal(await page.locator('#receipt').count(), 0);
    await page.close();
  });

  it('does not for who holds still, since nobody who was imported has a passcode', async () => {
    const { page, frame } = await atTheCafe(obama);
    await holdStill(frame);
    assert.equal(await ended(frame), 'no');
    await page.close();
  });
});

it('a site of level full does not take it', async () => {
  const page = await browser.page();
  await play(page, obama, 'person');
  await signIn(page, world.origins.court, 'alex');
  const frame = await frameOf(page, world);
  await identify(frame, { claimedId: ID });
  await move(frame);
  assert.equal(await endedInTime(frame), 'no');
  await page.close();
});

/** A guest with these looks, up to the choice how to be looked at. */
async function atTheCafe(looks) {
  const page = await browser.page();
  await play(page, looks, 'person');
  await page.goto(world.origins.cafe);
  await page.fill('input[name=seat]', '12');
  const frame = await frameOf(page, world);
  await agree(frame, 'scan');
  await leave(frame, 'scan', () => frame.getByRole('button', { name: t('kiosk.code.type') }).click());
  await step(frame, 'identity');
  await frame.fill('#claimed-id', ID);
  await frame.click('button[type=submit]');
  return { page, frame };
}
