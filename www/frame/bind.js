// After an enrolment: this device may be bound to the card that was just made, by a key of its own (docs/device-keys.md).

import { ask } from './authority.js';
import { canBindKey, makeKey } from './device-key.js';
import { button, el } from './screen.js';
import { t } from './strings.js';

/**
 * Offers it, where this browser can.
 *
 * @param registration the enrolment's secret for one key
 * @returns {Promise<boolean>} whether a key is bound; the enrolment counts either way
 */
export async function offerKey(screen, registration) {
  if (!registration || !canBindKey()) return false;
  return new Promise((resolve) => {
    const fault = el('p', { id: 'bind-fault', class: 'fault', role: 'alert' });
    const askOptions = () => ask('POST', '/v1/enrol/key/options', { body: { registration } });
    // They are there when the button is pressed: browsers ask for a device key only just after a press.
    const first = askOptions();
    first.catch(() => {});
    let wanted = () => first;
    let asking = false;
    const bind = async () => {
      if (asking) return;
      asking = true;
      fault.textContent = '';
      const bound = await bindKey(wanted, (made) => ask('POST', '/v1/enrol/key', { body: made }));
      wanted = askOptions;
      asking = false;
      if (bound) resolve(true);
      else fault.textContent = t('key.refused');
    };
    const yes = button(t('key.bind'), bind);
    yes.setAttribute('aria-describedby', 'bind-fault');
    screen.show(
      { name: 'bind', title: t('key.title'), footer: false },
      el('p', { class: 'lead' }, t('key.lead')),
      el('div', { class: 'field' }, el('p', { class: 'hint' }, t('key.hint')), fault),
      el('div', { class: 'actions' }, yes, button(t('key.skip'), () => resolve(false), 'secondary')),
    );
  });
}

/** Options from the authority, a key from the device, and back. @returns {Promise<boolean>} false where any of them says no */
export async function bindKey(askOptions, add) {
  try {
    const { registration, options } = await askOptions();
    const made = await makeKey(options);
    return made !== null && (await add({ registration, ...made })).added;
  } catch {
    return false;
  }
}
