// A second client of Oblivious HTTP, written from RFC 9458 and RFC 9292 alone: HPKE by @hpke/core, the rest by hand.

import { Aes128Gcm, CipherSuite, DhkemP256HkdfSha256, HkdfSha256 } from '@hpke/core';
import { createDecipheriv, hkdfSync } from 'node:crypto';

const SUITE = new CipherSuite({ kem: new DhkemP256HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes128Gcm() });
const text = (value) => Buffer.from(value);

/** The first configuration of an `application/ohttp-keys` list (RFC 9458, 3). */
export function firstKey(list) {
  const length = list.readUInt16BE(0);
  const config = list.subarray(2, 2 + length);
  const [kem, kdf, aead] = [config.readUInt16BE(1), config.readUInt16BE(70), config.readUInt16BE(72)];
  return { id: config[0], kem, point: config.subarray(3, 68), kdf, aead };
}

/** Sends one request inside; resolves to {status, body}. */
export async function askObliviously(address, key, { method, target, path, headers = {}, body = '' }) {
  const header = Buffer.alloc(7);
  header[0] = key.id;
  header.writeUInt16BE(key.kem, 1);
  header.writeUInt16BE(key.kdf, 3);
  header.writeUInt16BE(key.aead, 5);
  const sender = await SUITE.createSenderContext({
    recipientPublicKey: await SUITE.kem.deserializePublicKey(key.point),
    info: Buffer.concat([text('message/bhttp request\0'), header]),
  });
  const { protocol, host } = new URL(target);
  const fields = Object.entries(headers).flatMap((pair) => pair.map((part) => counted(text(part))));
  const message = Buffer.concat([
    number(0), ...[method, protocol.slice(0, -1), host, path].map((part) => counted(text(part))),
    counted(Buffer.concat(fields)), counted(text(body)),
  ]);
  const sealed = Buffer.concat([header, Buffer.from(sender.enc), Buffer.from(await sender.seal(message))]);
  const reply = await fetch(address, { method: 'POST', headers: { 'content-type': 'message/ohttp-req' }, body: sealed });
  if (reply.status !== 200) throw new Error(`${reply.status} ${await reply.text()}`);

  const secret = Buffer.from(await sender.export(text('message/bhttp response'), 16));
  const received = Buffer.from(await reply.arrayBuffer());
  const [nonce, ciphertext, tag] = [received.subarray(0, 16), received.subarray(16, -16), received.subarray(-16)];
  const salt = Buffer.concat([Buffer.from(sender.enc), nonce]);
  const derived = (info, bytes) => Buffer.from(hkdfSync('sha256', secret, salt, info, bytes));
  const opener = createDecipheriv('aes-128-gcm', derived('key', 16), derived('nonce', 12)).setAuthTag(tag);
  return response(Buffer.concat([opener.update(ciphertext), opener.final()]));
}

/** A known-length response (RFC 9292, 3.1). */
function response(bytes) {
  let at = 0;
  const next = () => {
    const size = 1 << (bytes[at] >> 6);
    let value = BigInt(bytes[at] & 0x3f);
    for (let index = 1; index < size; index += 1) value = (value << 8n) | BigInt(bytes[at + index]);
    at += size;
    return Number(value);
  };
  const piece = () => {
    const length = next();
    at += length;
    return bytes.subarray(at - length, at);
  };
  if (next() !== 1) throw new Error('not a known-length response');
  const status = next();
  piece();
  return { status, body: piece().toString() };
}

function counted(bytes) {
  return Buffer.concat([number(bytes.length), bytes]);
}

/** A variable-length integer (RFC 9000, 16). */
function number(value) {
  if (value < 64) return Buffer.from([value]);
  if (value < 16_384) return Buffer.from([0x40 | (value >> 8), value & 0xff]);
  throw new RangeError('longer than any request of these tests');
}
