// Consent: who asks, for what, what leaves the device, for how long. Nothing runs before it.

import { AUTHORITY_HOST } from './authority.js';
import { worded } from './questions.js';
import { button, el, icon } from './screen.js';
import { t } from './strings.js';

const FACE = 'M12 3c-4 0-6.5 3-6.5 7.5S8.5 21 12 21s6.5-6 6.5-10.5S16 3 12 3M9.5 10v1M14.5 10v1M9.5 15.5c1.5 1.2 3.5 1.2 5 0';
const LOCK = 'M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3M12 14.5v2';
const ANSWER = 'M4 12.5l5 5L20 6.5';
const CLOCK = 'M12 3.5a8.5 8.5 0 1 0 0 17a8.5 8.5 0 0 0 0-17M12 7.5V12l3 2';

/**
 * Resolves when the resident agrees, to 'here'; where a phone is offered, or to 'phone', which asks for consent itself. The way
 * without a face is in the footer.
 */
export function askConsent(screen, view, offersPhone, signal) {
  const enrol = view.purpose === 'enrol';
  const site = view.site.name;
  const authority = AUTHORITY_HOST;
  // Pictures leave the device: what is said otherwise would be untrue.
  const crops = view.site.evidence;
  const card = !enrol && view.sitekey === 'pk_self';
  const kind = enrol ? 'enrol' : card ? 'card' : 'verify';
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    screen.show(
      { name: 'consent', title: t(`consent.${kind}.title`, { site }) },
      purpose(card ? { name: site } : view.site, kind),
      el(
        'ul',
        // Some browsers take a list without bullets for no list.
        { class: 'facts', role: 'list' },
        fact(FACE, t('consent.camera.term'), crops ? t('consent.crops.camera') : t('consent.camera.text')),
        fact(LOCK, t('consent.leaves.term'), crops ? t('consent.crops.leaves', { authority }) : t('consent.leaves.text', { authority })),
        fact(ANSWER, t('consent.gets.term', { site }), t(`consent.${gets(view, kind)}`, { site })),
        fact(CLOCK, t('consent.kept.term'), crops ? t('consent.crops.kept') : t(`consent.${enrol ? 'enrol' : 'verify'}.kept`)),
      ),
      questions(view.ask),
      el(
        'div',
        { class: 'actions' },
        button(t('consent.continue'), () => resolve('here')),
        offersPhone && button(t('handoff.open'), () => resolve('phone'), 'secondary'),
      ),
    );
  });
}

/** At a terminal a telephone number is kept too; a kiosk's site gets no lasting pseudonym. */
function gets(view, kind) {
  if (view.at_terminal) return 'enrol.gets.terminal';
  return view.site.kiosk ? 'kiosk.gets' : `${kind}.gets`;
}

/** The site's own words stand in whatever language it registered them in. */
function purpose({ name, purpose_text: own }, kind) {
  return own ? el('p', { class: 'lead', dir: 'auto' }, own) : el('p', { class: 'lead' }, t(`consent.${kind}.purpose`, { site: name }));
}

function fact(path, term, text) {
  return el('li', {}, icon(path), el('div', {}, el('strong', {}, term), el('span', {}, text)));
}

/** Questions beyond identity, each on its own line. */
function questions(ask) {
  if (!ask?.length) return null;
  return el('div', { class: 'note' }, el('p', {}, t('consent.questions')), el('ul', {}, ...ask.map((one) => el('li', {}, worded(one)))));
}
