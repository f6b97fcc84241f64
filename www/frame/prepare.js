// Before the camera: what the resident will be asked to do, and the ways to do it otherwise.
//
// Whether somebody can move their head is nobody's business but theirs. The page hears nothing of this screen, and
// what follows from the choice keeps this screen's height.

import { movementsPicture } from './cue.js';
import { button, el } from './screen.js';
import { canSpeak } from './speech.js';
import { t } from './strings.js';

/**
 * @param {boolean} speak what was chosen when this screen was last shown
 * @returns {Promise<{mode: 'move'|'still', speak: boolean}>}
 */
export function prepare(screen, view, speak, signal) {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    const spoken = el('input', { type: 'checkbox', id: 'speak', ...(speak && { checked: '' }) });
    const choose = (mode) => () => resolve({ mode, speak: spoken.checked });
    screen.show(
      { name: 'prepare', title: t('prepare.title') },
      movementsPicture(),
      el('p', { class: 'lead' }, t('prepare.lead')),
      canSpeak() && el('label', { class: 'check' }, spoken, t('prepare.speak')),
      el(
        'div',
        { class: 'actions' },
        button(t('prepare.begin'), choose('move')),
        ...(view.still ? stillWay(choose('still')) : []),
      ),
    );
  });
}

/** Only where the site is registered for it; what it costs is said beside it. */
function stillWay(choose) {
  const still = button(t('prepare.still'), choose, 'secondary');
  still.setAttribute('aria-describedby', 'still-hint');
  return [still, el('p', { id: 'still-hint', class: 'hint' }, t('prepare.still.hint'))];
}
