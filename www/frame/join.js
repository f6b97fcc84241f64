// On the phone, before anything else: who asks, in large type, and the code that stands on the other screen.
//
// A link can be sent by anybody, and opened by who was told to. The code cannot be sent along without telling why, and this
// screen says for whom it would be typed.

import { plainDigits } from './digits.js';
import { field } from './form.js';
import { join } from './handoff.js';
import { button, el } from './screen.js';
import { t } from './strings.js';

const CODE = /^\d{6}$/;

/**
 * Resolves to {session, sitekey, origin} once the right code was typed.
 *
 * @param opened what the link opened: {phone, site, origin}
 */
export function askCode(screen, { phone, site, origin }, signal) {
  const code = field('code', { label: t('join.code'), hint: t('join.code.hint'), inputmode: 'numeric', autocomplete: 'off', maxlength: '16', dir: 'ltr' });
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    const submit = button(t('identity.continue'), () => {});
    submit.type = 'submit';
    const form = el('form', { novalidate: '', autocomplete: 'off' }, code.element, el('div', { class: 'actions' }, submit));
    let asking = false;
    form.addEventListener('submit', async (event) => {
      event.preventDefault();
      if (asking) return;
      // As it stands on the other screen, or without its spaces.
      const typed = plainDigits(code.value()).replaceAll(/\s/g, '');
      code.complain(CODE.test(typed) ? null : t('join.code.missing'));
      if (code.faulty()) return code.focus();
      asking = true;
      try {
        resolve(await join(phone, typed));
      } catch (problem) {
        // Only that can be mended here; a network that was away, by trying again.
        if (!/^net\.|^handoff\.wrong_code$/.test(problem.code)) return reject(problem);
        code.complain(t(`error.${problem.code}`));
        code.focus();
      } finally {
        asking = false;
      }
    });
    screen.show(
      { name: 'join', title: t('join.title') },
      el(
        'div',
        { class: 'asker' },
        el('p', { dir: 'auto' }, site.name),
        el('p', { class: 'origin', dir: 'ltr' }, origin),
        el('p', { class: 'purpose', dir: 'auto' }, site.purpose_text || t('consent.verify.purpose', { site: site.name })),
      ),
      el('p', { class: 'warning' }, t('join.warning')),
      form,
    );
  });
}
