// The whole journey by keyboard alone, as a screen reader is told of it: each step begins at its heading, focus is never lost, the
// order is that of the page, what can be reached can be seen, and the way without a face is one key away.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { frameOf, step } from './support/journey.mjs';
import { stage } from './support/stage.mjs';
import { english } from './support/texts.mjs';
import { GENUINE, PASSCODE } from './support/world.mjs';

const ID = 'NOD-KEYS-0001';
const SITE = 'Hotel Lindenhof';
const t = (key) => english(key, { site: SITE });
const WAYS = [t('way.alternative'), t('way.cancel')];

let world;
let browser;

stage(ID, (parts) => ({ world, browser } = parts));

describe('by keyboard alone', () => {
  it('a resident consents, mends a slip, holds still, gives the passcode, and is confirmed', async () => {
    const { page, frame } = await atHotel(GENUINE[0]);
    await arrives(frame, 'consent', [`region "${t('consent.verify.title')}"`, `heading "${t('consent.verify.title')}"`,
      ...buttons([t('consent.continue'), t('handoff.open'), ...WAYS])], { focused: false });
    assert.equal(await nameOfFrame(page), 'Identity check');

    await tabInto(page);
    await focusIsOn(frame, t('consent.continue'));
    await tabs(page, frame, [t('handoff.open'), ...WAYS]);
    await tabs(page, frame, [t('way.alternative'), t('handoff.open'), t('consent.continue')], 'Shift+Tab');
    await oneKeyAway(page, frame);
    await page.keyboard.press('Enter');

    const identity = [`region "${t('identity.title')}"`, `heading "${t('identity.title')}"`, `textbox "${t('identity.id')}"`, `button "${t('identity.continue')}"`, ...buttons(WAYS)];
    await arrives(frame, 'identity', identity);
    await oneKeyAway(page, frame);
    await tabs(page, frame, [t('identity.id')]);
    await page.keyboard.press('Enter');
    // The slip is said at once, the field says it again, and has the focus.
    assert.equal(await frame.textContent('#claimed-id-fault[role=alert]'), t('identity.id.missing'));
    assert.equal(await frame.getAttribute('#claimed-id', 'aria-invalid'), 'true');
    assert.ok((await frame.getAttribute('#claimed-id', 'aria-describedby')).split(' ').includes('claimed-id-fault'));
    await focusIsOn(frame, t('identity.id'));
    await oneKeyAway(page, frame);
    await page.keyboard.type(ID);
    await tabs(page, frame, [t('identity.continue')]);
    await page.keyboard.press('Space');

    await arrives(frame, 'prepare', [`region "${t('prepare.title')}"`, `heading "${t('prepare.title')}"`, ...buttons([t('prepare.begin'), t('prepare.still'), ...WAYS])]);
    await tabs(page, frame, [t('prepare.begin'), t('prepare.still'), ...WAYS]);
    await tabs(page, frame, [t('way.alternative'), t('prepare.still')], 'Shift+Tab');
    await page.keyboard.press('Space');

    await arrives(frame, 'passcode', [`region "${t('passcode.title')}"`, `heading "${t('passcode.title')}"`, `textbox "${t('identity.passcode')}"`,
      ...buttons([t('identity.key'), t('identity.continue'), t('passcode.back'), ...WAYS])]);
    await oneKeyAway(page, frame);
    await tabs(page, frame, [t('identity.passcode')]);
    await page.keyboard.type(PASSCODE);
    await page.keyboard.press('Enter');

    await frame.waitForSelector('[data-step=yes]');
    await arrives(frame, 'yes', [`region "${t('result.yes.title')}"`, `heading "${t('result.yes.title')}"`]);
    assert.deepEqual(await lost(frame), []);
    await page.close();
  });

  it('a resident leaves the camera by the other way, comes back, loses the camera, and cancels', async () => {
    const { page, frame } = await atHotel('no-face');
    await toTheCamera(page, frame);
    await frame.waitForSelector('[data-hint="hint.no_face"]');
    await arrives(frame, 'position', [`region "${t('position.title')}"`, `heading "${t('position.title')}"`, `progressbar "${t('position.progress')}"`,
      'status', ...buttons(WAYS)]);
    assert.equal(await frame.getAttribute('.guidance', 'aria-live'), 'polite');
    await page.keyboard.press('Escape');
    await focusIsOn(frame, t('way.alternative'));
    await page.keyboard.press('Enter');

    await arrives(frame, 'alternative', [`region "${t('result.alternative.title')}"`, `heading "${t('result.alternative.title')}"`,
      `link "${t('result.alternative.open')}"`, `button "${t('result.again')}"`]);
    await oneKeyAway(page, frame, t('result.alternative.open'));
    await tabs(page, frame, [t('result.alternative.open'), t('result.again')]);
    await page.keyboard.press('Enter');

    await toTheCamera(page, frame);
    await frame.evaluate(() => window.cameraTracks.at(-1).dispatchEvent(new Event('ended')));
    await arrives(frame, 'error', [`alert "${t('error.camera.ended.title')}"`, `heading "${t('error.camera.ended.title')}"`,
      ...buttons([t('result.again'), t('handoff.open')]), `link "${t('result.alternative.open')}"`]);
    await oneKeyAway(page, frame, t('result.alternative.open'));
    await tabs(page, frame, [t('result.again'), t('handoff.open'), t('result.alternative.open')]);
    await tabs(page, frame, [t('handoff.open'), t('result.again')], 'Shift+Tab');
    await page.keyboard.press('Enter');

    await step(frame, 'consent');
    await tabs(page, frame, [t('consent.continue'), t('handoff.open'), ...WAYS]);
    await page.keyboard.press('Enter');
    await arrives(frame, 'idle', [`region "${t('idle.title')}"`, `heading "${t('idle.title')}"`, `button "${t('idle.start')}"`, `link "${t('result.alternative.open')}"`]);
    await oneKeyAway(page, frame, t('result.alternative.open'));
    assert.deepEqual(await lost(frame), []);
    await page.close();
  });

  it('a form that is sent too early leads to the frame', async () => {
    const { page, frame } = await atHotel('no-face');
    await step(frame, 'consent');
    assert.equal(await page.evaluate(() => document.querySelector('nod-verify').reportValidity()), false);
    assert.equal(await page.evaluate(() => document.activeElement.localName), 'nod-verify');
    await page.close();
  });

  it('a step that comes while the browser asks something of its own has the focus afterwards, and the page keeps its own', async () => {
    const { page, frame } = await atHotel('no-face');
    await step(frame, 'consent');
    await tabInto(page);
    // What the browser's question for the camera does to the document's focus; the harness itself cannot show one.
    await frame.evaluate(() => { document.hasFocus = () => false; });
    await page.keyboard.press('Enter');
    await step(frame, 'identity');
    assert.equal(await frame.textContent('.unseen[role=status]'), `${t('identity.title')}. ${t('identity.lead')}`);
    await frame.evaluate(() => {
      delete document.hasFocus;
      window.dispatchEvent(new Event('focus'));
    });
    await focusIsOn(frame, t('identity.title'));

    await page.focus('[name=booking]');
    await page.evaluate(() => void document.querySelector('nod-verify').reset());
    await step(frame, 'consent');
    assert.equal(await page.evaluate(() => document.activeElement.name), 'booking');
    await page.close();
  });
});

