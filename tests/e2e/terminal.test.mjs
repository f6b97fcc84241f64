// Enrolment at an authorised terminal: the operator in one browser, the resident's phone in another, which reads the picture off the
// operator's screen; the number confirmed by a code, the face captured, the document confirmed. Then a lost phone.

import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { examine } from './support/accessibility.mjs';
import { Browser } from './support/browser.mjs';
import { readQr } from './support/handoff.mjs';
import { ended, holdStill, signIn, step, verify, withoutKey } from './support/journey.mjs';
import { english as t } from './support/texts.mjs';
import { GENUINE, PASSCODE, World } from './support/world.mjs';

const ID = 'NOD-TERMINAL-0001';
/** Of a range that is given to nobody (Ofcom, drama use). */
const NUMBER = '+44 7700 900123';

let world;
let operators;
let residents;
let operator;
let desk;

before(async () => {
  world = await World.start();
  [operators, residents] = [await Browser.start(), await Browser.start()];
  operator = await world.operator('Town hall, window 3');
  desk = await operators.page();
});
after(async () => {
  await operators?.stop();
  await residents?.stop();
  await world?.stop();
});
afterEach(() => assert.deepEqual([...operators.violations, ...residents.violations], []));

describe('an authorised terminal', () => {
  it('lets nobody in but operators', async () => {
    await desk.goto(world.terminal);
    await step(desk, 'sign-in');
    await examine(desk, desk, 'sign-in');
    await desk.fill('#secret', 'op_nobody');
    await desk.keyboard.press('Enter');
    await desk.waitForSelector('#secret-fault:has-text("not known")');
    await desk.fill('#secret', operator.secret);
    await desk.keyboard.press('Enter');
    await step(desk, 'next');
    assert.match(await desk.textContent('.lead'), /Town hall, window 3/);
    await examine(desk, desk, 'next');
  });

  it('enrols who has a confirmed number, a passcode, a face and a document', async () => {
    const phone = await atThePhone();
    await examine(desk, desk, 'picture');
    await examine(phone, phone, 'mobile');
    await phone.fill('#mobile', '0770 900123');
    await phone.keyboard.press('Enter');
    await phone.waitForSelector(`#mobile-fault:has-text("${t('error.enrol.number')}")`);
    await phone.fill('#mobile', NUMBER);
    await phone.keyboard.press('Enter');
    await step(phone, 'mobile-code');
    assert.match(await phone.textContent('.lead'), /123/);
    await examine(phone, phone, 'mobile-code');
    const code = await world.codeByMessage();
    await phone.fill('#code', code === '000000' ? '111111' : '000000');
    await phone.keyboard.press('Enter');
    await phone.waitForSelector(`#code-fault:has-text("${t('error.enrol.wrong_code')}")`);
    await phone.fill('#code', code);
    await phone.keyboard.press('Enter');
    await step(phone, 'identity');
    await desk.waitForSelector('[data-step=picture] .lead:has-text("confirmed")');
    await finish(phone);

    await step(phone, 'operator');
    await examine(phone, phone, 'operator');
    await step(desk, 'decide');
    await examine(desk, desk, 'decide');
    // Nobody is enrolled yet, and nothing is confirmed unseen.
    assert.equal(await atCourt(), 'no');
    await desk.getByRole('button', { name: 'Confirm and enrol' }).click();
    await desk.waitForSelector('[role=alert]:has-text("Everything has to be checked")');
    await desk.check('#genuine');
    await desk.check('#person');
    await desk.getByRole('button', { name: 'Confirm and enrol' }).click();
    await desk.waitForSelector('.news:has-text("Enrolled")');
    assert.equal(await enrolled(phone), 'enrolled');
    await phone.close();
    assert.equal(await atCourt(), 'yes');
  });

  it('refuses a passcode that is a date', async () => {
    await operatorEnds(ID);
    const phone = await atThePhone();
    await confirmNumber(phone);
    await finish(phone, '19850412');
    assert.equal(await ended(phone), 'error enrol.quality');
    assert.match(await phone.textContent('.lead'), /too easy to guess/);
    await phone.close();
    await desk.getByRole('button', { name: 'Cancel' }).click();
    await desk.waitForSelector('.news:has-text("Nothing was kept")');
  });

  it('keeps nothing of who is refused', async () => {
    const phone = await atThePhone();
    await confirmNumber(phone);
    await finish(phone);
    await step(desk, 'decide');
    await desk.getByRole('button', { name: 'Refuse' }).click();
    await desk.waitForSelector('.news:has-text("Refused")');
    await step(phone, 'refused');
    await examine(phone, phone, 'refused');
    await phone.close();
    assert.equal(await atCourt(), 'no');
  });

  it('ends the credential of a lost phone, and begins anew with another', async () => {
    const first = await atThePhone();
    await confirmNumber(first);
    await finish(first);
    await issue();
    assert.equal(await enrolled(first), 'enrolled');
    await first.close();
    // Not beside an enrolment that is there.
    await desk.fill('#claimed-id', ID);
    await desk.getByRole('button', { name: 'Enrol', exact: true }).click();
    await desk.waitForSelector('.news:has-text("Somebody is enrolled")');
    await operatorEnds(ID);
    assert.equal(await atCourt(), 'no');
    const phone = await atThePhone();
    await confirmNumber(phone);
    await finish(phone);
    await issue();
    assert.equal(await enrolled(phone), 'enrolled');
    await phone.close();
    assert.equal(await atCourt(), 'yes');
  });

  it('can be gone through by keyboard, and signs out with its page', async () => {
    await desk.keyboard.press('Tab');
    const reached = new Set();
    for (let presses = 0; presses < 8; presses += 1) {
      reached.add(await desk.evaluate(() => document.activeElement?.textContent || document.activeElement?.id));
      await desk.keyboard.press('Tab');
    }
    for (const name of ['claimed-id', 'Enrol', 'End the enrolment of this number', 'Sign out']) assert.ok(reached.has(name), name);
    const request = desk.waitForRequest((one) => one.url().endsWith('/v1/terminal/revoke'));
    await desk.fill('#claimed-id', 'NOD-NOBODY-0000');
    await desk.getByRole('button', { name: 'End the enrolment' }).click();
    await desk.getByRole('button', { name: 'End it' }).click();
    const { authorization } = await (await request).allHeaders();
    await desk.waitForSelector('.news:has-text("Nothing to end")');
    await desk.reload();
    await step(desk, 'sign-in');
    // What a page sends while it goes away arrives when it arrives.
    for (let code = null; code !== 'terminal.not_signed_in'; await desk.waitForTimeout(100)) {
      const reply = await fetch(`${world.terminal.replace('terminal.localhost', '127.0.0.1')}/v1/terminal/revoke`, {
        method: 'POST', headers: { authorization, 'content-type': 'application/json' }, body: JSON.stringify({ claimed_id: 'NOD-NOBODY-0000' }),
      });
      ({ code } = await reply.json());
    }
    assert.deepEqual(await desk.evaluate(() => [localStorage.length, sessionStorage.length, document.cookie]), [0, 0, '']);
  });

  it('says nothing of number, code or ID in a log', () => {
    const log = world.logs().split('\n').filter((line) => !line.startsWith('message to a phone: ')).join('\n');
    for (const secret of [NUMBER.replaceAll(' ', ''), ID, PASSCODE, operator.secret]) assert.ok(!log.includes(secret));
  });
});

