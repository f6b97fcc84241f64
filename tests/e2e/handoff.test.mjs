// Continuing on a phone, with two real browsers: a desk without a camera, and a phone that reads the desk's QR code from its
// picture. The desk finishes by itself; who has the link alone gets nowhere.

import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { Browser } from './support/browser.mjs';
import { begin, cameraRuns, ended, enrol, frameOf, holdStill, identify, recordEvents, signIn, step } from './support/journey.mjs';
import { examine } from './support/accessibility.mjs';
import { readCode, readQr, typeCode, wrong } from './support/handoff.mjs';
import { english } from './support/texts.mjs';
import { GENUINE, World } from './support/world.mjs';

const ID = 'NOD-HAND-0001';
const t = english;

let world;
let desk;
let phone;

before(async () => {
  world = await World.start();
  desk = await Browser.start({ cameras: 0 });
  // This machine has no loudspeaker either, and a list without any device proves nothing: browsers may hide it.
  await desk.context.addInitScript(() => {
    navigator.mediaDevices.enumerateDevices = async () => [{ kind: 'audiooutput', deviceId: '', groupId: '', label: '' }];
  });
  phone = await Browser.start({ viewport: { width: 390, height: 780 }, hasTouch: true, isMobile: true });
  const { page, end } = await enrol(phone, world, ID);
  assert.equal(end, 'enrolled');
  await page.close();
});
after(async () => {
  await desk?.stop();
  await phone?.stop();
  await world?.stop();
});
afterEach(() => assert.deepEqual([...desk.violations, ...phone.violations], []));

describe('a desk without a camera', () => {
  it('is led to the phone, and finishes by itself with the answer that the court takes', async () => {
    const { page, frame } = await atCourt();
    const { hand, link } = await scanned(page, frame);
    // Nothing of the link goes to the server, and nothing of it stays in the address bar.
    assert.ok(link.startsWith(`${world.issuer}/handoff#`), link);
    assert.equal(hand.url(), `${world.issuer}/handoff`);

    await step(hand, 'join');
    const [name, origin, purpose] = await hand.locator('.asker p').allTextContents();
    assert.deepEqual([name, origin, purpose], ['Riverbend District Court', world.origins.court, 'File a claim in your name']);
    for (const line of await hand.locator('.asker p').all()) {
      const size = await line.evaluate((one) => Number.parseFloat(getComputedStyle(one).fontSize));
      assert.ok(size >= 18, `${size} px`);
    }
    await step(frame, 'code');
    await typeCode(hand, await readCode(frame));
    await step(frame, 'elsewhere');

    await begin(hand, { claimedId: ID });
    await step(hand, 'done');
    assert.equal(await cameraRuns(hand), false);
    assert.equal(await ended(frame), 'yes');

    const events = await page.evaluate(() => window.events);
    assert.deepEqual(events.map(({ type }) => type), ['nod-start', 'nod-load', 'nod-handoff', 'nod-answer'].sort(byOrder(events)));
    assert.deepEqual(Object.keys(events.find(({ type }) => type === 'nod-handoff').detail), ['attempt']);
    assert.equal(events.at(-1).detail.yes, true);

    await page.fill('[name=defendant]', 'Acme Ltd');
    await page.fill('[name=amount]', '250.00');
    await page.click('button.button');
    assert.match(await page.textContent('#receipt .number'), /^RDC-\d{4}-\d{4}$/);
    // The phone was told nothing: not in its page, and not in what came over its line.
    assert.doesNotMatch(await hand.textContent('main'), new RegExp(`${t('result.yes.title')}|${t('result.no.title')}`));
    await Promise.all([page.close(), hand.close()]);
  });

  it('a no shows on the desk, and looks like a yes on the phone', async () => {
    const { page, frame } = await atHotel();
    const { hand } = await scanned(page, frame);
    const replies = [];
    hand.on('response', async (reply) => reply.url().endsWith('/v1/verify') && replies.push(reply.text()));
    await typeCode(hand, await readCode(frame));
    await begin(hand, { claimedId: 'NOD-NOBODY' });
    const done = await step(hand, 'done');
    assert.equal(await done.$eval('h1', (title) => title.textContent), t('phone.done.title'));
    assert.deepEqual(await Promise.all(replies), ['{}']);
    assert.equal(await ended(frame), 'no');
    assert.equal((await page.evaluate(() => window.events)).at(-1).detail.yes, false);
    await Promise.all([page.close(), hand.close()]);
  });
});

