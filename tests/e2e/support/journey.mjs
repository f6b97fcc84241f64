// What a resident does, step by step, on the pages as they are: in Playwright's pages and frames, and in those of pane.mjs.

import { PASSCODE } from './world.mjs';

const EVENTS = [
  'load', 'unsupported', 'consent', 'permission', 'denied', 'ready', 'start', 'progress', 'handoff', 'sealed', 'answer',
  'alternative', 'expired', 'timeout', 'cancel', 'error',
].map((name) => `nod-${name}`);

/**
 * Enrols a claimed ID with the face before the camera, on the authority's own page.
 *
 * @param seat puts that face there, once the page is open, where the browser itself does not
 */
export async function enrol(browser, world, claimedId, { passcode = PASSCODE, seat = () => {} } = {}) {
  const ticket = await world.ticket(claimedId);
  const page = await browser.page();
  await page.goto(ticket.link);
  await seat(page);
  await step(page, 'ticket');
  await page.click('button[type=submit]');
  await step(page, 'consent');
  await page.click('button.primary');
  await step(page, 'identity');
  await page.fill('#claimed-id', claimedId);
  await page.fill('#passcode', passcode);
  await page.fill('#passcode-again', passcode);
  await page.click('button[type=submit]');
  await holdStill(page);
  await withoutKey(page);
  const end = await ended(page);
  return { page, end };
}

/** At the end of an enrolment: the device is not bound, where that is offered. */
export async function withoutKey(page) {
  await page.waitForSelector('[data-step=bind], [data-step=enrolled], [data-step=error]', { timeout: 120_000 });
  if (await page.$('[data-step=bind]')) await page.click('[data-step=bind] button.secondary');
}

/** Tries to enrol with a ticket that nobody issued; how that ends. */
export async function tryUnknownTicket(page, world) {
  await page.goto(`${world.issuer}/enrol`);
  await step(page, 'ticket');
  await page.fill('#ticket', 'no-such-ticket');
  await page.click('button[type=submit]');
  return ended(page);
}

/** Signs in at a site that has accounts, as 'alex' or 'bo', and waits for its form. */
export async function signIn(page, origin, account) {
  await page.goto(`${origin}/sign-in`);
  await page.click(`button[value=${account}]`);
  await page.waitForSelector('nod-verify');
}

/** Keeps every nod-… event of the page's element in `window.events`. */
export async function recordEvents(page) {
  await page.addInitScript((names) => {
    window.events = [];
    new MutationObserver(() => {
      const element = document.querySelector('nod-verify:not([data-heard])');
      if (!element) return;
      element.dataset.heard = '';
      for (const name of names) {
        element.addEventListener(name, ({ type, detail, bubbles }) => window.events.push({ type, detail: { ...detail }, bubbles }));
      }
    }).observe(document, { childList: true, subtree: true });
  }, EVENTS);
}

/** The frame inside <nod-verify>, of any site key or of a certain one. */
export async function frameOf(page, world, sitekey = '') {
  const until = Date.now() + 30_000;
  for (;;) {
    const frame = (await page.frames()).find((one) => one.url().startsWith(`${world.front}/frame/${sitekey}`));
    if (frame) return frame;
    if (Date.now() > until) throw new Error('the frame did not load');
    await page.waitForTimeout(50);
  }
}

/** Consent, identity and the choice to hold still; the camera is on after it. */
export async function begin(frame, who) {
  await identify(frame, who);
  await holdStill(frame, who);
}

/**
 * Consent and identity; the screen before the camera follows. After "Try again" the frame knows the number: without a
 * `claimedId` that one is used, with one it is exchanged.
 */
export async function identify(frame, { claimedId, passcode = PASSCODE }) {
  await agree(frame);
  if (claimedId) {
    if (await frame.$('.known')) await frame.getByRole('button', { name: 'Use another number' }).click();
    await frame.fill('#claimed-id', claimedId);
  }
  if (await frame.$('#passcode')) await frame.fill('#passcode', passcode);
  await frame.click('button[type=submit]');
  await step(frame, 'prepare');
}

/** Consent, up to the next screen: at a kiosk another one. */
export async function agree(frame, next = 'identity') {
  await leave(frame, 'consent', () => frame.click('button.primary'));
  await step(frame, next);
}

/** Chooses not to move, as photographs before the camera cannot; gives the passcode where that alone needs it. */
export async function holdStill(frame, { passcode = PASSCODE } = {}) {
  await leave(frame, 'prepare', () => frame.getByRole('button', { name: 'I cannot move my head' }).click());
  if (!await frame.$('[data-step=passcode]')) return;
  await frame.fill('#passcode', passcode);
  await frame.click('button[type=submit]');
}

/** Chooses to move, as everybody is asked to at first. */
export async function move(frame) {
  await leave(frame, 'prepare', () => frame.getByRole('button', { name: 'Begin' }).click());
}

/**
 * Presses what ends a screen, and again where nothing comes of it within seconds, as a person would: browsers may drop what is
 * pressed in a frame of another site that has just been drawn, moved or grown on its page, and tell nobody.
 */
export async function leave(frame, name, press) {
  await step(frame, name);
  const left = (timeout) => frame.waitForSelector(`[data-step]:not([data-step=${name}])`, { timeout });
  for (let presses = 1; presses < 3; presses += 1) {
    await press();
    if (await left(5_000).then(() => true, () => false)) return;
  }
  await press();
  await left(60_000);
}

/** The whole check in a page's frame. @returns the last step's name: 'yes', 'no', 'error', … */
export async function verify(page, world, who) {
  const frame = await frameOf(page, world);
  await begin(frame, who);
  return ended(frame);
}

/** Waits for a step by its name. */
export function step(frame, name) {
  return frame.waitForSelector(`[data-step=${name}]`).catch(async (error) => {
    const stands = await frame.evaluate(() => document.querySelector('[data-step]')?.dataset.step).catch(String);
    throw new Error(`no step ${name}: there is ${stands}`, { cause: error });
  });
}

/** Waits for one of the last steps; an error's code stands on it. */
export async function ended(frame) {
  const last = '[data-step=yes], [data-step=no], [data-step=enrolled], [data-step=error], [data-step=alternative]';
  await frame.waitForSelector(last, { timeout: 120_000 });
  const name = await frame.getAttribute(last, 'data-step');
  return name === 'error' ? `error ${await frame.textContent('[data-step=error] .code')}` : name;
}

/**
 * The end of a movement challenge, with another try where the minute was over: a browser that is still compiling the module, on a
 * machine that renders the puppet as well, may be too slow for it, and residents may try again too. A no is an end.
 */
export async function endedInTime(frame) {
  for (let tries = 1; ; tries += 1) {
    const end = await ended(frame);
    if (end !== 'error session.expired' || tries === 3) return end;
    await frame.getByRole('button', { name: 'Try again' }).click();
    await identify(frame, { claimedId: null });
    await move(frame);
  }
}

/** Whether any camera track opened by this frame still runs. */
export function cameraRuns(frame) {
  return frame.evaluate(() => window.cameraTracks.some((track) => track.readyState === 'live'));
}
