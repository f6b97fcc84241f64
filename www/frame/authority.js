// Whose frame this is, and the requests that its documents make themselves: straight, or sealed for the relay that has served
// them (docs/relay.md). The worker's own requests go the same way, by the module (src/post.rs).

import { Problem } from './problem.js';

const GIVEN_UP_AFTER_MS = 20_000;

/** The authority's origin, as it stands in the page. */
export const AUTHORITY = document.documentElement.dataset.authority || location.origin;

/** Whether this page comes from a relay, whose host is not to read what is asked and answered. */
export const IS_RELAYED = AUTHORITY !== location.origin;

/** The authority's name for people: whoever carries the bytes reads none of them. */
export const AUTHORITY_HOST = new URL(AUTHORITY).host;

let sealing = null;

/** The engine whose module seals, where a relay is in between. */
export function sealWith(engine) {
  sealing = engine;
}

/**
 * @param {string} path of the authority
 * @param {{key?: ?string, body?: ?object, keepalive?: boolean}} options `key` is sent as bearer token; `keepalive` has the request
 *   outlive the page, which a sealed one does not
 * @returns {Promise<object>} the reply; rejects with a Problem
 */
export async function ask(method, path, { key = null, body = null, keepalive = false } = {}) {
  const json = body && JSON.stringify(body);
  if (IS_RELAYED) return JSON.parse(await sealing.request(method, path, key, json));
  const reply = await fetch(path, {
    method,
    keepalive,
    headers: { ...(json && { 'content-type': 'application/json' }), ...(key && { authorization: `Bearer ${key}` }) },
    body: json,
    credentials: 'omit',
    cache: 'no-store',
    redirect: 'error',
    signal: AbortSignal.timeout(GIVEN_UP_AFTER_MS),
  }).catch(() => { throw Problem.local('net.offline'); });
  const said = await reply.json().catch(() => null);
  if (reply.ok && said) return said;
  throw Problem.of(said);
}
