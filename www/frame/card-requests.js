// The requests of an opened card. Its secret is a bearer token: no cookie, which a browser would send along with whatever another
// site makes it ask for.

import { Problem } from './problem.js';

const PATH = '/v1/me';
const GIVEN_UP_AFTER_MS = 30_000;

/** Opens a card with the answer of a verification, once. @returns its requests; `expires_in` is in seconds */
export async function open(response) {
  const { card, expires_in: expiresIn } = await send('POST', '/open', null, { response });
  const post = (path, body = {}) => send('POST', path, card, body);
  return {
    expiresIn,
    overview: () => send('GET', '', card),
    receipts: (kind, from) => send('GET', `/receipts?kind=${kind}&from=${from}`, card),
    handle: () => post('/handle'),
    handleState: () => send('GET', '/handle', card),
    forget: (device) => post('/devices/forget', { device }),
    keyOptions: () => post('/keys/options'),
    addKey: (made) => post('/keys', made),
    forgetKey: (key) => post('/keys/forget', { key }),
    freeze: () => post('/freeze'),
    unfreeze: () => post('/unfreeze'),
    revoke: () => post('/revoke'),
    export: () => post('/export'),
    erase: () => post('/erase', { confirm: 'erase' }),
    /** Also while the page goes away; who gets no answer to it is told by the card's time. */
    close: () => send('POST', '/close', card, {}, true).catch(() => {}),
  };
}

async function send(method, path, card, body = null, keepalive = false) {
  const reply = await fetch(`${PATH}${path}`, {
    method,
    keepalive,
    headers: { ...(body && { 'content-type': 'application/json' }), ...(card && { authorization: `Bearer ${card}` }) },
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
