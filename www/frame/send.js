// The two waits: while the module and the session are fetched, and while the answer is on its way.

import { AUTHORITY_HOST } from './authority.js';
import { el } from './screen.js';
import { t } from './strings.js';

/** @returns {(share: number) => void} moves the bar; without a first share there is none */
export function showLoading(screen, share) {
  const bar = share === undefined ? null : el('progress', { max: '1', value: String(share), 'aria-label': t('loading.title') });
  wait(screen, 'loading', t('loading.title'), t('loading.text'), bar);
  return (next) => { bar.value = next; };
}

/** The camera is off by now; sealing itself takes a few milliseconds in the worker. */
export function showSending(screen) {
  wait(screen, 'sending', t('sending.title'), t('sending.text', { authority: AUTHORITY_HOST }));
}

function wait(screen, name, title, text, bar = null) {
  screen.show(
    { name, title },
    bar ?? el('div', { class: 'busy', role: 'presentation' }),
    el('p', { class: 'lead', role: 'status' }, text),
  );
}
