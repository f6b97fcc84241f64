// What happened: who asked and was answered, and what else was done in the resident's name. A page at a time, the newest first.

import { worded } from './questions.js';
import { button, el } from './screen.js';
import { t } from './strings.js';

const ALERTS = {
  enrolled: 'me.alert.enrolled',
  template_renewed: 'me.alert.renewed',
  device_remembered: 'me.alert.remembered',
  devices_forgotten: 'me.alert.forgotten',
  frozen: 'me.alert.frozen',
  unfrozen: 'me.alert.unfrozen',
  unfrozen_by_operator: 'me.alert.lifted',
  unlocked: 'me.alert.unlocked',
  revoked: 'me.alert.revoked',
  revoked_by_operator: 'me.alert.ended',
  exported: 'me.alert.exported',
  key_added: 'me.alert.key.added',
  key_removed: 'me.alert.key.removed',
  key_copied: 'me.alert.key.copied',
};
const OWN = 'pk_self';

/** The elements of one list, beginning with a page that is there already. */
export function history(about, kind, first) {
  if (first.total === 0) return [el('p', { class: 'hint' }, t('me.nothing'))];
  const list = el('ul', { class: 'rows', role: 'list' }, ...first.receipts.map(line));
  const more = button(t('me.more'), () => about.attempt(async () => {
    const page = await about.card.receipts(kind, next);
    const added = page.receipts.map(line);
    list.append(...added);
    next = page.next;
    // Whoever came with the keyboard goes on where the new ones begin.
    added[0]?.setAttribute('tabindex', '-1');
    added[0]?.focus();
    if (next === null) more.remove();
  }), 'quiet');
  let { next } = first;
  return [list, next !== null && more];
}

function line(note) {
  const when = el('time', { datetime: new Date(note.at * 1000).toISOString() }, moment(note.at));
  if (note.kind === 'alert') {
    const text = ALERTS[note.alert] ? t(ALERTS[note.alert]) : note.alert;
    return el('li', {}, el('div', {}, el('strong', {}, text), when));
  }
  const own = note.sitekey === OWN;
  const answer = el('span', { class: `answer ${note.yes ? 'yes' : 'no'}` }, said(note.yes));
  return el(
    'li',
    {},
    el('div', {}, el('strong', { dir: 'auto' }, own ? t('me.title') : note.site), !own && el('span', { dir: 'auto' }, note.purpose), ...asked(note), when),
    answer,
  );
}

/** What else the site asked, and what it was told; with a no it was told nothing of it. */
function asked(note) {
  return Object.entries(note.asked ?? {}).map(([question, yes]) => (
    el('span', {}, yes === null ? worded(question) : `${worded(question)} ${said(yes)}`)
  ));
}

function said(yes) {
  return t(yes ? 'me.yes' : 'me.no');
}

function moment(seconds) {
  return new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: 'medium', timeStyle: 'short' }).format(seconds * 1000);
}
