// At a terminal: the face is captured, and the operator looks at the document (docs/terminal.md).

import { ask } from './authority.js';
import { Problem } from './problem.js';
import { el } from './screen.js';
import { t } from './strings.js';

const ASKED_EVERY_MS = 1_500;
/** About a minute without network. */
const LOST_AFTER = 40;

/**
 * Resolves when the operator has decided, or their time is over.
 *
 * @param {string} key what the enrolment's reply gave to wait with
 * @returns {Promise<'issued'|'refused'|'expired'>}
 */
export async function waitForOperator(screen, key, signal) {
  screen.show(
    { name: 'operator', title: t('operator.title'), footer: false },
    el('div', { class: 'busy', role: 'presentation' }),
    el('p', { class: 'lead', role: 'status' }, t('operator.lead')),
  );
  for (let lost = 0; ;) {
    const told = await ask('GET', '/v1/enrol', { key }).catch((error) => {
      // A network that comes back has cost nothing.
      lost += 1;
      if (lost > LOST_AFTER || !Problem.of(error).code.startsWith('net.')) throw error;
      return null;
    });
    signal.throwIfAborted();
    if (told && told.state !== 'waiting') return told.state;
    await new Promise((resolve) => { setTimeout(resolve, ASKED_EVERY_MS); });
  }
}
