// An opened card: what is held, what happened, what the resident can do about it. One step of the screen, drawn anew after each
// change; what changes anything is in card-actions.js.

import { actions } from './card-actions.js';
import { kioskCode } from './card-code.js';
import { history } from './card-history.js';
import { bindKey } from './bind.js';
import { canBindKey } from './device-key.js';
import { Problem } from './problem.js';
import { button, el } from './screen.js';
import { t } from './strings.js';

const STATES = { active: 'me.state.active', frozen: 'me.state.frozen', revoked: 'me.state.revoked' };
const LEVELS = { light: 'me.level.light', full: 'me.level.full' };

/** Resolves when the card is closed: by the resident, by an erasure, or by its time. */
export async function showCard(screen, card) {
  let leave;
  const left = new Promise((resolve) => { leave = resolve; });
  const over = new AbortController();
  const timer = setTimeout(() => end(screen, 'me.closed', leave), card.expiresIn * 1000);
  addEventListener('pagehide', () => card.close(), { signal: over.signal });
  // A card that is kept for the way back would show a closed one as open.
  addEventListener('pageshow', ({ persisted }) => persisted && end(screen, 'me.closed', leave), { signal: over.signal });
  const about = {
    screen,
    card,
    redraw: (news) => draw(news),
    close() {
      card.close();
      leave();
    },
    erased: () => end(screen, 'me.erased', leave),
  };
  /** What went wrong is said on the card itself, unless there is none any more. */
  about.attempt = async (what) => {
    try {
      await what();
    } catch (error) {
      const { code } = Problem.of(error);
      if (code === 'session.expired') end(screen, 'me.closed', leave);
      else await draw(`${t(`error.${code}`)} ${t('me.again')}`).catch(() => end(screen, 'me.closed', leave));
    }
  };
  async function draw(news = '') {
    const [held, alerts, receipts] = await Promise.all([card.overview(), card.receipts('alert', 0), card.receipts('answer', 0)]);
    paint(about, held, { alerts, receipts }, news);
  }
  await about.attempt(draw);
  await left;
  clearTimeout(timer);
  over.abort();
}

function paint(about, held, { alerts, receipts }, news) {
  const status = el('p', { class: 'news', role: 'status' });
  about.screen.show(
    { name: 'card', title: t('me.title'), footer: false },
    el('p', { class: `state ${held.state}` }, t(STATES[held.state], { date: day(held.since) })),
    status,
    el('p', { class: held.failed_attempts ? 'fault' : 'hint' }, t('me.failed', { count: number(held.failed_attempts) })),
    held.state === 'active' && part('me.code', ...kioskCode(about)),
    part('me.held', facts(held)),
    part('me.receipts', ...history(about, 'answer', receipts)),
    part('me.alerts', ...history(about, 'alert', alerts)),
    part('me.devices', ...devices(about, held.devices)),
    part('me.keys', ...keys(about, held)),
    part('me.actions', actions(about, held)),
  );
  // A live region that arrives with its text often goes unread.
  setTimeout(() => { status.textContent = news; }, 100);
}

function facts(held) {
  const templates = held.templates.map((one) => fact(t('me.template'), t('me.template.text', { date: day(one.created_at), set: one.model_set })));
  return el(
    'dl',
    { class: 'held' },
    ...fact(t('me.id'), t('me.id.text', { end: held.id_end })),
    ...fact(t('me.level.term'), t(LEVELS[held.level])),
    ...fact(t('me.enrolled'), t('me.enrolled.text', { date: day(held.enrolled_at), issuer: held.issuer })),
    ...fact(t('me.consent'), t('me.consent.text', { date: day(held.consent_at), version: held.consent_version })),
    ...templates.flat(),
  );
}

function fact(term, text) {
  return [el('dt', {}, term), el('dd', {}, text)];
}

function devices(about, list) {
  if (list.length === 0) return [el('p', { class: 'hint' }, t('me.devices.none'))];
  const forget = (device) => about.attempt(async () => {
    await about.card.forget(device);
    await about.redraw(t('me.devices.forgotten'));
  });
  const items = list.map(({ device, site, since, until }) => el(
    'li',
    {},
    el('div', {}, el('strong', { dir: 'auto' }, site), el('span', {}, t('me.device.text', { since: day(since), until: day(until) }))),
    named(button(t('me.device.forget'), () => forget(device), 'quiet'), site),
  ));
  return [el('ul', { class: 'rows', role: 'list' }, ...items), list.length > 1 && button(t('me.devices.forget'), () => forget(undefined), 'quiet')];
}

function keys(about, { keys: list, keys_kept: most, state }) {
  const forget = (key) => about.attempt(async () => {
    await about.card.forgetKey(key);
    await about.redraw(t('me.key.forgotten'));
  });
  const add = () => about.attempt(async () => {
    const bound = await bindKey(about.card.keyOptions, about.card.addKey);
    await about.redraw(t(bound ? 'me.key.added' : 'key.refused'));
  });
  const items = list.map(({ key, since, used_on: used }) => {
    const name = t('me.key.text', { since: day(since) });
    const lately = used === null ? t('me.key.unused') : t('me.key.used', { date: day(used) });
    return el('li', {}, el('div', {}, el('strong', {}, name), el('span', {}, lately)), named(button(t('me.device.forget'), () => forget(key), 'quiet'), name));
  });
  return [
    list.length > 0 ? el('ul', { class: 'rows', role: 'list' }, ...items) : el('p', { class: 'hint' }, t('me.keys.none')),
    canBindKey() && state !== 'revoked' && list.length < most && button(t('key.bind'), add, 'secondary'),
  ];
}

/** Several buttons say the same; which is which is heard too. */
function named(made, name) {
  made.setAttribute('aria-label', `${made.textContent}: ${name}`);
  return made;
}

function part(key, ...content) {
  const id = key.replace('.', '-');
  return el('section', { class: 'part', 'aria-labelledby': id }, el('h2', { id }, t(key)), ...content);
}

function end(screen, key, leave) {
  screen.show(
    { name: 'closed', title: t(`${key}.title`), alert: true, footer: false },
    el('p', { class: 'lead' }, t(key)),
    el('div', { class: 'actions' }, button(t('me.start'), leave)),
  );
}

/** A day in the resident's language and calendar. */
export function day(seconds) {
  return seconds === null ? '' : new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: 'long' }).format(seconds * 1000);
}

function number(count) {
  return new Intl.NumberFormat(document.documentElement.lang).format(count);
}
