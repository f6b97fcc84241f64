// Pictures of every state, at phone and desktop width, light and dark, from the real thing at work.
//
//   npm run screens              → test-results/screens/
//   npm run screens -- --docs    also refreshes docs/screenshots/, which README shows, and docs/gallery/
//   npm run screens -- --only=card    after an enrolment the states of one function below alone; with --docs their pictures

import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Browser } from './support/browser.mjs';
import { agree, begin, ended, frameOf, holdStill, identify, move, signIn, step, verify, withoutKey } from './support/journey.mjs';
import { sheet } from './support/sheet.mjs';
import { PASSCODE, RESULTS, World } from './support/world.mjs';

const SIZES = { phone: { width: 390, height: 1700 }, desktop: { width: 1024, height: 1500 } };
const SCHEMES = ['light', 'dark'];
const ALEX = 'NOD-ALEX-1961';
const OUT = join(RESULTS, 'screens');
/** Pictures that documents show, by their names there. */
const DOCS = {
  'court-consent-desktop-light': 'court-consent',
  'court-identity-desktop-light': 'court-identity',
  'court-cue-desktop-light': 'court-position',
  'court-yes-desktop-light': 'court-confirmed',
  'court-receipt-desktop-light': 'court-receipt',
  'court-hint-phone-dark': 'phone-hint',
  'efile-form-desktop-light': 'efile-form',
  'efile-sign-desktop-light': 'efile-sign',
  'efile-pay-desktop-light': 'efile-pay',
  'efile-receipt-desktop-light': 'efile-receipt',
  'handoff-desk-desktop-light': 'handoff-desk',
  'handoff-phone-phone-light': 'handoff-phone',
  'enrol-identity-desktop-light': 'enrol',
  'benefits-form-desktop-light': 'benefits',
  'hotel-form-phone-light': 'hotel',
  'card-open-desktop-light': 'card',
  'card-open-phone-dark': 'card-phone',
  'kiosk-start-desktop-light': 'kiosk-start',
  'kiosk-card-phone-light': 'kiosk-card',
  'kiosk-scan-desktop-light': 'kiosk-scan',
  'kiosk-next-desktop-light': 'kiosk-next',
  'kiosk-welcome-desktop-light': 'kiosk-welcome',
  'terminal-next-desktop-light': 'terminal-next',
  'terminal-picture-desktop-light': 'terminal-picture',
  'terminal-mobile-phone-light': 'terminal-mobile',
  'terminal-code-phone-light': 'terminal-code',
  'terminal-wait-phone-light': 'terminal-wait',
  'terminal-decide-desktop-light': 'terminal-decide',
  'coverage-consent-desktop-light': 'coverage-consent',
  'coverage-tiles-desktop-light': 'coverage-tiles',
  'cafe-start-desktop-light': 'cafe-start',
  'cafe-online-desktop-light': 'cafe-online',
  'start-page-desktop-light': 'start-page',
};

const only = process.argv.find((argument) => argument.startsWith('--only='))?.slice('--only='.length);
const docs = resolve(import.meta.dirname, '../../docs');
const world = await World.start();
const browser = await Browser.start();
/** The states, in the order in which they were first shown. */
const states = new Set();
try {
  await mkdir(OUT, { recursive: true });
  let number = 0;
  for (const [size, viewport] of Object.entries(SIZES)) {
    for (const scheme of SCHEMES) {
      number += 1;
      const keep = (page) => (name, shown = page) => {
        states.add(name);
        return shot(shown, `${name}-${size}-${scheme}`);
      };
      const look = async (work, at = browser) => {
        // The enrolment has no name.
        if (only && work.name && work.name !== only) return;
        const page = await at.page();
        await page.setViewportSize(viewport);
        await page.emulateMedia({ colorScheme: scheme });
        await work(page, keep(page));
        await page.close();
      };
      // The first enrols the resident whom the court's pictures show.
      const id = number === 1 ? ALEX : `NOD-PICTURE-${number}`;
      await look((page, keep) => enrolment(page, keep, id));
      await look(courtYes);
      await look(courtDocuments);
      await look(courtCue);
      await look(courtNo);
      await look(courtHint);
      await look(onAPhone);
      await look(otherSites);
      const withThree = await Browser.start({ cameras: 3 });
      await look(cameras, withThree).finally(() => withThree.stop());
      const keeping = await Browser.start({ storage: true });
      await keeping.see('obama3');
      await look(devices, keeping).finally(() => keeping.stop());
      await look(card);
      await look(terminal);
      await look(coverage);
      await look(cafe);
      const atReception = await Browser.start();
      await look(kiosk, atReception).finally(() => atReception.stop());
    }
  }
  if (process.argv.includes('--docs')) await refreshDocs();
} finally {
  await browser.stop();
  await world.stop();
}

