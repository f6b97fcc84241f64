// Who the resident claims to be: ID number and passcode, typed behind the frame's wall.

import { plainDigits } from './digits.js';
import { ask, field } from './form.js';
import { button, el } from './screen.js';
import { t } from './strings.js';
import { endOf } from './typed.js';

const PASSCODE = /^\d{8}$/;

/**
 * Resolves to {claimedId, passcode}. Enrolling asks for the new passcode twice; level light asks for none, so
 * `passcode` is null then. `known` is the number of the try before this one, or null.
 */
export function askIdentity(screen, view, known, signal) {
  const enrol = view.purpose === 'enrol';
  const id = knownOr(known, 'claimed-id', { label: t('identity.id'), hint: t('identity.id.hint'), autocomplete: 'username', maxlength: '64' });
  const passcode = enrol
    ? secret('passcode', { label: t('identity.passcode.new'), hint: t('identity.passcode.new.hint'), autocomplete: 'new-password' })
    : view.level !== 'light' && knownPasscode();
  const again = enrol
    && secret('passcode-again', { label: t('identity.passcode.again'), hint: t('identity.passcode.again.hint'), autocomplete: 'new-password' });
  return ask(screen, signal, {
    name: 'identity',
    title: t(enrol ? 'identity.enrol.title' : 'identity.title'),
    lead: t(enrol ? 'identity.enrol.lead' : 'identity.lead'),
    fields: [id, passcode, again].filter(Boolean),
    check() {
      id.complain(id.value().trim() ? null : t('identity.id.missing'));
      if (passcode) passcode.complain(faultOf(passcode));
      if (again) again.complain(again.value() === passcode.value() ? null : t('identity.passcode.differs'));
    },
    read: () => ({ claimedId: plainDigits(id.value().trim()), passcode: passcode ? passcode.value() : null }),
  });
}

/** Resolves to the passcode where only a capture without movement needs it, or to null to choose again. */
export function askPasscode(screen, signal) {
  const passcode = knownPasscode();
  return ask(screen, signal, {
    name: 'passcode',
    title: t('passcode.title'),
    lead: t('passcode.lead'),
    fields: [passcode],
    check: () => passcode.complain(faultOf(passcode)),
    read: () => passcode.value(),
    back: t('passcode.back'),
    keep: true,
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

/** The number of the try before, which can be exchanged for another; or the field to type one. */
function knownOr(known, name, attributes) {
  const typed = field(name, attributes);
  if (!known) return typed;
  let replaced = false;
  const other = button(t('identity.id.other'), () => {
    replaced = true;
    element.replaceWith(typed.element);
    typed.focus();
  }, 'quiet');
  const element = el('div', { class: 'known' }, el('p', {}, t('identity.id.known', { end: endOf(known) })), other);
  return { ...typed, element, value: () => (replaced ? typed.value() : known) };
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
