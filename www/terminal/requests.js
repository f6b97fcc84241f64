// What the operator's page asks of the authority (docs/terminal.md). The secret of the shift lives in this page's memory, travels as
// bearer token, and goes with the page.

import { Problem } from '../problem.js';

const PATH = '/v1/terminal';
const GIVEN_UP_AFTER_MS = 20_000;

let shift = null;

/** @returns {Promise<{name: string}>} */
export async function signIn(secret) {
  const reply = await send('POST', '/sign-in', { secret });
  shift = reply.shift;
  return reply;
}

/** Also while the page goes away. Who gets no answer to it is signed out by the time. */
export function signOut() {
  const left = send('POST', '/sign-out', {}, true).catch(() => {});
  shift = null;
  return left;
}

/** @returns {Promise<{enrolment, portrait, link, qr, expires_in}>} */
export function open(claimedId) {
  return send('POST', '/enrolments', { claimed_id: claimedId });
}

/** @returns {Promise<{state, portrait?, expires_in}>} */
export function stateOf(enrolment) {
  return send('GET', `/enrolments/${enrolment}`);
}

export function issue(enrolment, despitePortrait) {
  return send('POST', `/enrolments/${enrolment}/issue`, { document_checked: true, despite_portrait: despitePortrait });
}

export function refuse(enrolment) {
  return send('POST', `/enrolments/${enrolment}/refuse`, {});
}

/** @returns {Promise<{changed: boolean}>} */
export function revoke(claimedId) {
  return send('POST', '/revoke', { claimed_id: claimedId });
}

async function send(method, path, body = null, keepalive = false) {
  const reply = await fetch(`${PATH}${path}`, {
    method,
    keepalive,
    headers: { ...(body && { 'content-type': 'application/json' }), ...(shift && { authorization: `Bearer ${shift}` }) },
    body: body && JSON.stringify(body),
    credentials: 'omit',
    cache: 'no-store',
    redirect: 'error',
    signal: AbortSignal.timeout(GIVEN_UP_AFTER_MS),
  }).catch(() => { throw Problem.local('net.offline'); });
  const said = await reply.json().catch(() => null);
  if (reply.ok && said) return said;
  throw Problem.of(said);
}
