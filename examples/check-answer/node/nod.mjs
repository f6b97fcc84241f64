// Checks Nod answers in a Node back end. Copy this file; the offline check needs `jose`.

import { createRemoteJWKSet, jwtVerify } from 'jose';

const LEEWAY_SECONDS = 60;

export class Nod {
  #settings;
  #keys;
  /** `jti` of accepted answers and when they expire. Several processes need one store for all, such as a table. */
  #seen = new Map();

  /**
   * @param {{authority: string, address?: string, sitekey: string, secret: string, origin: string, action: string, jwks?: string}} settings
   *   `address` is where this server reaches the authority, if not under the name that browsers use
   */
  constructor(settings) {
    const address = settings.address ?? settings.authority;
    this.#settings = { ...settings, address };
    this.#keys = createRemoteJWKSet(new URL(settings.jwks ?? `${address}/.well-known/jwks.json`));
  }

  /** Has the authority check `token`. Returns what it says, or throws; `yes` is still to be looked at. */
  async siteverify(token, rpNonce) {
    const { address, secret } = this.#settings;
    const reply = await fetch(`${address}/v1/siteverify`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ secret, response: token }),
      signal: AbortSignal.timeout(10_000),
    });
    const answer = await reply.json();
    if (!reply.ok) throw new Error(`nothing is known: ${answer.code}`);
    if (!answer.success) throw new Error(answer.error_codes.join(' '));
    return this.#about(answer, rpNonce);
  }

  /** The same without asking: signature, type, issuer, audience, time, and that it was not seen before. */
  async offline(token, rpNonce) {
    const { payload } = await jwtVerify(token, this.#keys, {
      algorithms: ['ES256'],
      typ: 'nod-answer+jwt',
      issuer: this.#settings.authority,
      audience: this.#settings.sitekey,
      requiredClaims: ['exp', 'iat', 'jti'],
      clockTolerance: LEEWAY_SECONDS,
    });
    const answer = this.#about(payload, rpNonce);
    const now = Date.now() / 1000;
    for (const [jti, until] of this.#seen) if (until < now) this.#seen.delete(jti);
    if (this.#seen.has(payload.jti)) throw new Error('this answer was used before');
    this.#seen.set(payload.jti, payload.exp + LEEWAY_SECONDS);
    return answer;
  }

  /** An answer to our own question, not to another one of ours or of somebody else. */
  #about(answer, rpNonce) {
    const { origin, action } = this.#settings;
    if (!rpNonce || answer.rp_nonce !== rpNonce) throw new Error('about another page view');
    if (answer.origin !== origin) throw new Error('about another page');
    if (answer.action !== action) throw new Error('about another action');
    return { yes: answer.yes === true, sub: answer.sub ?? null };
  }
}
