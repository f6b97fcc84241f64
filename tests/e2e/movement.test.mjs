// The movement challenge as a resident meets it: asked of everybody who does not say that they cannot, one
// instruction at a time, and never done by a picture that does not move. Who holds still is known to the authority
// alone.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cameraRuns, ended, frameOf, holdStill, identify, move, recordEvents, signIn, step } from './support/journey.mjs';
import { stage } from './support/stage.mjs';
import { textsOf } from './support/texts.mjs';
import { GENUINE } from './support/world.mjs';

const ID = 'NOD-MOVE-0001';
const TEXTS = Object.fromEntries(Object.entries(textsOf('en')).map(([key, { text }]) => [key, text]));
const SENTENCES = Object.fromEntries(Object.entries(TEXTS).filter(([key]) => key.startsWith('cue.')));
const MOVEMENTS = ['turn_left', 'turn_right', 'look_up', 'look_down', 'come_closer'];
/** Where on the resident's mirrored picture each instruction's arrow is: their own left is on the left. */
const PLACES = { turn_left: ['left'], turn_right: ['right'], look_up: ['top'], look_down: ['bottom'] };

let world;
let browser;

stage(ID, (parts) => ({ world, browser } = parts));

describe('a photograph before the camera', () => {
  it('is asked to move, one instruction at a time, gets no further, and may try again', async () => {
    const { page, frame } = await atHotel(GENUINE[0], { script: keepWhatIsSaid });
    await identify(frame, { claimedId: ID });
    const answered = page.waitForResponse((reply) => reply.url().endsWith('/challenge'));
    await move(frame);
    await step(frame, 'position');

    const reply = await answered;
    assert.equal(reply.request().postDataJSON().mode, 'move');
    const { challenge: { mode, steps } } = await reply.json();
    assert.equal(mode, 'move');

    assert.equal(await frame.getAttribute('[role=status]', 'aria-live'), 'polite');

    // "Look straight ahead" stands for a second; what was said is read at the end. The first movement stands until it is done.
    const first = steps[0].do;
    assert.ok(MOVEMENTS.includes(first), first);
    await frame.waitForSelector(`[role=status][data-cue=${first}]`);
    assert.equal(await frame.textContent('[role=status]'), SENTENCES[`cue.${first}`]);
    assert.deepEqual(await placesOfArrows(frame), PLACES[first] ?? ['corner', 'corner', 'corner', 'corner']);

    // The authority waits a minute for an answer, and so does the frame.
    assert.equal(await ended(frame), 'error session.expired');
    assert.equal(await frame.textContent('h1'), TEXTS['result.unseen.title']);
    assert.equal(await cameraRuns(frame), false);
    const said = await frame.evaluate(() => window.said);
    const instructions = said.filter((text) => Object.values(SENTENCES).includes(text));
    assert.deepEqual([...new Set(instructions)], [SENTENCES['cue.straight'], SENTENCES[`cue.${first}`]]);
    assert.equal((await eventsOf(page)).at(-1).type, 'nod-error');

    await frame.getByRole('button', { name: TEXTS['result.again'] }).click();
    await step(frame, 'consent');
    await page.close();
  });

  it('is told to reload the page where the site\'s own session is used up by the challenge', async () => {
    const { page, frame } = await atCourt(GENUINE[0]);
    await identify(frame, { claimedId: ID });
    await move(frame);
    await frame.waitForSelector('[role=status][data-cue=straight]');
    await frame.getByRole('button', { name: TEXTS['way.cancel'] }).click();
    await step(frame, 'idle');
    assert.equal(await frame.textContent('.lead'), TEXTS['result.reload']);
    assert.equal(await frame.getByRole('button').count(), 0);
    assert.equal(await cameraRuns(frame), false);
    await page.close();
  });
});

