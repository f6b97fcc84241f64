// What passes between the frame's worker and the authority, and the key that opens it.

import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Collects the sealed body of the next verification, its session and its challenge. */
export function listen(context) {
  const seen = {};
  const stop = () => {
    context.off('request', request);
    context.off('response', response);
  };
  const request = (made) => {
    if (!made.url().endsWith('/v1/verify')) return;
    seen.body = made.postDataBuffer();
    stop();
  };
  const response = (reply) => {
    const path = new URL(reply.url()).pathname;
    if (path === '/v1/sessions') seen.session = reply.json();
    if (path.endsWith('/challenge')) seen.challenge = reply.json().then(({ challenge }) => challenge);
  };
  context.on('request', request);
  context.on('response', response);
  return seen;
}

/** The authority's private sealing key, as it lies in its data directory. */
export function sealingPrivateKey(world) {
  const keys = join(world.data, 'keys');
  const name = readdirSync(keys).find((file) => /^hpke-.*\.key$/.test(file));
  return new Uint8Array(Buffer.from(readFileSync(join(keys, name), 'utf8').trim(), 'base64url'));
}
