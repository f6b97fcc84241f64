// What the resident can do about their record. What cannot be taken back asks first; erasing asks twice, and offers a copy before.

import { button, el } from './screen.js';
import { t } from './strings.js';

/** The buttons under the card. */
export function actions(about, held) {
  const { attempt, card, redraw } = about;
  const frozen = held.state === 'frozen';
  const change = (what, news) => () => attempt(async () => {
    await what();
    await redraw(t(news));
  });
  const freeze = frozen
    ? button(t('me.unfreeze'), change(card.unfreeze, 'me.alert.unfrozen'), 'secondary')
    : button(t('me.freeze'), () => ask(about, 'me.freeze', change(card.freeze, 'me.alert.frozen')), 'secondary');
  const revoke = button(t('me.revoke'), () => ask(about, 'me.revoke', change(card.revoke, 'me.alert.revoked')), 'secondary');
  return el(
    'div',
    { class: 'actions' },
    held.state !== 'revoked' && freeze,
    button(t('me.export'), () => save(about), 'secondary'),
    held.state !== 'revoked' && revoke,
    button(t('me.erase'), () => ask(about, 'me.erase', () => askAgain(about), true), 'secondary'),
    button(t('me.close'), about.close),
  );
}

function askAgain(about) {
  ask(about, 'me.erase.again', () => about.attempt(async () => {
    await about.card.erase();
    about.erased();
  }));
}

/** Says what will be, and does it or goes back to the card. */
function ask(about, key, go, offersCopy = false) {
  about.screen.show(
    { name: 'ask', title: t(`${key}.title`), footer: false },
    el('p', { class: 'lead' }, t(`${key}.text`)),
    el(
      'div',
      { class: 'actions' },
      button(t('me.back'), () => about.attempt(() => about.redraw())),
      offersCopy && button(t('me.export'), () => save(about), 'secondary'),
      button(t(key), go, 'secondary'),
    ),
  );
}

/** The browser saves the file; it is made here and is on no server. */
function save(about) {
  return about.attempt(async () => {
    const held = await about.card.export();
    const file = new Blob([JSON.stringify(held, null, 2)], { type: 'application/json' });
    const link = el('a', { href: URL.createObjectURL(file), download: 'nod-export.json' });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    await about.redraw(t('me.exported'));
  });
}
