// Several cameras: one that shows faces is taken, the resident may take another, and the choice is remembered.
//
// The cameras are the browser's own, whose picture has no face: what is tested here ends before one is needed.

import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { Browser } from './support/browser.mjs';
import { begin, frameOf, step } from './support/journey.mjs';
import { World } from './support/world.mjs';

const WHO = { claimedId: 'NOD-CAMERAS-0001' };

let world;
let browser;

before(async () => {
  world = await World.start();
  browser = await Browser.start({ cameras: 3 });
});
after(async () => {
  await browser?.stop();
  await world?.stop();
});

it('another camera can be chosen, the first one is switched off, and the next try takes it too', async () => {
  const page = await browser.page();
  const frame = await positioning(page);
  const wanted = await chooseAnother(frame);
  assert.deepEqual((await opened(frame)).map(({ state }) => state), ['ended', 'live']);
  assert.equal((await opened(frame))[1].id, wanted);

  await frame.getByRole('button', { name: 'Cancel' }).click();
  await step(frame, 'idle');
  await frame.getByRole('button', { name: 'Start' }).click();
  await begin(frame, WHO);
  await step(frame, 'position');
  assert.deepEqual((await opened(frame)).slice(2), [{ id: wanted, state: 'live' }]);
  await page.close();
});

it('where the browser lets a frame keep something, the next visit takes it too, unless it is gone', async () => {
  const keeping = await Browser.start({ cameras: 3, storage: true });
  try {
    const first = await keeping.page();
    const wanted = await chooseAnother(await positioning(first));
    await first.close();

    const second = await keeping.page();
    const frame = await positioning(second);
    assert.deepEqual(await opened(frame), [{ id: wanted, state: 'live' }]);
    await frame.evaluate(() => localStorage.setItem('nod-camera', 'of-a-camera-that-is-gone'));
    await second.close();

    const after = await positioning(await keeping.page());
    assert.deepEqual((await opened(after)).map(({ state }) => state), ['live']);
    assert.equal(await after.evaluate(() => localStorage.getItem('nod-camera')), null);
    assert.deepEqual(keeping.violations, []);
  } finally {
    await keeping.stop();
  }
});

it('an infrared camera and a program that plays one are taken only where there is nothing else', async () => {
  const page = await browser.page();
  // The browser's cameras have no such names: they are given here, and everything else is as it is.
  await page.addInitScript(() => {
    const names = ['Integrated IR Camera', 'OBS Virtual Camera', 'Integrated Camera'];
    const devices = navigator.mediaDevices;
    if (!devices) return;
    const list = devices.enumerateDevices.bind(devices);
    const named = (label) => names[Number(/device_(\d)/.exec(label)?.[1])] ?? label;
    devices.enumerateDevices = async () => (await list()).map((device) => ({
      kind: device.kind, deviceId: device.deviceId, groupId: device.groupId, label: named(device.label),
    }));
    const label = Object.getOwnPropertyDescriptor(MediaStreamTrack.prototype, 'label').get;
    Object.defineProperty(MediaStreamTrack.prototype, 'label', { get() { return named(label.call(this)); } });
  });
  const frame = await positioning(page);
  const list = frame.getByRole('combobox', { name: 'Camera' });
  assert.deepEqual(await list.locator('option').allTextContents(), ['Integrated Camera', 'Integrated IR Camera', 'OBS Virtual Camera']);
  assert.equal(await list.locator('option:checked').textContent(), 'Integrated Camera');
  const tracks = await opened(frame);
  assert.equal(tracks.at(-1).state, 'live');
  assert.equal(tracks.at(-1).id, await list.inputValue());
  assert.ok(tracks.slice(0, -1).every(({ state }) => state === 'ended'));
  await page.close();
});

it('one camera is no choice', async () => {
  const one = await Browser.start({ cameras: 1 });
  try {
    const frame = await positioning(await one.page());
    assert.equal(await frame.getByRole('combobox').count(), 0);
    assert.deepEqual(one.violations, []);
  } finally {
    await one.stop();
  }
});

it('no run above met a Content-Security-Policy violation', () => assert.deepEqual(browser.violations, []));

/** Takes the last of three cameras. @returns its device */
async function chooseAnother(frame) {
  const [first] = await opened(frame);
  const list = frame.getByRole('combobox', { name: 'Camera' });
  assert.equal(await list.locator('option').count(), 3);
  assert.equal(await list.inputValue(), first.id);
  await list.selectOption({ index: 2 });
  const wanted = await list.inputValue();
  await frame.waitForFunction(() => window.cameraTracks.length === 2);
  await frame.waitForSelector('[data-step=position] [data-hint]');
  return wanted;
}

async function positioning(page) {
  await page.goto(world.origins.hotel);
  const frame = await frameOf(page, world);
  await begin(frame, WHO);
  await step(frame, 'position');
  await frame.waitForSelector('[data-hint]');
  return frame;
}

/** The camera tracks that this frame opened, in order. */
function opened(frame) {
  return frame.evaluate(() => window.cameraTracks.map((track) => ({ id: track.getSettings().deviceId, state: track.readyState })));
}