describe('a link in the wrong hands', () => {
  it('a wrong code is refused, and the third ends it on both screens', async () => {
    const { page, frame } = await atHotel();
    const { hand } = await scanned(page, frame);
    const code = wrong(await readCode(frame));
    for (let tries = 1; tries < 3; tries += 1) {
      await typeCode(hand, code);
      await hand.waitForSelector('#code[aria-invalid]');
      assert.equal(await hand.textContent('#code-fault'), t('error.handoff.wrong_code'));
      await hand.fill('#code', '');
    }
    await typeCode(hand, code);
    assert.equal(await ended(hand), 'error handoff.refused');
    assert.equal(await ended(frame), 'error handoff.refused');
    assert.equal((await page.evaluate(() => window.events)).at(-1).detail.code, 'handoff.refused');
    await Promise.all([page.close(), hand.close()]);
  });

  it('opens once, and what is no link says so', async () => {
    const { page, frame } = await atHotel();
    const { hand, link } = await scanned(page, frame);
    await step(hand, 'join');
    for (const [address, code] of [[link, 'handoff.spent'], [`${world.issuer}/handoff#nothing`, 'handoff.unknown'], [`${world.issuer}/handoff`, 'handoff.unknown']]) {
      const other = await phone.page();
      await other.goto(address);
      assert.equal(await ended(other), `error ${code}`);
      await other.close();
    }
    // Whoever was first is not disturbed.
    await typeCode(hand, await readCode(frame));
    await step(hand, 'consent');
    await Promise.all([page.close(), hand.close()]);
  });
});

describe('either screen ends it for both', () => {
  it('the desk, while the phone\'s camera is on', async () => {
    const { page, frame } = await atHotel('no-face');
    const { hand } = await scanned(page, frame);
    await typeCode(hand, await readCode(frame));
    await begin(hand, { claimedId: ID });
    await step(hand, 'position');
    await frame.getByRole('button', { name: t('way.cancel') }).click();
    await step(frame, 'idle');
    assert.equal(await ended(hand), 'error handoff.ended');
    assert.equal(await cameraRuns(hand), false);
    assert.equal((await page.evaluate(() => window.events)).at(-1).type, 'nod-cancel');
    await Promise.all([page.close(), hand.close()]);
  });

  it('the phone, by Cancel, by the way without a face, and by leaving', async () => {
    const { page, frame } = await atHotel();
    const ends = {
      cancel: (hand) => hand.getByRole('button', { name: t('way.cancel') }).click(),
      alternative: (hand) => hand.getByRole('button', { name: t('way.alternative') }).click(),
      leave: (hand) => hand.goto('about:blank'),
    };
    for (const [how, [there, here]] of Object.entries({ cancel: ['stopped', 'idle'], alternative: ['alternative', 'alternative'], leave: [null, 'idle'] })) {
      const { hand } = await scanned(page, frame);
      await step(hand, 'join');
      await ends[how](hand);
      if (there) await step(hand, there);
      await step(frame, here);
      await hand.close();
      await frame.click('button.primary');
    }
    const types = (await page.evaluate(() => window.events)).map(({ type }) => type);
    assert.deepEqual(types.filter((type) => ['nod-cancel', 'nod-alternative'].includes(type)), ['nod-cancel', 'nod-alternative', 'nod-cancel']);
    await page.close();
  });
});

