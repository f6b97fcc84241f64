// The requests of a hand-off to a phone (docs/handoff.md). Each screen has a secret of its own, which it sends as bearer token
// and which stands in no address.

import { IS_RELAYED, ask } from './authority.js';

const PATH = '/v1/handoff';
const ASKED_EVERY_MS = 1_500;
/** About a minute without network. */
const LOST_AFTER = 40;

/** This screen offers its session; from a relay's host the phone is led there too. @returns {{desk, link, qr: {side, path}, code, expires_in}} */
export function offer(session) {
  return ask('POST', PATH, { body: { session, ...(IS_RELAYED && { relay: location.origin }) } });
}

/** A phone opens the link, which works once. @returns {{phone, site, origin, expires_in}} */
export function open(handle) {
  return ask('POST', `${PATH}/open`, { body: { handle } });
}

/** The phone types the code. @returns {{session, sitekey, origin}} */
export function join(key, code) {
  return ask('POST', `${PATH}/join`, { key, body: { code } });
}

/** Ends it for both screens, also while this page goes away. Who gets no answer to it is told by the hand-off's time. */
export function end(key, reason) {
  return ask('POST', `${PATH}/end`, { key, body: { reason }, keepalive: true }).catch(() => {});
}

/**
 * Asks how far it has come until it is over.
 *
 * @param {(told: {state}) => void} onChange called with every state that is not the one before
 * @returns {Promise<{state: 'answered'|'ended', code?: string, token?: string}>}
 */
export async function follow(key, onChange, signal) {
  let [before, lost] = [null, 0];
  for (;;) {
    const told = await ask('GET', PATH, { key }).catch((error) => {
      // A network that comes back has cost nothing.
      lost += 1;
      if (lost > LOST_AFTER || !error.code.startsWith('net.')) throw error;
      return null;
    });
    signal.throwIfAborted();
    if (told) lost = 0;
    if (told && told.state !== before) {
      before = told.state;
      onChange(told);
      if (['answered', 'ended'].includes(before)) return told;
    }
    await pause(ASKED_EVERY_MS, signal);
  }
}

function pause(ms, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(signal.reason);
    }, { once: true });
  });
}
