// What is otherwise at a kiosk, a screen that many residents use one after another (docs/kiosk.md): who is claimed may be shown to
// the camera, and nothing of one resident is left for the next.
//
// Whoever walks away is forgotten after a while without a touch, a key or a face before the camera; whoever is done, sooner or by a
// button. Forgetting ends with another frame in place of this one, so that no variable of it is left either.

import { askIdentity, askPasscode } from './identity.js';
import { scanCode } from './scan.js';
import { button, el } from './screen.js';
import { t } from './strings.js';

/** Without a sign of anybody: asked after this, forgotten after that (WCAG 2.2, 2.2.1: at least 20 seconds to say "I am here"). */
const ASKED_AFTER_MS = 60_000;
const FORGOTTEN_AFTER_MS = 90_000;
/** After an end that needs nothing more of the resident. */
const DONE_AFTER_MS = 20_000;
/** A session that nobody has begun to use is exchanged before its time (30 minutes) is over. */
const STALE_AFTER_MS = 25 * 60_000;

const SIGNS = ['pointerdown', 'keydown', 'input'];

/**
 * @param {{screen: object, over: () => void}} parts `over` has this frame exchanged for another
 * @returns {{askWho: Function, seen: Function, ended: Function, forget: Function}}
 */
export function kiosk({ screen, over }) {
  document.documentElement.dataset.kiosk = '';
  document.head.append(el('link', { rel: 'stylesheet', href: new URL('./kiosk.css', import.meta.url) }));
  let timers = [];
  let question = null;
  let isOver = false;

  const after = (ms, what) => timers.push(setTimeout(what, ms));
  const stop = () => {
    timers.forEach(clearTimeout);
    timers = [];
    question?.remove();
    question = null;
  };
  const forget = () => {
    if (isOver) return;
    isOver = true;
    stop();
    clearStorage();
    over();
  };
  const watch = () => {
    stop();
    after(ASKED_AFTER_MS, ask);
    after(FORGOTTEN_AFTER_MS, forget);
  };
  const ask = () => {
    const seconds = (FORGOTTEN_AFTER_MS - ASKED_AFTER_MS) / 1000;
    question = el(
      'div',
      { class: 'note still-there', role: 'alert' },
      el('p', {}, t('kiosk.still_there', { seconds })),
      el('div', { class: 'actions' }, button(t('kiosk.here'), watch)),
    );
    document.getElementById('nod').prepend(question);
  };

  for (const sign of SIGNS) addEventListener(sign, () => isOver || watch(), { capture: true, passive: true });
  after(STALE_AFTER_MS, forget);

  return {
    /** Resolves to {claimedId, device, passcode, signed, code}: a `code` that was shown, or a number that was typed. */
    async askWho(view, wanted, signal) {
      for (;;) {
        const code = await scanCode({ screen, wanted, signal });
        if (code && view.level === 'light') return { claimedId: null, device: null, passcode: null, signed: null, code };
        const given = code && await askPasscode(screen, view, signal, 'kiosk.code.read');
        if (given) return { claimedId: null, device: null, ...given, code };
        const typed = !code && await askIdentity(screen, view, null, null, signal, t('kiosk.code.show'));
        if (typed) return { ...typed, code: null };
      }
    },
    /** Somebody is there, though their hands are not. */
    seen({ hint }) {
      if (hint !== 'hint.no_face') watch();
    },
    /** An attempt is over: nothing more is needed of who is confirmed or has left, others may try again. */
    ended({ event, detail }) {
      watch();
      if (detail.yes || event === 'cancel' || event === 'alternative') after(DONE_AFTER_MS, forget);
    },
    forget,
  };
}

/** What frames of this origin keep on this site. Networks stay: they are the same for everybody. */
function clearStorage() {
  try {
    localStorage.clear();
    sessionStorage.clear();
  } catch {
    // Then there is none.
  }
}