async function enrolment(page, keep, id) {
  await browser.see('obama');
  const ticket = await world.ticket(id);
  await page.goto(ticket.link);
  await step(page, 'ticket');
  await keep('enrol-ticket');
  await page.click('button[type=submit]');
  await step(page, 'consent');
  await keep('enrol-consent');
  await page.click('button.primary');
  await step(page, 'identity');
  await page.click('button[type=submit]');
  await keep('enrol-identity-faults');
  await page.fill('#claimed-id', id);
  await page.fill('#passcode', PASSCODE);
  await page.fill('#passcode-again', PASSCODE);
  await keep('enrol-identity');
  await page.click('button[type=submit]');
  await holdStill(page);
  await step(page, 'bind');
  await keep('enrol-bind');
  await withoutKey(page);
  await ended(page);
  await keep('enrol-end');
}

async function courtYes(page, keep) {
  await browser.see('obama3');
  await page.goto(`${world.origins.court}/sign-in`);
  await keep('court-sign-in');
  await signIn(page, world.origins.court, 'alex');
  const frame = await frameOf(page, world);
  await step(frame, 'consent');
  await keep('court-consent');
  await frame.click('button.primary');
  await step(frame, 'identity');
  await frame.fill('#claimed-id', ALEX);
  await frame.fill('#passcode', PASSCODE);
  await keep('court-identity');
  // Held back so that the wait can be seen.
  await page.route('**/v1/verify', async (route) => {
    await keep('court-sending');
    await route.continue();
  });
  await frame.click('button[type=submit]');
  await step(frame, 'prepare');
  await keep('court-prepare');
  await holdStill(frame);
  await frame.waitForSelector('[data-phase=capturing]');
  await page.waitForTimeout(300);
  await keep('court-hold');
  await ended(frame);
  await page.fill('[name=defendant]', 'Acme Ltd');
  await page.fill('[name=amount]', '250.00');
  await keep('court-yes');
  await page.click('button.button');
  await page.waitForSelector('#receipt');
  await keep('court-receipt');
}

/** A claim with documents, from the form to the receipt. */
async function courtDocuments(page, keep) {
  await browser.see('obama3');
  await signIn(page, world.origins.court, 'alex');
  await page.goto(`${world.origins.court}/efile`);
  await page.fill('[name=amount]', '250.00');
  await page.setInputFiles('[name=documents]', [
    { name: 'contract.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.7 the contract') },
    { name: 'invoice.txt', mimeType: 'text/plain', buffer: Buffer.from('250.00 is due') },
  ]);
  await keep('efile-form');
  await page.click('form.panel button.button');
  for (const screen of ['efile-sign', 'efile-pay']) {
    await page.waitForSelector('nod-verify');
    const end = await verify(page, world, { claimedId: ALEX });
    if (end !== 'yes') throw new Error(`${screen}: ${end}`);
    await keep(screen);
    await page.click('form.panel button.button');
    await page.waitForLoadState();
  }
  await page.waitForSelector('#receipt');
  await keep('efile-receipt');
}

/** The first movement asked for; a photograph gets no further. */
async function courtCue(page, keep) {
  await browser.see('obama3');
  await signIn(page, world.origins.court, 'alex');
  const frame = await frameOf(page, world);
  await identify(frame, { claimedId: ALEX });
  await move(frame);
  await frame.waitForSelector('.guidance[data-cue]:not([data-cue=""], [data-cue=straight])');
  await keep('court-cue');
}

