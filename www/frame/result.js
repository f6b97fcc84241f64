// How an attempt ended, and what to do next. Every end has a next step, and none names a fault.

import { button, el, icon, onEscape } from './screen.js';
import { has, t } from './strings.js';

const TICK = 'M4 12.5l5 5L20 6.5';
const BANG = 'M12 5v9M12 18v.5';
const DOOR = 'M5 12h14M13 6l6 6-6 6';
const SCREEN = 'M4 5h16v11H4zM9 20h6M12 16v4';

/**
 * Before the first attempt, and after one was cancelled; `start` is null where only a fresh page can begin again, `view`
 * where nothing is known of the site.
 */
export function showIdle(screen, start, view = null) {
  const ways = [start && button(t('idle.start'), start), otherWay(view)];
  screen.show(
    { name: 'idle', title: t('idle.title'), footer: false },
    el('p', { class: 'lead' }, t(start ? 'idle.text' : 'result.reload')),
    el('div', { class: 'actions' }, ...ways),
  );
}

/**
 * @param {{event: string, detail: object, shown?: string, number?: string}} outcome the attempt's terminal event, what to say
 *   of an error instead of its code's own text, and the number that an operator finds a no by, which is for the resident alone
 * @param {{view: object|null, retry: Function|null, phone?: Function|false, done?: Function, elsewhere?: string}} ways `view` is the session's, if
 *   one was open; `phone` goes on there; `done` is for a kiosk, where the next person waits; `elsewhere` is the text for where to begin again when that is not here
 */
export function showOutcome(screen, outcome, { view, retry, phone = false, done = null, elsewhere = 'result.reload' }) {
  const { event, detail, shown, number } = outcome;
  if (event === 'answer' && detail.yes) {
    return end(screen, { name: 'yes', tone: 'good', mark: TICK, title: t('result.yes.title'), text: t('result.yes.text', siteOf(view)), ways: [finish(done)] });
  }
  if (event === 'enrolled') {
    return end(screen, { name: 'enrolled', tone: 'good', mark: TICK, title: t('result.enrolled.title'), text: t(detail.bound ? 'result.enrolled.key' : 'result.enrolled.text') });
  }
  if (event === 'refused') return end(screen, { name: event, tone: 'bad', mark: BANG, title: t('operator.refused.title'), text: t('operator.refused.text'), alert: true });
  // On a phone that has answered for another screen; what the answer is, that one says.
  if (event === 'done') return end(screen, { name: event, tone: 'calm', mark: SCREEN, title: t('phone.done.title'), text: t('phone.done.text') });
  if (event === 'stopped') return end(screen, { name: event, tone: 'calm', mark: DOOR, title: t('phone.stopped.title'), text: t('phone.stopped.text') });
  if (event === 'alternative') {
    const text = t('result.alternative.text', siteOf(view));
    return end(screen, { name: 'alternative', tone: 'calm', mark: DOOR, title: t('result.alternative.title'), text, ways: [otherWay(view), again(retry), finish(done)] });
  }
  if (event === 'cancel') return showIdle(screen, retry, view);
  const ways = [detail.retryable !== false && again(retry), phone && button(t('handoff.open'), phone, 'secondary'), otherWay(view), finish(done)];
  if (event === 'answer') {
    const text = `${t(retry ? 'result.no.text' : 'result.no.text.reload')}${done ? ` ${t('kiosk.no.hint')}` : ''}`;
    return end(screen, { name: 'no', tone: 'bad', mark: BANG, title: t('result.no.title'), text, ways, alert: true, below: caseNumber(number) });
  }
  const about = shown ?? (has(`error.${detail.code}`) ? `error.${detail.code}` : 'error.other');
  const next = detail.retryable !== false && !retry ? t(elsewhere) : t(`next.${detail.next}`);
  const text = `${t(about)} ${next}`;
  return end(screen, { name: 'error', tone: 'bad', mark: BANG, title: t(`${about}.title`), text, ways, alert: true, code: detail.code });
}

function end(screen, { name, tone, mark, title, text, ways = [], alert = false, code = null, below = null }) {
  screen.show(
    { name, title, alert, footer: false },
    el('div', { class: `mark ${tone}` }, icon(mark)),
    el('p', { class: 'lead' }, text),
    el('div', { class: 'actions' }, ...ways),
    code && el('p', { class: 'code', dir: 'ltr' }, code),
    below,
  );
}

/** In threes, as numbers are read out; it says nothing but that there was an attempt. */
function caseNumber(number) {
  return number && el(
    'div',
    { class: 'case' },
    el('p', {}, `${t('result.case')} `, el('span', { class: 'code', dir: 'ltr' }, number.match(/\d{1,3}/g).join(' '))),
    el('p', {}, t('result.case.hint')),
  );
}

/** Nobody is asked whether they are sure: there is nothing to lose. */
function finish(done) {
  return done && button(t('kiosk.done'), done, 'secondary');
}

function again(retry) {
  return retry && button(t('result.again'), retry);
}

/** The site's registered way without a face, opened beside the page so that a half-filled form stays. */
function otherWay(view) {
  const address = view?.site?.alternative;
  if (!address || !/^https?:\/\//.test(address)) return null;
  const link = el('a', { href: address, target: '_blank', rel: 'noopener noreferrer', class: 'button secondary' }, t('result.alternative.open'));
  return onEscape(link);
}

function siteOf(view) {
  return { site: view?.site?.name ?? '' };
}