async function atHotel(scene) {
  await browser.see(scene);
  const page = await browser.page();
  await page.goto(world.origins.hotel);
  const frame = await frameOf(page, world);
  await frame.waitForSelector('[data-step]');
  await frame.evaluate(watchFocus);
  return { page, frame };
}

/** From consent to the camera, a key at a time. */
async function toTheCamera(page, frame) {
  await step(frame, 'consent');
  if (!await inFrame(page)) await tabInto(page);
  else await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await arrives(frame, 'identity');
  await page.keyboard.press('Tab');
  await page.keyboard.type(ID);
  await page.keyboard.press('Enter');
  await arrives(frame, 'prepare');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await arrives(frame, 'position');
}

/** A step stands, with its heading focused; and what assistive technology is told of it is `told`, in this order. */
async function arrives(frame, name, told = null, { focused: has = true } = {}) {
  await step(frame, name);
  if (has) assert.equal(await frame.evaluate(() => document.activeElement.id), 'step-title', `focus begins at the heading of ${name}`);
  if (!told) return;
  const tree = await frame.locator('main').ariaSnapshot();
  const roles = [...tree.matchAll(/^ *- (region|alert|status|heading|textbox|checkbox|progressbar|button|link)(?: "(.*?)")?(?: \[[^\n]*)?(?::.*)?$/gm)];
  const found = roles.map(([, role, label]) => (label ? `${role} "${label}"` : role));
  // The empty live region stands at the end of every step.
  assert.deepEqual(found.filter((one, at) => one !== 'status' || at < found.length - 1), told, tree);
}

function buttons(names) {
  return names.map((name) => `button "${name}"`);
}

/** From the page's beginning to the frame's first stop. */
async function tabInto(page) {
  for (let stops = 0; stops < 30; stops += 1) {
    if (await inFrame(page)) return;
    await page.evaluate(() => { window.stop = document.activeElement; });
    await page.keyboard.press('Tab');
    // Only the page's last stop leads out of it, to what this loop does not look for.
    await page.waitForFunction(() => document.activeElement !== window.stop, null, { timeout: 5_000 }).catch(() => {});
  }
  assert.fail('the frame is not in the tab order');
}

function inFrame(page) {
  return page.evaluate(() => document.activeElement?.localName === 'nod-verify');
}

/** Each press of the key leads to the next of `names`, and a line around it shows that. */
async function tabs(page, frame, names, key = 'Tab') {
  for (const name of names) {
    await page.keyboard.press(key);
    await focusIsOn(frame, name);
    const line = await frame.evaluate(() => {
      const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
      return [outlineStyle, Number.parseFloat(outlineWidth) >= 2];
    });
    assert.deepEqual(line, ['solid', true], `${name} shows that it has the focus`);
  }
}

/** Escape leads to the way without a face, and back to where the focus was. */
async function oneKeyAway(page, frame, way = t('way.alternative')) {
  const before = await focused(frame);
  await page.keyboard.press('Escape');
  await focusIsOn(frame, way);
  await page.keyboard.press('Escape');
  await focusIsOn(frame, before);
}

/** A key reaches another process's frame a moment after it was pressed. */
async function focusIsOn(frame, name) {
  const reached = frame.waitForFunction((wanted) => (
    (document.activeElement.labels?.[0] ?? document.activeElement).textContent === wanted
  ), name, { timeout: 5_000 });
  await reached.catch(async () => assert.equal(await focused(frame), name));
}

function focused(frame) {
  return frame.evaluate(() => (document.activeElement.labels?.[0] ?? document.activeElement).textContent);
}

/** In the frame: remembers every step at whose beginning the focus was on nothing. */
function watchFocus() {
  window.lost = [];
  window.seen = 0;
  new MutationObserver(() => {
    window.seen += 1;
    if (window.seen > 1 && document.activeElement === document.body) window.lost.push(document.querySelector('[data-step]')?.dataset.step);
  }).observe(document.querySelector('#nod > div'), { childList: true });
}

async function lost(frame) {
  assert.ok(await frame.evaluate(() => window.seen) > 3, 'steps were watched');
  return frame.evaluate(() => window.lost);
}

/** The frame's own name, behind the element's closed shadow root, as assistive technology finds it. */
async function nameOfFrame(page) {
  const devtools = await page.context().newCDPSession(page);
  const { nodes } = await devtools.send('Accessibility.getFullAXTree');
  await devtools.detach();
  return nodes.find(({ role }) => role?.value === 'Iframe')?.name?.value;
}
