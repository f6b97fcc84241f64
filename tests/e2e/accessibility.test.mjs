// WCAG 2.2 AA, as far as a program can tell: axe-core finds nothing in any state, in any theme, and every state can be read in a
// narrow window, in large type and with wide spacing. keyboard.test.mjs walks the journey without a pointer.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { examine } from './support/accessibility.mjs';
import { ended, frameOf, holdStill, identify, move, signIn, step, tryUnknownTicket, withoutKey } from './support/journey.mjs';
import { stage } from './support/stage.mjs';
import { english } from './support/texts.mjs';
import { GENUINE, PASSCODE } from './support/world.mjs';

const ID = 'NOD-ACCESS-0001';

let world;
let browser;

// The benefits office asks for crops here, which its consent must say.
stage(ID, (parts) => ({ world, browser } = parts), { crops: ['benefits'] });

describe('every state of the frame', () => {
  it('idle, before the first start, in the theme of the page', async () => {
    const page = await browser.page();
    await page.addInitScript(() => new MutationObserver((_records, observer) => {
      const element = document.querySelector('nod-verify');
      if (!element) return;
      observer.disconnect();
      element.setAttribute('execution', 'manual');
      element.setAttribute('theme', 'contrast');
    }).observe(document, { childList: true, subtree: true }));
    await page.goto(world.origins.hotel);
    const frame = await frameOf(page, world);
    await step(frame, 'idle');
    assert.equal(await frame.getAttribute(':root', 'data-theme'), 'contrast');
    await examine(page, frame, 'idle');
    await page.close();
  });

  it('loading, consent, identity and its faults, prepare, loading with a bar, permission, hold still, sending, yes', async () => {
    await browser.see(GENUINE[0]);
    const page = await browser.page();
    const session = await held(page, '**/v1/sessions');
    const models = await held(page, '**/models/*.plan');
    const answer = await held(page, '**/v1/verify');
    await signIn(page, world.origins.court, 'alex');
    const frame = await frameOf(page, world);
    await examine(page, frame, 'loading');
    session.letGo();

    await examine(page, frame, 'consent');
    await frame.click('button.primary');
    await examine(page, frame, 'identity');
    await frame.click('button[type=submit]');
    await frame.waitForSelector('[aria-invalid]');
    await examine(page, frame, 'identity');
    await frame.fill('#claimed-id', ID);
    await frame.fill('#passcode', PASSCODE);
    await frame.click('button[type=submit]');
    await examine(page, frame, 'prepare');

    await frame.evaluate(holdBackTheCamera);
    await holdStill(frame);
    await frame.waitForSelector('[data-step=loading] progress');
    await examine(page, frame, 'loading');
    models.letGo();
    await examine(page, frame, 'permission');
    await frame.evaluate(() => window.allowTheCamera());
    await examine(page, frame, 'sending');
    answer.letGo();
    assert.equal(await ended(frame), 'yes');
    await examine(page, frame, 'yes');
    await page.close();
  });

  it('positioning with a hint, cancelled, a lost camera, another way', async () => {
    const { page, frame } = await atHotel('two-faces');
    await identify(frame, { claimedId: ID });
    await holdStill(frame);
    await frame.waitForSelector('[data-hint="hint.many_faces"]');
    await frame.$eval('video', standStill);
    await examine(page, frame, 'position');
    await frame.getByRole('button', { name: english('way.cancel') }).click();
    await examine(page, frame, 'idle');
    await frame.click('button.primary');
    await identify(frame, { claimedId: ID });
    await holdStill(frame);
    await step(frame, 'position');
    await frame.evaluate(() => window.cameraTracks.at(-1).dispatchEvent(new Event('ended')));
    assert.equal(await ended(frame), 'error camera.ended');
    await examine(page, frame, 'error');
    await frame.click('button.primary');
    await step(frame, 'consent');
    await frame.getByRole('button', { name: english('way.alternative') }).click();
    assert.equal(await ended(frame), 'alternative');
    await examine(page, frame, 'alternative');
    await page.close();
  });

  it('the passcode alone, and a challenge with its instruction', async () => {
    const { page, frame } = await atHotel(GENUINE[0]);
    await identify(frame, { claimedId: ID });
    await frame.getByRole('button', { name: english('prepare.still') }).click();
    await examine(page, frame, 'passcode');
    await frame.getByRole('button', { name: english('passcode.back') }).click();
    await move(frame);
    await frame.waitForSelector('.guidance[data-cue]:not([data-cue=""], [data-cue=straight])');
    await frame.$eval('video', standStill);
    await examine(page, frame, 'position');
    await page.close();
  });

  it('no', async () => {
    const { page, frame } = await atHotel(GENUINE[0]);
    await identify(frame, { claimedId: 'NOD-NOBODY' });
    await holdStill(frame);
    assert.equal(await ended(frame), 'no');
    await examine(page, frame, 'no');
    await page.close();
  });

  it('consent to crops and to questions', async () => {
    const page = await browser.page();
    await page.route('**/v1/sessions', async (route) => {
      // Past the browser there is no id.localhost.
      const reply = await route.fetch({ url: `${world.address}/v1/sessions` });
      await route.fulfill({ response: reply, json: { ...await reply.json(), ask: ['age_over_18', 'benefit_active:pension'] } });
    });
    await signIn(page, world.origins.benefits, 'alex');
    const frame = await frameOf(page, world);
    await step(frame, 'consent');
    assert.match(await frame.textContent('.facts'), /pictures of your face are sent/);
    // In words, and not by their names.
    const worded = ['question.age_over_18', 'question.benefit_active.pension'].map((key) => english(key));
    assert.deepEqual(await frame.locator('.note li').allTextContents(), worded);
    await examine(page, frame, 'consent');
    await page.close();
  });

  it('errors, those that can be tried again and those that cannot', async () => {
    const page = await browser.page();
    const problem = (code, status, retryable, next) => ({
      status, contentType: 'application/problem+json', body: JSON.stringify({ type: 'about:blank', title: code, status, code, retryable, next }),
    });
    const replies = [
      problem('net.busy', 503, true, 'wait'), problem('config.bad_sitekey', 404, false, 'fix_integration'), problem('limit.address', 429, true, 'wait'),
    ];
    let reply;
    await page.route('**/v1/sessions', (route) => route.fulfill(reply));
    for (reply of replies) {
      await page.goto(world.origins.hotel);
      const frame = await frameOf(page, world);
      assert.equal(await ended(frame), `error ${JSON.parse(reply.body).code}`);
      assert.equal(await frame.getAttribute('section', 'role'), 'alert');
      // No session was opened, and the way without a face is there all the same.
      assert.equal(await frame.getAttribute('a.button', 'href'), `${world.origins.hotel}/desk`);
      await examine(page, frame, 'error');
    }
    await page.close();
  });
});