async function courtNo(page, keep) {
  await browser.see('astronaut');
  await signIn(page, world.origins.court, 'alex');
  const frame = await frameOf(page, world);
  await begin(frame, { claimedId: ALEX });
  await ended(frame);
  await keep('court-no');
  await page.fill('[name=defendant]', 'Acme Ltd');
  await page.fill('[name=amount]', '250.00');
  await page.click('button.button');
  await page.waitForSelector('#refused');
  await keep('court-refused');
}

async function courtHint(page, keep) {
  await browser.see('two-faces');
  await signIn(page, world.origins.court, 'alex');
  const frame = await frameOf(page, world);
  await begin(frame, { claimedId: ALEX });
  await frame.waitForSelector('[data-hint="hint.many_faces"]');
  await keep('court-hint');
  await frame.click('footer .quiet:last-child');
  await step(frame, 'idle');
  await keep('court-idle');
  await frame.click('button.primary');
  await begin(frame, { claimedId: ALEX });
  await step(frame, 'position');
  await frame.evaluate(() => window.cameraTracks.at(-1).dispatchEvent(new Event('ended')));
  await ended(frame);
  await keep('court-error');
  await frame.click('button.primary');
  await step(frame, 'consent');
  await frame.click('button.primary');
  await step(frame, 'identity');
  await keep('court-identity-again');
  await frame.click('footer .quiet:first-child');
  await ended(frame);
  await keep('court-alternative');
}

