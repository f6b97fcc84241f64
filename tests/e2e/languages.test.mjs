// Languages in a real browser: what is chosen, what is downloaded for it, and that its texts have room on a phone.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { chromium } from 'playwright-core';
import { LANGUAGES, directionOf } from '../../www/frame/languages.js';
import { CHROMIUM } from './support/chromium.mjs';
import { serveFrame } from './support/frame.mjs';
import { textsOf } from './support/texts.mjs';

const PHONE = { width: 320, height: 700 };

let server;
let browser;

before(async () => {
  server = await serveFrame();
  browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu', '--no-first-run'] });
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

describe('the element and its frame', () => {
  for (const [locale, attributes, language] of [
    ['zh-HK', '', 'zh-Hant'],
    ['ar-EG', '', 'ar'],
    ['it-IT', '', 'en'],
    ['fr-FR', 'lang="de-CH"', 'de'],
    ['fr-FR', 'lang="it"', 'fr'],
    ['ja-JP', 'lang=""', 'ja'],
  ]) {
    it(`speak ${language} in a browser of ${locale}${attributes && ` where the page says ${attributes}`}`, async () => {
      const { page, asked, complaints } = await open(locale, `/?attributes=${encodeURIComponent(attributes)}`);
      const frame = page.frames().find((one) => one.url().includes('/frame/')) ?? await page.waitForEvent('frameattached');
      await frame.waitForSelector('h1');
      const texts = textsOf(language);
      assert.equal(await frame.textContent('h1'), texts['idle.title'].text);
      assert.deepEqual(await frame.evaluate(() => {
        const { lang, dir } = document.documentElement;
        return { lang, dir, title: document.title };
      }), { lang: language, dir: directionOf(language), title: texts['app.title'].text });
      await page.waitForFunction(
        (required) => document.querySelector('nod-verify').validationMessage === required, texts['app.required'].text,
      );
      assert.deepEqual(asked.filter((path) => path.endsWith('.ftl')), [`/strings/${language}.ftl`]);
      assert.deepEqual(complaints, []);
      await page.close();
    });
  }
});

describe('a site\'s own words', () => {
  const shown = async (attributes) => {
    const { page, complaints } = await open('en-US', `/?attributes=${encodeURIComponent(attributes)}`);
    const frame = page.frames().find((one) => one.url().includes('/frame/')) ?? await page.waitForEvent('frameattached');
    await frame.waitForSelector('[data-step=idle]');
    const words = { intro: await frame.textContent('.lead'), start: await frame.textContent('button.primary'), title: await frame.textContent('h1') };
    assert.deepEqual(complaints, []);
    await page.close();
    return words;
  };
  const ours = textsOf('en');

  it('stand where they may, as text and apart from what is beside them', async () => {
    const words = await shown('text-intro="Sign your claim &lt;b&gt;now&lt;/b&gt;" text-start="Begin" text-title="Ours"');
    assert.deepEqual(words, { intro: '\u2068Sign your claim <b>now</b>\u2069', start: '\u2068Begin\u2069', title: ours['idle.title'].text });
  });

  it('count as none where they are empty, too long or turn round what is beside them', async () => {
    for (const bad of [' ', 'x'.repeat(161), 'a\u202eb', 'a\u0007b']) {
      assert.equal((await shown(`text-intro="${bad}"`)).intro, ours['idle.text'].text, JSON.stringify(bad));
    }
  });
});

describe('on a phone', () => {
  for (const language of LANGUAGES) {
    it(`no text of ${language} is cut or wider than the screen`, async () => {
      const { page, complaints } = await open(language, '/screens');
      assert.deepEqual(await page.evaluate(lookForCuts, Object.keys(textsOf('en'))), []);
      assert.deepEqual(complaints, []);
      await page.close();
    });
  }
});

/** A page in a browser of a language, with the paths it asks for and what it complains of. */
async function open(locale, path) {
  const page = await browser.newPage({ locale, viewport: PHONE });
  const [asked, complaints] = [[], []];
  page.on('request', (request) => asked.push(new URL(request.url()).pathname));
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => /Content.Security.Policy/i.test(message.text()) && complaints.push(message.text()));
  await page.goto(`${server.origin}${path}`);
  return { page, asked, complaints };
}

/** In the page: the texts of the guidance line that are longer than it, and the screens that are wider than the window. */
async function lookForCuts(keys) {
  const { t, useLanguage } = await import('/strings.js');
  const { Screen, el } = await import('/screen.js');
  const [{ cameraPicker }, { askConsent }, { askIdentity }, { prepare }, { showOutcome }, { showOffer, showCode, showWait }, { askCode }] = await Promise.all(
    ['cameras', 'consent', 'identity', 'prepare', 'result', 'desk', 'join'].map((name) => import(`/${name}.js`)),
  );
  await useLanguage(null);
  const screen = new Screen(document.getElementById('nod'));
  screen.onFooter({ alternative() {}, cancel() {} });
  const cut = [];

  const line = el('p', { class: 'guidance' });
  screen.show({ name: 'position', title: t('position.title') }, line);
  const range = document.createRange();
  for (const key of keys.filter((one) => /^(hint|cue)\.|^position\.(begin|positioning|ready|capturing|captured)$/.test(one))) {
    line.dataset.cue = key.startsWith('cue.') ? key : '';
    line.textContent = t(key);
    range.selectNodeContents(line);
    // The letters of the outer lines may reach out of these by a few pixels; a line too many is more.
    if (range.getBoundingClientRect().height > line.clientHeight + 8 || line.scrollWidth > line.clientWidth) cut.push(key);
  }

  const { signal } = new AbortController();
  const site = { name: 'Riverside District Court', remember: true, alternative: 'https://court.example/counter' };
  const offered = { link: 'https://id.example.gov/handoff#AAAAAAAAAAAAAAAAAAAAAA', qr: { side: 33, path: 'M0 0h7v7h-7z' }, code: '482913' };
  const view = { purpose: 'verify', level: 'full', still: true, site, ask: ['age_over_18'] };
  const shown = {
    consent: () => void askConsent(screen, view, true, signal),
    crops: () => void askConsent(screen, { ...view, site: { ...site, evidence: 'crops' } }, true, signal),
    identity: () => void askIdentity(screen, { ...view, purpose: 'enrol' }, null, null, signal),
    again: () => void askIdentity(screen, view, '110101199003074514', null, signal),
    remember: () => void askIdentity(screen, view, null, { canBeKept: true, known: () => null }, signal),
    remembered: () => void askIdentity(screen, view, null, { canBeKept: true, known: () => 'AAAA' }, signal),
    cameras: () => {
      const cameras = ['USB2.0 HD UVC WebCam (13d3:56a2)', 'camera2 1, facing front'].map((label, id) => ({ id: `${id}`, label }));
      screen.show({ name: 'position', title: t('position.title') }, cameraPicker(cameras, '0').element);
    },
    prepare: () => void prepare(screen, view, false, signal),
    handoff: () => showOffer(screen, offered, () => {}),
    code: () => showCode(screen, offered, () => {}),
    elsewhere: () => showWait(screen),
    join: () => void askCode(screen, { phone: '', site, origin: 'https://a-rather-long-name.riverside-district-court.example:8443' }, signal),
    done: () => showOutcome(screen, { event: 'done', detail: {} }, { view, retry: null }),
    no: () => showOutcome(screen, { event: 'answer', detail: { yes: false }, number: '482109375512' }, { view, retry() {} }),
    stopped: () => showOutcome(screen, { event: 'stopped', detail: {} }, { view, retry: null }),
    alternative: () => showOutcome(screen, { event: 'alternative', detail: {} }, { view, retry() {} }),
  };
  for (const key of keys.filter((one) => /^error\..*(?<!title)$/.test(one))) {
    const detail = { code: key.slice('error.'.length), retryable: true, next: 'other_device' };
    shown[key] = () => showOutcome(screen, { event: 'error', detail }, { view, retry() {} });
  }
  for (const [name, show] of Object.entries(shown)) {
    show();
    if (document.documentElement.scrollWidth > innerWidth) cut.push(name);
  }
  return cut;
}