describe('the attribute', () => {
  it('off leaves a device without a camera as it is: not supported', async () => {
    const { page } = await atHotel();
    const { event, code } = await asking(page, 'off');
    assert.deepEqual([event, code], ['nod-unsupported', 'camera.none']);
    await page.close();
  });

  it('only goes straight to the phone although there is a camera', async () => {
    const page = await phone.page();
    await page.goto(world.origins.hotel);
    const frame = await frameOf(page, world);
    await step(frame, 'consent');
    void asking(page, 'only').catch(() => {});
    await step(frame, 'handoff');
    assert.equal(await frame.getByRole('button', { name: t('handoff.here') }).count(), 0);
    await page.close();
  });

  it('auto offers it beside "Continue", takes it back, and offers it where the camera failed', async () => {
    const { page, frame } = await atHotel();
    await step(frame, 'handoff');
    await frame.getByRole('button', { name: t('handoff.here') }).click();
    await identify(frame, { claimedId: ID });
    await holdStill(frame);
    assert.equal(await ended(frame), 'error camera.none');
    await frame.getByRole('button', { name: t('handoff.open') }).click();
    await step(frame, 'handoff');
    const terminal = (await page.evaluate(() => window.events)).filter(({ type }) => type === 'nod-error');
    assert.deepEqual(terminal.map(({ detail }) => detail.code), ['camera.none']);
    await page.close();
  });
});

it('both screens are accessible in every state', async () => {
  const { page, frame } = await atHotel();
  await examine(page, frame, 'handoff');
  const { hand } = await scanned(page, frame);
  await examine(hand, hand, 'join');
  await typeCode(hand, wrong(await readCode(frame)));
  await hand.waitForSelector('#code[aria-invalid]');
  await examine(hand, hand, 'join');
  await examine(page, frame, 'code');
  // Dark or not, the picture is black on white.
  await typeCode(hand, await readCode(frame));
  await step(hand, 'consent');
  await examine(page, frame, 'elsewhere');
  await begin(hand, { claimedId: ID });
  await examine(hand, hand, 'done');
  assert.equal(await ended(frame), 'yes');
  await Promise.all([page.close(), hand.close()]);
});

it('the picture is read in every theme, and the link stands beside it', async () => {
  const { page, frame } = await atHotel();
  await step(frame, 'handoff');
  const link = await frame.inputValue('#handoff-link');
  for (const theme of ['light', 'dark', 'contrast']) {
    await page.evaluate((wish) => document.querySelector('nod-verify').setAttribute('theme', wish), theme);
    await frame.waitForSelector(`:root[data-theme=${theme}]`, { state: 'attached' });
    assert.equal(await readQr(page, frame), link, theme);
  }
  await page.emulateMedia({ forcedColors: 'active', colorScheme: 'dark' });
  assert.equal(await readQr(page, frame), link, 'forced colours');
  await page.close();
});

async function atHotel(scene = GENUINE[0]) {
  await phone.see(scene);
  const page = await desk.page();
  await recordEvents(page);
  await page.goto(world.origins.hotel);
  return { page, frame: await frameOf(page, world) };
}

async function atCourt() {
  await phone.see(GENUINE[0]);
  const page = await desk.page();
  await recordEvents(page);
  await signIn(page, world.origins.court, 'alex');
  return { page, frame: await frameOf(page, world) };
}

/** The phone opens what its camera reads on the desk. */
async function scanned(page, frame) {
  await step(frame, 'handoff');
  const link = await readQr(page, frame);
  assert.ok(link, 'the picture can be read');
  const hand = await phone.page();
  await hand.goto(link);
  await hand.waitForSelector('[data-step]:not([data-step=loading])');
  return { hand, link };
}

/** The page's element begins anew with this `handoff`. @returns how the attempt ends */
function asking(page, wish) {
  return page.evaluate(async (value) => {
    const element = document.querySelector('nod-verify');
    await element.cancel();
    element.setAttribute('handoff', value);
    return element.start();
  }, wish);
}

/** `nod-load` and `nod-start` may come in either order. */
function byOrder(events) {
  const at = (type) => events.findIndex((event) => event.type === type);
  return (one, other) => at(one) - at(other);
}
