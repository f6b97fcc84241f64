// The operator's page of an authorised terminal (docs/terminal.md): sign in, one enrolment after the other, sign out. In English: it is
// for staff, and no resident reads it.

import { ask, field } from '../form.js';
import { Problem } from '../problem.js';
import { Screen, button, el } from '../screen.js';
import { useLanguage } from '../strings.js';
import { enrol } from './enrolment.js';
import { open, revoke, signIn, signOut } from './requests.js';
import { said } from './words.js';

const screen = new Screen(document.getElementById('nod'));
const signal = new AbortController().signal;

await useLanguage('en');
addEventListener('pagehide', () => signOut());
// A page that is kept for the way back would show a shift that is over.
addEventListener('pageshow', ({ persisted }) => persisted && location.reload());
work();

/** From one operator to the next. */
async function work() {
  for (let fault = null; ;) {
    const operator = await atTheDoor(fault);
    if (operator.fault) {
      fault = operator.fault;
      continue;
    }
    fault = await shift(operator.name);
  }
}

async function atTheDoor(fault) {
  const secret = field('secret', { label: 'Your operator secret', hint: 'As it was given to you; it begins with op_', type: 'password', autocomplete: 'current-password', maxlength: '64', dir: 'ltr' });
  const typed = ask(screen, signal, {
    name: 'sign-in',
    title: 'Terminal',
    lead: 'Sign in to enrol residents.',
    fields: [secret],
    check: () => secret.complain(secret.value().trim() ? null : 'Enter your secret.'),
    read: () => secret.value().trim(),
  });
  if (fault) secret.complain(fault);
  return signIn(await typed).catch((error) => ({ fault: said(error, { 'terminal.not_signed_in': 'This secret is not known, or was revoked.' }) }));
}

/** Resolves to what is to be said at the door when the shift is over. */
async function shift(name) {
  for (let news = null; ;) {
    const what = await next(name, news);
    if (what === 'leave') {
      await signOut();
      return null;
    }
    try {
      news = await (what.lost ? endFor(what.id) : enrolFor(what.id));
    } catch (error) {
      const { code } = Problem.of(error);
      if (code === 'terminal.not_signed_in') return 'You were signed out: nothing was done for half an hour.';
      news = said(error, {
        'enrol.exists': 'Somebody is enrolled under this number. If it is the person before you and their phone is lost: check the document and choose “End the enrolment of this number”.',
        'config.bad_session': 'This is not a number that an ID document can have.',
      });
    }
  }
}

/** Resolves to an ID number and what to do with it, or to 'leave'. */
function next(name, news) {
  return new Promise((resolve) => {
    const id = field('claimed-id', { label: 'ID number on the document', hint: 'Type it from the document that you hold', autocomplete: 'off', maxlength: '64' });
    const chosen = (lost) => () => {
      const typed = id.value().trim();
      id.complain(typed ? null : 'Enter the number.');
      if (!typed) return id.focus();
      id.clear();
      resolve({ id: typed, lost });
    };
    const form = el('form', { novalidate: '', autocomplete: 'off' }, id.element);
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      chosen(false)();
    });
    screen.show(
      { name: 'next', title: 'Next resident', footer: false },
      el('p', { class: 'lead' }, `Signed in: ${name}`),
      el('p', { class: 'news', role: 'status' }, news ?? ''),
      form,
      el('div', { class: 'actions' }, button('Enrol', chosen(false)), button('End the enrolment of this number', chosen(true), 'secondary')),
      el('div', { class: 'actions' }, button('Sign out', () => resolve('leave'), 'quiet')),
    );
  });
}

async function enrolFor(id) {
  return enrol(screen, await open(id), id);
}

/** A lost phone, or a wish: asked once more, since nobody takes it back. */
async function endFor(id) {
  const sure = await new Promise((resolve) => {
    screen.show(
      { name: 'end', title: 'End this enrolment?', footer: false },
      el('p', { class: 'lead' }, 'Their face and passcode confirm nothing any more. They can enrol again at once. Only for the person before you, with their document checked.'),
      el('p', {}, 'ID number: ', el('strong', { dir: 'ltr' }, id)),
      el('div', { class: 'actions' }, button('End it', () => resolve(true)), button('Back', () => resolve(false), 'secondary')),
    );
  });
  if (!sure) return null;
  const { changed } = await revoke(id);
  return changed ? 'Ended. The resident can enrol again.' : 'Nothing to end: nobody is enrolled under this number.';
}
