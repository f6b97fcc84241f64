// On the card: a code for a kiosk's camera (docs/kiosk.md). It is of use once and for a minute, and is not shown for longer.

import { qrPicture } from './qr.js';
import { button, el } from './screen.js';
import { t } from './strings.js';

/** Modules of white around it: more than is asked for, since it is held before a camera by hand, on a dark page perhaps. */
const QUIET = 6;
/** Seconds between two questions whether it was used. */
const ASKED_EVERY = 3;

/** What the part of the card is made of. */
export function kioskCode(about) {
  const place = el('div', { class: 'code-place' });
  const said = el('p', { class: 'news', role: 'status' });
  const make = button(t('me.code.make'), () => about.attempt(async () => show(await about.card.handle())), 'secondary');
  let shown = null;

  function show({ qr, expires_in: expiresIn }) {
    shown?.end();
    // Its seconds are for the eye; read out one by one they would keep anything else from being heard.
    const left = el('p', { class: 'left', role: 'timer' });
    const until = performance.now() + expiresIn * 1000;
    let ticks = 0;
    const end = (key) => {
      clearInterval(timer);
      shown = null;
      place.replaceChildren();
      if (key) said.textContent = t(key);
    };
    const tick = () => {
      const seconds = Math.ceil((until - performance.now()) / 1000);
      if (!place.isConnected) return end();
      if (seconds <= 0) return end('me.code.over');
      left.textContent = t('me.code.left', { seconds });
      ticks += 1;
      if (ticks % ASKED_EVERY === 0) ask();
    };
    const mine = { end };
    const ask = () => about.card.handleState().then(({ live }) => { if (!live && shown === mine) end('me.code.used'); }, () => {});
    const timer = setInterval(tick, 1000);
    shown = mine;
    place.replaceChildren(qrPicture(qr, t('me.code.picture'), QUIET), left);
    make.textContent = t('me.code.again');
    said.textContent = t('me.code.shown');
    tick();
  }

  return [el('p', { class: 'hint' }, t('me.code.lead')), place, said, make];
}