describe('who cannot move their head', () => {
  it('says so with the keyboard, gives the passcode, and is known', async () => {
    const { page, frame } = await atHotel(GENUINE[0]);
    await identify(frame, { claimedId: ID });
    await frame.focus('h1');
    await pressUntilFocused(page, frame, TEXTS['prepare.still']);
    await page.keyboard.press('Enter');
    await step(frame, 'passcode');
    await page.keyboard.press('Tab');
    await page.keyboard.type('27182818');
    const asked = page.waitForRequest((request) => request.url().endsWith('/challenge'));
    await page.keyboard.press('Enter');
    assert.equal((await asked).postDataJSON().mode, 'still');
    assert.equal(await ended(frame), 'yes');
    await page.close();
  });

  it('is refused with a wrong passcode, and may go back from a slip', async () => {
    const { page, frame } = await atHotel(GENUINE[0]);
    await identify(frame, { claimedId: ID });
    await frame.getByRole('button', { name: TEXTS['prepare.still'] }).click();
    await step(frame, 'passcode');
    await frame.getByRole('button', { name: TEXTS['passcode.back'] }).click();
    await step(frame, 'prepare');
    await holdStill(frame, { passcode: '31415926' });
    assert.equal(await ended(frame), 'no');
    await page.close();
  });

  it('is not asked again where the level asks for the passcode anyway', async () => {
    const { page, frame } = await atCourt(GENUINE[0]);
    await identify(frame, { claimedId: ID });
    await frame.getByRole('button', { name: TEXTS['prepare.still'] }).click();
    // A passcode form would stand there until somebody fills it in.
    assert.equal(await ended(frame), 'yes');
    await page.close();
  });

  it('has no such choice where the site is not registered for it', async () => {
    await world.authority(
      'site', 'add', '--sitekey', 'pk_moving', '--name', 'Hotel Lindenhof', '--origin', world.origins.hotel,
      '--alternative', `${world.origins.hotel}/desk`, '--action', 'check-in=Check in to your room', '--level', 'light', '--json',
    );
    const page = await browser.page();
    await page.goto(world.origins.hotel);
    await page.evaluate(() => document.querySelector('nod-verify').setAttribute('sitekey', 'pk_moving'));
    const frame = await frameOf(page, world, 'pk_moving');
    await identify(frame, { claimedId: ID });
    assert.equal(await frame.getByRole('button', { name: TEXTS['prepare.begin'] }).count(), 1);
    assert.equal(await frame.getByRole('button', { name: TEXTS['prepare.still'] }).count(), 0);
    await page.close();
  });

  it('shows the page nothing of it: the same events, the same heights', async () => {
    const still = await whatThePageSees(async (frame, height) => {
      const before = await height();
      await frame.getByRole('button', { name: TEXTS['prepare.still'] }).click();
      await step(frame, 'passcode');
      assert.equal(await height(), before, 'the form for the passcode is as high as the screen before it');
      await frame.fill('#passcode', '27182818');
      await frame.click('button[type=submit]');
    });
    const moving = await whatThePageSees((frame) => move(frame));
    assert.deepEqual(still, moving);
    assert.deepEqual(still.events.map(({ type }) => type), [
      'nod-start', 'nod-load', 'nod-consent', 'nod-permission', 'nod-progress', 'nod-ready', 'nod-progress',
    ]);
  });
});

describe('spoken instructions', () => {
  it('are offered where the device has a voice for the language, and say what is shown', async () => {
    const { page, frame } = await atHotel('no-face', { voice: { lang: 'en-GB', localService: true } });
    await identify(frame, { claimedId: ID });
    const choice = frame.getByRole('checkbox', { name: TEXTS['prepare.speak'] });
    assert.equal(await choice.isChecked(), false);
    await choice.check();
    await move(frame);
    await frame.waitForFunction((text) => window.spoken.at(-1) === text, TEXTS['hint.no_face']);
    await page.evaluate(() => document.querySelector('nod-verify').cancel());
    assert.equal(await frame.evaluate(() => window.spoken.at(-1)), null, 'silence');
    await page.close();
  });

  it('are not offered by a voice that would send them away, nor in a language it cannot speak', async () => {
    for (const voice of [{ lang: 'en-GB', localService: false }, { lang: 'de-DE', localService: true }]) {
      const { page, frame } = await atHotel('no-face', { voice });
      await identify(frame, { claimedId: ID });
      assert.equal(await frame.getByRole('checkbox').count(), 0);
      await page.close();
    }
  });
});