/** Both screens at the same size: each may be any. */
async function onAPhone(page, keep) {
  await signIn(page, world.origins.court, 'alex');
  const frame = await frameOf(page, world);
  await step(frame, 'consent');
  await frame.getByRole('button', { name: 'Continue on a phone' }).click();
  await step(frame, 'handoff');
  await keep('handoff-desk');
  const hand = await browser.page();
  await hand.setViewportSize({ ...page.viewportSize(), height: 780 });
  await hand.emulateMedia({ colorScheme: await page.evaluate(() => (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')) });
  await hand.goto(await frame.inputValue('#handoff-link'));
  await step(hand, 'join');
  await keep('handoff-phone', hand);
  const code = await frame.textContent('.digits');
  await step(frame, 'code');
  await keep('handoff-code');
  await hand.fill('#code', code);
  await hand.click('button[type=submit]');
  await step(frame, 'elsewhere');
  await keep('handoff-elsewhere');
  await hand.close();
}

async function otherSites(page, keep) {
  await page.goto(`${world.origins.court}/counter`);
  await keep('court-counter');
  await signIn(page, world.origins.benefits, 'alex');
  await step(await frameOf(page, world), 'consent');
  await keep('benefits-form');
  await page.goto(world.origins.hotel);
  await step(await frameOf(page, world), 'consent');
  await keep('hotel-form');
}

/** Several cameras to choose from; the browser's own show its test picture. */
async function cameras(page, keep) {
  await page.goto(world.origins.hotel);
  const frame = await frameOf(page, world);
  await begin(frame, { claimedId: ALEX });
  await step(frame, 'position');
  await frame.waitForSelector('[data-hint]');
  await keep('hotel-cameras');
}

/** A device that is remembered with a yes, and known the next time. */
async function devices(page, keep) {
  await page.goto(world.origins.hotel);
  const first = await frameOf(page, world);
  await step(first, 'consent');
  await first.click('button.primary');
  await step(first, 'identity');
  await first.fill('#claimed-id', ALEX);
  await first.getByRole('checkbox').check();
  await keep('hotel-remember');
  await first.click('button[type=submit]');
  await holdStill(first);
  await ended(first);
  await page.goto(world.origins.hotel);
  const second = await frameOf(page, world);
  await step(second, 'consent');
  await second.click('button.primary');
  await step(second, 'identity');
  await keep('hotel-remembered');
}

/** A resident's own card, and what it asks before it does what cannot be taken back. */
async function card(page, keep) {
  await browser.see('obama3');
  await page.goto(`${world.issuer}/me`);
  await step(page, 'me');
  await keep('card-start');
  await page.click('button.primary');
  await identify(page, { claimedId: ALEX });
  await holdStill(page);
  await page.waitForSelector('[data-step=card]', { timeout: 120_000 });
  await keep('card-open');
  await page.getByRole('button', { name: 'Freeze' }).click();
  await step(page, 'ask');
  await keep('card-freeze');
  await page.getByRole('button', { name: 'Back to the card' }).click();
  await page.getByRole('button', { name: 'Erase everything' }).click();
  await step(page, 'ask');
  await keep('card-erase');
  await page.getByRole('button', { name: 'Erase everything' }).click();
  await page.getByRole('button', { name: 'Erase for good' }).waitFor();
  await keep('card-erase-again');
}

/** A party of two at the hotel's kiosk, of which one has confirmed, and one alone; the code on a card before. */
async function kiosk(page, keep) {
  await browser.see('obama3');
  const hand = await browser.page();
  await hand.setViewportSize({ ...page.viewportSize(), height: 900 });
  await hand.emulateMedia({ colorScheme: await page.evaluate(() => (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')) });
  await hand.goto(`${world.issuer}/me`);
  await step(hand, 'me');
  await hand.click('button.primary');
  await identify(hand, { claimedId: ALEX });
  await holdStill(hand);
  await hand.waitForSelector('[data-step=card]', { timeout: 120_000 });
  await hand.getByRole('button', { name: 'Show a code' }).click();
  await hand.waitForSelector('.qr');
  await keep('kiosk-card', hand);
  await hand.close();

  for (const guests of [2, 1]) {
    await page.goto(`${world.origins.hotel_desk}/kiosk`);
    await page.fill('[name=booking]', 'AB1234');
    await page.selectOption('select', String(guests));
    if (guests === 2) await keep('kiosk-start');
    await page.click('button.button');
    const frame = await frameOf(page, world, 'pk_hotel_desk');
    await step(frame, 'consent');
    if (guests === 2) await keep('kiosk-consent');
    await frame.click('button.primary');
    await step(frame, 'scan');
    if (guests === 2) await keep('kiosk-scan');
    await frame.getByRole('button', { name: 'Type the ID number instead' }).click();
    await step(frame, 'identity');
    await frame.fill('#claimed-id', ALEX);
    await frame.click('button[type=submit]');
    await holdStill(frame);
    await frame.waitForSelector('[data-phase=capturing]');
    if (guests === 2) await keep('kiosk-position');
    await page.waitForSelector(guests === 2 ? '#confirmed:text("1 of 2")' : '#receipt', { timeout: 120_000 });
    if (guests === 2) await step(await frameOf(page, world, 'pk_hotel_desk'), 'consent');
    await keep(guests === 2 ? 'kiosk-next' : 'kiosk-welcome');
  }
}

/** The operator's screen and the resident's phone take turns; both are seen at each width. */
async function terminal(page, keep) {
  const { secret } = await world.operator('Town hall, window 3');
  const id = `NOD-TERMINAL-${Date.now() % 100_000}`;
  await page.goto(world.terminal);
  await step(page, 'sign-in');
  await keep('terminal-sign-in');
  await page.fill('#secret', secret);
  await page.click('button[type=submit]');
  await step(page, 'next');
  await page.fill('#claimed-id', id);
  await keep('terminal-next');
  await page.getByRole('button', { name: 'Enrol', exact: true }).click();
  await step(page, 'picture');
  await keep('terminal-picture');
  await browser.see('obama');
  const phone = await browser.page();
  await phone.setViewportSize(page.viewportSize());
  await phone.emulateMedia({ colorScheme: await page.evaluate(() => (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')) });
  await phone.goto(await page.inputValue('#link'));
  await step(phone, 'ticket');
  await phone.click('button[type=submit]');
  await step(phone, 'consent');
  await keep('terminal-consent', phone);
  await phone.click('button.primary');
  await step(phone, 'mobile');
  // Of a range that is given to nobody (Ofcom, drama use).
  await phone.fill('#mobile', '+44 7700 900123');
  await keep('terminal-mobile', phone);
  const before = world.messages();
  await phone.click('button[type=submit]');
  await step(phone, 'mobile-code');
  await keep('terminal-code', phone);
  while (world.messages() === before) await phone.waitForTimeout(50);
  await phone.fill('#code', await world.codeByMessage());
  await phone.click('button[type=submit]');
  await step(phone, 'identity');
  await phone.fill('#claimed-id', id);
  await phone.fill('#passcode', PASSCODE);
  await phone.fill('#passcode-again', PASSCODE);
  await phone.click('button[type=submit]');
  await holdStill(phone);
  await step(phone, 'operator');
  await keep('terminal-wait', phone);
  await step(page, 'decide');
  await page.check('#genuine');
  await keep('terminal-decide');
  await page.getByRole('button', { name: 'Refuse' }).click();
  await step(phone, 'refused');
  await keep('terminal-refused', phone);
  await phone.close();
  await step(page, 'next');
  await page.fill('#claimed-id', id);
  await page.getByRole('button', { name: 'End the enrolment' }).click();
  await step(page, 'end');
  await keep('terminal-end');
}

/** "Am I covered?", answered from a record that an operator gave. */
async function coverage(page, keep) {
  const file = join(world.directory, 'record.json');
  await writeFile(file, JSON.stringify({ insurance: { pension: { active: true }, medical: { active: true }, unemployment: { active: false } } }));
  await world.authority('resident', 'attributes', '--id', ALEX, '--file', file);
  await browser.see('obama3');
  await signIn(page, world.origins.benefits, 'alex');
  await page.goto(`${world.origins.benefits}/coverage`);
  const frame = await frameOf(page, world);
  await step(frame, 'consent');
  await keep('coverage-consent');
  await verify(page, world, { claimedId: ALEX });
  await page.click('button.button');
  await page.waitForSelector('#cover');
  await keep('coverage-tiles');
}

async function cafe(page, keep) {
  await page.goto(world.startPage);
  await keep('start-page');
  await browser.see('obama3');
  await page.goto(world.origins.cafe);
  await page.fill('input[name=seat]', '12');
  const frame = await frameOf(page, world);
  await step(frame, 'consent');
  await keep('cafe-start');
  await agree(frame, 'scan');
  await frame.getByRole('button', { name: 'Type' }).click();
  await step(frame, 'identity');
  await frame.fill('#claimed-id', ALEX);
  await frame.click('button[type=submit]');
  await holdStill(frame);
  await page.waitForSelector('#receipt', { timeout: 120_000 });
  await keep('cafe-online');
}

async function shot(page, name) {
  await page.waitForTimeout(250);
  // The viewport is taller than most pages so that nothing scrolls; what is empty below is cut off.
  const { width, height } = page.viewportSize();
  const used = await page.evaluate(() => {
    const bottoms = [...document.body.children].map((child) => child.getBoundingClientRect().bottom);
    return Math.ceil(Math.max(...bottoms)) + 24;
  });
  await page.screenshot({ path: join(OUT, `${name}.png`), clip: { x: 0, y: 0, width, height: Math.min(height, used) } });
  console.log(name);
}

async function refreshDocs() {
  const shown = join(docs, 'screenshots');
  await mkdir(shown, { recursive: true });
  const made = Object.entries(DOCS).filter(([from]) => states.has(from.replace(/-(phone|desktop)-(light|dark)$/, '')));
  for (const [from, to] of made) await copyFile(join(OUT, `${from}.png`), join(shown, `${to}.png`));

  const gallery = join(docs, 'gallery');
  await mkdir(gallery, { recursive: true });
  const text = await readFile(join(docs, 'gallery.md'), 'utf8');
  const page = await browser.page();
  await page.setViewportSize({ width: 1700, height: 1700 });
  for (const state of states) {
    await writeFile(join(gallery, `${state}.jpg`), await sheet(page, OUT, state));
    if (!text.includes(`gallery/${state}.jpg`)) throw new Error(`docs/gallery.md does not show ${state}`);
  }
}
