// Who the resident claims to be: ID number and passcode, typed behind the frame's wall; a device key may stand for the passcode.

import { plainDigits } from './digits.js';
import { canUseKey, signWithKey } from './device-key.js';
import { ask, field } from './form.js';
import { button, el } from './screen.js';
import { t } from './strings.js';
import { endOf } from './typed.js';

const PASSCODE = /^\d{8}$/;

/**
 * Resolves to {claimedId, device, passcode, signed}; `signed` is what a device key signed in place of the passcode, or null.
 * Enrolling asks for the new passcode twice; level light asks for none, so `passcode` is null then. `known` is the number of the
 * try before this one, or null.
 *
 * @param device what deviceOn() keeps, or null where no device is remembered. A handle without a `claimedId` stands for it;
 *   one beside it is to be remembered
 * @param back the words of a way back, which resolves to null
 */
export function askIdentity(screen, view, known, device, signal, back = null) {
  const enrol = view.purpose === 'enrol';
  const typed = field('claimed-id', { label: t('identity.id'), hint: t('identity.id.hint'), autocomplete: 'username', maxlength: '64' });
  const remember = device?.canBeKept && view.site.remember ? rememberThis() : null;
  const id = numberOr(typed, remember, known, device);
  const passcode = enrol
    ? secret('passcode', { label: t('identity.passcode.new'), hint: t('identity.passcode.new.hint'), autocomplete: 'new-password' })
    : view.level !== 'light' && knownPasscode();
  const again = enrol
    && secret('passcode-again', { label: t('identity.passcode.again'), hint: t('identity.passcode.again.hint'), autocomplete: 'new-password' });
  const checkId = () => id.complain(id.device() || id.value().trim() ? null : t('identity.id.missing'));
  const who = () => ({
    claimedId: id.device() ? null : plainDigits(id.value().trim()),
    device: id.device() ?? (remember?.wanted() ? device.fresh() : null),
  });
  return ask(screen, signal, {
    name: 'identity',
    title: t(enrol ? 'identity.enrol.title' : 'identity.title'),
    lead: t(enrol ? 'identity.enrol.lead' : 'identity.lead'),
    fields: [id, passcode, again].filter(Boolean),
    check() {
      checkId();
      if (passcode) passcode.complain(faultOf(passcode));
      if (again) again.complain(again.value() === passcode.value() ? null : t('identity.passcode.differs'));
    },
    read: () => ({ ...who(), passcode: passcode ? passcode.value() : null, signed: null }),
    other: passcode && !enrol ? keyInstead(view, signal, [id], checkId, who) : null,
    back,
  });
}

/**
 * Resolves to {passcode, signed}, of which one is null, where only a capture without movement, or a code that was shown, needs it, or
 * to null to choose again.
 */
export function askPasscode(screen, view, signal, lead = 'passcode.lead') {
  const passcode = knownPasscode();
  return ask(screen, signal, {
    name: 'passcode',
    title: t('passcode.title'),
    lead: t(lead),
    fields: [passcode],
    check: () => passcode.complain(faultOf(passcode)),
    read: () => ({ passcode: passcode.value(), signed: null }),
    back: t('passcode.back'),
    keep: true,
    other: keyInstead(view, signal),
  });
}

/** Resolves to the ticket code that allows an enrolment; `known` is what a ticket's link carried. */
export function askTicket(screen, known, signal) {
  const ticket = field('ticket', { label: t('ticket.label'), hint: t('ticket.hint'), autocomplete: 'one-time-code', maxlength: '128', value: known });
  return ask(screen, signal, {
    name: 'ticket',
    title: t('ticket.title'),
    lead: t('ticket.lead'),
    fields: [ticket],
    check: () => ticket.complain(ticket.value().trim() ? null : t('ticket.missing')),
    read: () => ticket.value().trim(),
  });
}

/** In place of the field where nothing needs to be typed: the number of the try before, or this device. */
function numberOr(typed, remember, known, device) {
  const handle = known ? null : device?.known();
  const field = remember ? { ...typed, element: el('div', {}, typed.element, remember.element) } : typed;
  if (!known && !handle) return { ...field, device: () => null };
  let replaced = false;
  const replace = () => {
    replaced = true;
    element.replaceWith(field.element);
    typed.focus();
  };
  const forget = () => {
    device.forget();
    replace();
  };
  const element = el(
    'div',
    { class: 'known' },
    el('p', {}, known ? t('identity.id.known', { end: endOf(known) }) : t('identity.device')),
    button(t('identity.id.other'), replace, 'quiet'),
    handle && button(t('identity.device.forget'), forget, 'quiet'),
  );
  return {
    ...field,
    element,
    value: () => (replaced ? typed.value() : known ?? ''),
    device: () => (replaced ? null : handle),
  };
}

/** A wish that nobody has until they say so. */
function rememberThis() {
  const box = el('input', { type: 'checkbox', id: 'remember', 'aria-describedby': 'remember-hint' });
  return {
    element: el('div', { class: 'field' }, el('label', { class: 'check' }, box, t('identity.remember')), el('p', { id: 'remember-hint', class: 'hint' }, t('identity.remember.hint'))),
    wanted: () => box.checked,
  };
}

/** The device's key in place of the passcode; null where this browser has no way to it, and where the device is everybody's. */
function keyInstead(view, signal, fields = [], check = () => {}, who = () => ({})) {
  if (!canUseKey() || !view.site.remember) return null;
  const go = async () => {
    const given = who();
    const signed = await signWithKey(view.key_challenge, signal);
    return signed && { ...given, passcode: null, signed };
  };
  return { label: t('identity.key'), hint: t('identity.key.hint'), fault: t('identity.key.refused'), fields, check, go };
}

function knownPasscode() {
  return secret('passcode', { label: t('identity.passcode'), hint: t('identity.passcode.hint'), autocomplete: 'current-password' });
}

function faultOf(passcode) {
  return PASSCODE.test(passcode.value()) ? null : t('identity.passcode.wrong');
}

function secret(name, attributes) {
  const digits = field(name, { type: 'password', inputmode: 'numeric', maxlength: '8', ...attributes });
  return { ...digits, value: () => plainDigits(digits.value()) };
}
