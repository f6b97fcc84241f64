// What is asked of every state that a resident can meet: axe-core's rules in every theme, and that nothing is lost in a narrow
// window, in large type or with wide spacing.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { textsOf } from './texts.mjs';

const AXE = readFileSync(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8');
const EVERYTHING = { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] };
/** What a theme can change. */
const COLOURS = { type: 'rule', values: ['color-contrast', 'link-in-text-block'] };

/** Everything that can be said under the picture. */
const LINES = Object.entries(textsOf('en'))
  .filter(([key]) => /^(hint|cue|position)\./.test(key))
  .map(([key, { text }]) => [key, text]);

/** What Playwright is to emulate when nothing is asked of the system. */
const PLAIN = { colorScheme: 'light', forcedColors: 'none', contrast: 'no-preference', reducedMotion: 'no-preference' };

/** Each look: the element's `theme`, what the system asks for, and the background that shows that the frame followed. */
const LOOKS = {
  light: { theme: 'light', system: { colorScheme: 'dark' }, paper: 'rgb(255, 255, 255)' },
  dark: { theme: 'dark', system: {}, paper: 'rgb(18, 24, 36)' },
  contrast: { theme: 'contrast', system: {}, paper: 'rgb(0, 0, 0)' },
  'auto, dark': { theme: 'auto', system: { colorScheme: 'dark' }, paper: 'rgb(18, 24, 36)' },
  'more contrast': { theme: 'auto', system: { contrast: 'more' }, paper: 'rgb(255, 255, 255)' },
  'more contrast, dark': { theme: 'auto', system: { contrast: 'more', colorScheme: 'dark' }, paper: 'rgb(0, 0, 0)' },
  'forced colours': { theme: 'auto', system: { forcedColors: 'active' } },
  'forced colours, dark': { theme: 'dark', system: { forcedColors: 'active', colorScheme: 'dark' } },
};

/**
 * How long a frame must have stood on its page before what is pressed in it counts: Chromium drops it for 500 ms after the frame
 * moved, against clickjacking, and every look and width above moves it.
 */
const SETTLED_MS = 600;

/** WCAG 2.2, 1.4.12: the spacing that a reader may set. */
const SPACING = '* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important }';

/**
 * Waits for a step and holds it against everything; it must still stand afterwards. `frame` is the widget's, or the page itself
 * where it is the authority's own.
 */
export async function examine(page, frame, step) {
  await frame.waitForSelector(`[data-step=${step}]`);
  const own = frame === page;
  assert.deepEqual(await violations(frame, EVERYTHING), [], 'axe-core');
  for (const [name, { theme, system, paper }] of Object.entries(LOOKS)) {
    // The authority's own page has no element around it, and follows the system alone.
    if (own && theme !== 'auto') continue;
    await page.emulateMedia({ ...PLAIN, ...system });
    if (!own) await page.evaluate((wish) => document.querySelector('nod-verify').setAttribute('theme', wish), theme);
    await frame.waitForSelector(`:root[data-theme=${theme}]`, { state: 'attached' });
    if (paper) assert.equal(await frame.$eval('main', (main) => getComputedStyle(main).backgroundColor), paper, name);
    assert.deepEqual(await violations(frame, COLOURS), [], `axe-core, ${name}`);
  }
  await page.emulateMedia(PLAIN);
  await reflow(page, frame);
  assert.deepEqual(await smallTargets(frame), [], 'targets are 24 px at least');
  await stillness(page, frame);
  assert.equal(await frame.getAttribute('[data-step]', 'data-step'), step, 'the step stood all the while');
  await page.waitForTimeout(SETTLED_MS);
}