describe('every state of enrolment', () => {
  it('the ticket and its fault, consent, identity and its faults, a device to bind, enrolled', async () => {
    await browser.see('biden');
    const ticket = await world.ticket('NOD-ACCESS-0002');
    const page = await browser.page();
    await page.goto(ticket.link);
    await step(page, 'ticket');
    const code = await page.inputValue('#ticket');
    await page.fill('#ticket', '');
    await page.click('button[type=submit]');
    await page.waitForSelector('[aria-invalid]');
    await examine(page, page, 'ticket');
    await page.fill('#ticket', code);
    await page.click('button[type=submit]');
    await examine(page, page, 'consent');
    await page.click('button.primary');
    await step(page, 'identity');
    await page.click('button[type=submit]');
    await page.waitForSelector('[aria-invalid]');
    await examine(page, page, 'identity');
    await page.fill('#claimed-id', 'NOD-ACCESS-0002');
    await page.fill('#passcode', PASSCODE);
    await page.fill('#passcode-again', PASSCODE);
    await page.click('button[type=submit]');
    await examine(page, page, 'prepare');
    await holdStill(page);
    await step(page, 'bind');
    await examine(page, page, 'bind');
    await withoutKey(page);
    assert.equal(await ended(page), 'enrolled');
    await examine(page, page, 'enrolled');
    await page.close();
  });

  it('an unknown ticket, and cancelled', async () => {
    const page = await browser.page();
    assert.equal(await tryUnknownTicket(page, world), 'error enrol.ticket_unknown');
    await examine(page, page, 'error');
    await page.goto(`${world.issuer}/enrol`);
    await step(page, 'ticket');
    await page.getByRole('button', { name: english('way.cancel') }).click();
    await examine(page, page, 'idle');
    await page.close();
  });
});

/** Holds back what the pattern matches, until it is let go. */
async function held(page, pattern) {
  let letGo;
  const waiting = new Promise((resolve) => { letGo = resolve; });
  await page.route(pattern, async (route) => {
    await waiting;
    await route.continue();
  });
  return { letGo };
}

/** In the frame: no more pictures come, so that the step stands as it is, however long it is looked at. */
function standStill(video) {
  video.pause();
}

/** In the frame: the browser's question for the camera stays unanswered until it is allowed. */
function holdBackTheCamera() {
  const devices = navigator.mediaDevices;
  const open = devices.getUserMedia.bind(devices);
  const allowed = new Promise((resolve) => { window.allowTheCamera = resolve; });
  devices.getUserMedia = async (wanted) => {
    await allowed;
    return open(wanted);
  };
}

async function atHotel(scene) {
  await browser.see(scene);
  const page = await browser.page();
  await page.goto(world.origins.hotel);
  return { page, frame: await frameOf(page, world) };
}
