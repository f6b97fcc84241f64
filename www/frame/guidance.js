// The line under the picture: one hint or one instruction at a time. It is what a screen reader reads out and,
// where the resident wishes, what the device speaks.

import { el } from './screen.js';
import { hush, say } from './speech.js';
import { has, t } from './strings.js';

/** A text stands this long, so that it can be read and spoken before the next replaces it. */
const STANDS_MS = 900;

/** Hints that come before an instruction: without a face and light nobody can follow it. Others the movement itself brings about. */
const BEFORE_A_CUE = new Set(['hint.no_face', 'hint.many_faces', 'hint.too_dark', 'hint.too_bright']);

/**
 * @param {{speak: boolean}} wishes
 * @returns {{element: HTMLElement, show: (seen: object) => string|null, end: Function}} `show` returns the
 *   instruction that now stands, if it is one, for the picture to agree with it
 */
export function guidanceLine({ speak }) {
  const line = el('p', { class: 'guidance', role: 'status', 'aria-live': 'polite', 'aria-atomic': 'true' }, t('position.begin'));
  let standing = { key: '', cue: null };
  let since = 0;
  return {
    element: el('div', { class: 'lines' }, line),
    show(seen) {
      const next = textFor(seen);
      const now = performance.now();
      if (next.key === standing.key || now - since < STANDS_MS) return standing.cue;
      [standing, since] = [next, now];
      line.textContent = t(next.key);
      line.dataset.hint = next.hint ?? '';
      line.dataset.cue = next.cue ?? '';
      if (speak) say(t(next.key));
      return next.cue;
    },
    end() {
      if (speak) hush();
    },
  };
}

/** What to say of a frame: the hint, if it comes first, else the instruction, else what is going on. */
function textFor({ phase, hint, cue }) {
  if (hint && has(hint) && (!cue || BEFORE_A_CUE.has(hint))) return { key: hint, hint, cue: null };
  if (cue && has(`cue.${cue}`)) return { key: `cue.${cue}`, hint: null, cue };
  return { key: `position.${phase}`, hint: null, cue: null };
}