/** The operator opens an enrolment; the resident's phone reads the picture, and its holder consents. */
async function atThePhone() {
  await desk.fill('#claimed-id', ID);
  await desk.keyboard.press('Enter');
  await step(desk, 'picture');
  const link = await readQr(desk, desk);
  assert.equal(link, await desk.inputValue('#link'));
  assert.ok(link.startsWith(`${world.issuer}/enrol#`) && !link.includes(ID));
  await residents.see('obama');
  const phone = await residents.page();
  await phone.goto(link);
  await step(phone, 'ticket');
  await phone.click('button[type=submit]');
  await step(phone, 'consent');
  assert.match(await phone.textContent('main'), /your mobile number/);
  await phone.click('button.primary');
  await step(phone, 'mobile');
  return phone;
}

async function confirmNumber(phone) {
  const before = world.messages();
  await phone.fill('#mobile', NUMBER);
  await phone.keyboard.press('Enter');
  await step(phone, 'mobile-code');
  while (world.messages() === before) await phone.waitForTimeout(50);
  await phone.fill('#code', await world.codeByMessage());
  await phone.keyboard.press('Enter');
}

/** ID, passcode, camera. */
async function finish(phone, passcode = PASSCODE) {
  await step(phone, 'identity');
  await phone.fill('#claimed-id', ID);
  await phone.fill('#passcode', passcode);
  await phone.fill('#passcode-again', passcode);
  await phone.click('button[type=submit]');
  await holdStill(phone);
}

/** How an enrolment ends on the phone, which is offered to be bound once it is confirmed. */
async function enrolled(phone) {
  await withoutKey(phone);
  return ended(phone);
}

async function issue() {
  await step(desk, 'decide');
  await desk.check('#genuine');
  await desk.check('#person');
  await desk.getByRole('button', { name: 'Confirm and enrol' }).click();
  await desk.waitForSelector('.news:has-text("Enrolled")');
}

async function operatorEnds(id) {
  await step(desk, 'next');
  await desk.fill('#claimed-id', id);
  await desk.getByRole('button', { name: 'End the enrolment' }).click();
  await step(desk, 'end');
  await examine(desk, desk, 'end');
  await desk.getByRole('button', { name: 'End it' }).click();
  await desk.waitForSelector('.news:has-text("Ended")');
}

async function atCourt() {
  await residents.see(GENUINE[0]);
  const page = await residents.page();
  await signIn(page, world.origins.court, 'alex');
  const end = await verify(page, world, { claimedId: ID });
  await page.close();
  return end;
}
