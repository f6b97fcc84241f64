// Who the resident claims to be: ID number and passcode, typed behind the frame's wall.

import { button, el } from './screen.js';
import { t } from './strings.js';

const PASSCODE = /^\d{8}$/;

/** Resolves to {claimedId, passcode}. Enrolling asks for the new passcode twice. */
export function askIdentity(screen, view, signal) {
  const enrol = view.purpose === 'enrol';
  const id = field('claimed-id', { label: t('identity.id'), hint: t('identity.id.hint'), autocomplete: 'username', maxlength: '64' });
  const passcode = enrol
    ? secret('passcode', { label: t('identity.passcode.new'), hint: t('identity.passcode.new.hint'), autocomplete: 'new-password' })
    : secret('passcode', { label: t('identity.passcode'), hint: t('identity.passcode.hint'), autocomplete: 'current-password' });
  const again = enrol
    && secret('passcode-again', { label: t('identity.passcode.again'), hint: t('identity.passcode.again.hint'), autocomplete: 'new-password' });
  return ask(screen, signal, {
    name: 'identity',
    title: t(enrol ? 'identity.enrol.title' : 'identity.title'),
    lead: t(enrol ? 'identity.enrol.lead' : 'identity.lead'),
    fields: [id, passcode, again].filter(Boolean),
    check() {
      id.complain(id.value().trim() ? null : t('identity.id.missing'));
      passcode.complain(PASSCODE.test(passcode.value()) ? null : t('identity.passcode.wrong'));
      again && again.complain(again.value() === passcode.value() ? null : t('identity.passcode.differs'));
    },
    read: () => ({ claimedId: id.value().trim(), passcode: passcode.value() }),
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

/** A form whose faults are named beside their fields; the first faulty field gets the focus. */
function ask(screen, signal, { name, title, lead, fields, check, read }) {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    const submit = button(t('identity.continue'), () => {});
    submit.type = 'submit';
    const form = el('form', { novalidate: '', autocomplete: 'on' }, ...fields.map((one) => one.element), el('div', { class: 'actions' }, submit));
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      check();
      const faulty = fields.find((one) => one.faulty());
      if (faulty) return faulty.focus();
      const answer = read();
      for (const one of fields) one.clear();
      resolve(answer);
    });
    screen.show({ name, title }, el('p', { class: 'lead' }, lead), form);
  });
}

function secret(name, attributes) {
  return field(name, { type: 'password', inputmode: 'numeric', maxlength: '8', ...attributes });
}

/** One labelled input with its hint and its fault, tied together for assistive technology. */
function field(name, { label, hint, type = 'text', ...attributes }) {
  const input = el('input', {
    id: name, name, type, 'aria-describedby': `${name}-hint ${name}-fault`, autocapitalize: 'off', spellcheck: 'false', ...attributes,
  });
  const fault = el('p', { id: `${name}-fault`, class: 'fault', role: 'alert' });
  const complain = (text) => {
    fault.textContent = text ?? '';
    if (text) input.setAttribute('aria-invalid', 'true');
    else input.removeAttribute('aria-invalid');
  };
  // A fault that is being mended is no longer one; the next submit looks again.
  input.addEventListener('input', () => complain(null));
  return {
    element: el('div', { class: 'field' }, el('label', { for: name }, label), input, el('p', { id: `${name}-hint`, class: 'hint' }, hint), fault),
    value: () => input.value,
    focus: () => input.focus(),
    clear: () => { input.value = ''; },
    faulty: () => fault.textContent !== '',
    complain,
  };
}