/** The hotel's page, in a browser that has one voice if one is given; `script` runs in every document first. */
async function atHotel(scene, { voice = null, script = () => {} } = {}) {
  await browser.see(scene);
  const page = await browser.page();
  await recordEvents(page);
  await page.addInitScript(script);
  if (voice) await page.addInitScript(speakWith, voice);
  await page.goto(world.origins.hotel);
  return { page, frame: await frameOf(page, world) };
}

async function atCourt(scene) {
  await browser.see(scene);
  const page = await browser.page();
  await signIn(page, world.origins.court, 'alex');
  return { page, frame: await frameOf(page, world) };
}

/** In the page, in place of the browser's speech: keeps the texts; null is silence. */
function speakWith(voice) {
  window.spoken = [];
  const say = (text) => window.spoken.push(text);
  Object.defineProperty(window, 'speechSynthesis', {
    value: { getVoices: () => [voice], speak: ({ text }) => say(text), cancel: () => say(null) },
  });
  window.SpeechSynthesisUtterance = class {
    constructor(text) {
      this.text = text;
    }
  };
}

/** In every document: keeps every text of its live region in `window.said`, from the first on. */
function keepWhatIsSaid() {
  window.said = [];
  new MutationObserver(() => {
    const text = document.querySelector('[role=status]')?.textContent;
    if (text && text !== window.said.at(-1)) window.said.push(text);
  }).observe(document, { childList: true, subtree: true });
}

/** For each arrow, the part of the picture it is in. */
function placesOfArrows(frame) {
  return frame.$$eval('.cue .sign', (signs) => {
    const picture = document.querySelector('.stage').getBoundingClientRect();
    const third = (at, from, size) => Math.floor(((at - from) / size) * 3);
    return signs.map((sign) => {
      const { x, y, width, height } = sign.getBoundingClientRect();
      const [column, row] = [third(x + width / 2, picture.x, picture.width), third(y + height / 2, picture.y, picture.height)];
      if (column !== 1 && row !== 1) return 'corner';
      return column === 1 ? ['top', 'middle', 'bottom'][row] : ['left', 'middle', 'right'][column];
    });
  });
}

async function pressUntilFocused(page, frame, label) {
  for (let presses = 0; presses < 10; presses += 1) {
    await page.keyboard.press('Tab');
    if (await frame.evaluate(() => document.activeElement.textContent) === label) return;
  }
  assert.fail(`no way to "${label}" with the keyboard`);
}

/** Events and the frame's height until the challenge is drawn, after `choose` on the screen before the camera. */
async function whatThePageSees(choose) {
  const { page, frame } = await atHotel(GENUINE[0]);
  const height = async () => {
    // Sizes are reported with the next painted frame.
    await page.waitForTimeout(300);
    return page.evaluate(() => document.querySelector('nod-verify').getBoundingClientRect().height);
  };
  await identify(frame, { claimedId: ID });
  const heights = [await height()];
  await choose(frame, height);
  await step(frame, 'position');
  await page.waitForFunction(() => window.events.filter(({ type }) => type === 'nod-progress').length === 2);
  heights.push(await page.evaluate(() => document.querySelector('nod-verify').getBoundingClientRect().height));
  const events = await eventsOf(page);
  await page.close();
  return { heights, events: events.filter(({ type }) => !['nod-sealed', 'nod-answer'].includes(type)) };
}

function eventsOf(page) {
  return page.evaluate(() => window.events);
}
