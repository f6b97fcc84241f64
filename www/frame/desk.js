// Continuing on a phone, as the screen that began shows it: a picture to scan and a code to type there, then the wait.
//
// What is done on the phone stays there; this screen hears how far it has come, and gets the answer.

import { end, follow, offer } from './handoff.js';
import { Problem } from './problem.js';
import { qrPicture } from './qr.js';
import { button, el, orAbort } from './screen.js';
import { t } from './strings.js';

/**
 * Offers the session of `view` to a phone.
 *
 * @param {boolean} canStay whether the resident may come back to this screen's camera
 * @param {Function} onJoined called when the session is the phone's
 * @returns {Promise<{token: string, yes: boolean}|null>} null: the resident stays here
 */
export async function continueOnPhone({ screen, view, canStay, onJoined, signal }) {
  for (;;) {
    const offered = await orAbort(offer(view.session), signal);
    const choice = await oneOffer(screen, offered, { canStay, onJoined, signal });
    if (choice === 'here') return null;
    if (choice !== 'again') return choice;
  }
}

/** Resolves to an answer, or to what the resident chose instead: 'again' or 'here'. */
async function oneOffer(screen, offered, { canStay, onJoined, signal }) {
  const over = new AbortController();
  addEventListener('pagehide', () => end(offered.desk, 'cancelled'), { signal: over.signal });
  try {
    const chosen = new Promise((resolve) => {
      const choose = (what) => () => resolve(what);
      const show = {
        waiting: () => showOffer(screen, offered, canStay && choose('here')),
        opened: () => showCode(screen, offered, choose('again')),
        joined() {
          onJoined();
          showWait(screen);
        },
      };
      show.waiting();
      follow(offered.desk, ({ state }) => state !== 'waiting' && show[state]?.(), over.signal).then(resolve, (error) => resolve({ error }));
    });
    const outcome = await orAbort(chosen, signal);
    if (outcome.error) throw outcome.error;
    if (outcome.state === 'ended') throw Problem.local(outcome.code);
    if (outcome.state !== 'answered') return outcome;
    // It may have been answered between two questions.
    onJoined();
    return { token: outcome.token, yes: yesOf(outcome.token), case: outcome.case };
  } finally {
    over.abort();
    // What is over stays as it is.
    end(offered.desk, 'cancelled');
  }
}

/** Picture, code and link. */
export function showOffer(screen, { link, qr, code }, stay) {
  const address = el('input', { id: 'handoff-link', readonly: '', value: link, dir: 'ltr', spellcheck: 'false' });
  address.addEventListener('focus', () => address.select());
  screen.show(
    { name: 'handoff', title: t('handoff.title') },
    el('p', { class: 'lead' }, t('handoff.lead')),
    qrPicture(qr, t('handoff.picture')),
    digits(code),
    el('div', { class: 'field' }, el('label', { for: 'handoff-link' }, t('handoff.link')), address),
    stay && el('div', { class: 'actions' }, button(t('handoff.here'), stay, 'secondary')),
  );
}

/** The phone asks for the code by now. */
export function showCode(screen, { code }, again) {
  screen.show(
    { name: 'code', title: t('handoff.opened.title') },
    el('p', { class: 'lead' }, t('handoff.opened.lead')),
    digits(code),
    el('div', { class: 'actions' }, button(t('handoff.again'), again, 'secondary')),
  );
}

/** The session is the phone's. */
export function showWait(screen) {
  screen.show(
    { name: 'elsewhere', title: t('handoff.joined.title') },
    el('div', { class: 'busy', role: 'presentation' }),
    el('p', { class: 'lead', role: 'status' }, t('handoff.joined.lead')),
  );
}

/** Spaces between digits: a screen reader says each, and no number of six of them. */
function digits(code) {
  return el(
    'div',
    { class: 'note' },
    el('p', { class: 'hint' }, t('handoff.code')),
    el('p', { class: 'digits', dir: 'ltr' }, [...code].join(' ')),
    el('p', { class: 'hint' }, t('handoff.never')),
  );
}

/** The answer's `yes`, unchecked: a hint for this screen and its page, whose site's server checks the token. */
function yesOf(token) {
  try {
    const claims = token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/');
    return JSON.parse(atob(claims)).yes === true;
  } catch {
    return false;
  }
}