/** axe-core in the frame itself, past no policy: what the protocol evaluates is not the page's script. */
async function violations(frame, runOnly) {
  if (!await frame.evaluate(() => 'axe' in window)) await frame.evaluate(AXE);
  const found = await frame.evaluate(async (rules) => {
    const results = await window.axe.run(document, { runOnly: rules, resultTypes: ['violations'] });
    return { passes: results.passes.length, violations: results.violations };
  }, runOnly);
  assert.ok(found.passes > 0, 'axe-core looked at the frame');
  return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join('; ')}`);
}

/** 320 px, type of twice the size, and wide spacing: no line is cut, nothing scrolls sideways. */
async function reflow(page, frame) {
  const before = page.viewportSize();
  await page.setViewportSize({ width: 320, height: 640 });
  assert.deepEqual(await cut(frame), [], '320 px');
  await frame.evaluate((text) => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(text);
    document.adoptedStyleSheets = [sheet];
  }, SPACING);
  assert.deepEqual(await cut(frame), [], '320 px, wide spacing');
  await frame.evaluate(() => {
    document.adoptedStyleSheets = [];
    document.documentElement.style.fontSize = '200%';
  });
  assert.deepEqual(await cut(frame), [], '320 px, type of 200 %');
  await frame.evaluate(() => { document.documentElement.style.fontSize = ''; });
  // A window of 1280 px at 200 %.
  await page.setViewportSize({ width: 640, height: 450 });
  assert.deepEqual(await cut(frame), [], '200 %');
  await page.setViewportSize(before);
}

/** What does not fit: the document sideways, every box that hides what is too long for it, every line that may stand under the picture. */
function cut(frame) {
  return frame.evaluate((lines) => {
    const { scrollWidth, clientWidth } = document.documentElement;
    const shown = [...document.querySelectorAll('main *:not(.unseen):not(svg, svg *)')];
    const hiding = shown.filter((one) => getComputedStyle(one).overflow === 'hidden' && (one.scrollHeight > one.clientHeight + 1 || one.scrollWidth > one.clientWidth + 1));
    const outside = shown.filter((one) => {
      const { left, right } = one.getBoundingClientRect();
      return left < -0.5 || right > clientWidth + 0.5;
    });
    const [box, line] = ['.lines', '.guidance'].map((one) => document.querySelector(one));
    const long = line ? lines.filter(([key, text]) => {
      const [words, cue] = [line.textContent, line.dataset.cue];
      [line.textContent, line.dataset.cue] = [text, key.startsWith('cue.') ? key : ''];
      const fits = box.scrollHeight <= box.clientHeight + 1 && box.scrollWidth <= box.clientWidth + 1;
      [line.textContent, line.dataset.cue] = [words, cue];
      return !fits;
    }) : [];
    return [...(scrollWidth > clientWidth ? [`scrolls sideways: ${scrollWidth} > ${clientWidth}`] : []),
      ...long.map(([key]) => `too long: ${key}`), ...hiding.map((one) => `cut off: ${one.className} ${one.textContent}`), ...outside.map((one) => `outside: ${one.outerHTML.slice(0, 80)}`)];
  }, LINES);
}

/** WCAG 2.2, 2.5.8. */
function smallTargets(frame) {
  return frame.$$eval('button, a, input, label.check', (targets) => targets
    .map((target) => [target.outerHTML.slice(0, 80), target.getBoundingClientRect()])
    .filter(([, { width, height }]) => width < 24 || height < 24)
    .map(([html]) => html));
}

/** Nothing moves by itself where that is not wanted, and nothing anywhere comes and goes more than three times a second. */
async function stillness(page, frame) {
  const moving = () => frame.evaluate(() => document.getAnimations().map(({ effect }) => Number(effect.getComputedTiming().duration)));
  // The ring of progress takes a quarter of a second to its next length, and does not come back.
  for (const duration of await moving()) assert.ok([0, 250].includes(duration) || duration > 334, `an animation of ${duration} ms`);
  await page.emulateMedia({ ...PLAIN, reducedMotion: 'reduce' });
  assert.deepEqual(await moving(), [], 'reduced motion');
  await page.emulateMedia(PLAIN);
}
