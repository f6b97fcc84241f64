// A second client, written from the protocol's documents alone: CBOR by cborg, HPKE by @hpke/core,
// SHA-256 by WebCrypto. It shares no code with the widget.

import { Aes128Gcm, CipherSuite, DhkemP256HkdfSha256, HkdfSha256 } from '@hpke/core';
import { decode, decodeFirst, encode } from 'cborg';
import { createHash } from 'node:crypto';

const suite = new CipherSuite({ kem: new DhkemP256HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes128Gcm() });

/** Opens a session as the frame does, for a page of this origin. */
export async function openSession(world, request) {
  const { status, body } = await world.post('/v1/sessions', request);
  if (status !== 200) throw new Error(`no session: ${body?.code}`);
  return body;
}

export async function drawChallenge(world, session) {
  const { status, body } = await world.post(`/v1/sessions/${session.session}/challenge`, { mode: 'still' });
  if (status !== 200) throw new Error(`no challenge: ${body?.code}`);
  return body.challenge;
}

/** The first live sealing key: {kid, public_key}. */
export async function sealingKey(world) {
  const reply = await fetch(`${world.address}/v1/keys`);
  return (await reply.json()).keys[0];
}

/**
 * The sealed body for a session and its challenge.
 *
 * @param {{claimedId: string, passcode?: string, faces: Float32Array[]}} content `faces`: keyframe embeddings
 * @param {object} overrides values that replace those of the session in the additional data
 */
export async function seal(world, session, challenge, content, overrides = {}) {
  const key = await sealingKey(world);
  const header = {
    v: 1, session: session.session, kid: key.kid, model_set: session.model_sets[0], build: bytes(32), ...overrides.header,
  };
  const recipientPublicKey = await suite.kem.deserializePublicKey(toArrayBuffer(base64(key.public_key)));
  const sender = await suite.createSenderContext({
    recipientPublicKey,
    info: toArrayBuffer(Buffer.from(`nod/1 ${session.purpose}`)),
  });
  const aad = additionalData(header, { ...session, ...overrides.session }, challenge);
  const ciphertext = await sender.seal(toArrayBuffer(payload(session.model_sets, content)), toArrayBuffer(aad));
  return envelope(header, new Uint8Array(sender.enc), new Uint8Array(ciphertext));
}

/** What a site's back end mints a session with, to name a resident by an ID number (docs/integration/server-session.md). */
export async function sealClaim(world, sitekey, claimedId) {
  const key = await sealingKey(world);
  const number = new Uint8Array(256);
  number.set(Buffer.from(claimedId));
  const sealed = await suite.seal({
    recipientPublicKey: await suite.kem.deserializePublicKey(toArrayBuffer(base64(key.public_key))),
    info: toArrayBuffer(Buffer.from('nod claimed id v1')),
  }, toArrayBuffer(number), toArrayBuffer(Buffer.from(sitekey)));
  return { kid: key.kid, sealed: Buffer.concat([sealed.enc, sealed.ct].map((part) => Buffer.from(part))).toString('base64url') };
}

/**
 * Opens what the widget sealed, with the authority's private key.
 *
 * @returns {{header: object, payload: Map}} the payload by its integer keys
 */
export async function open(privateKey, body, session, challenge) {
  const { ct, enc, ...header } = decode(body);
  const recipient = await suite.createRecipientContext({
    recipientKey: await suite.kem.deserializePrivateKey(toArrayBuffer(privateKey)),
    enc: toArrayBuffer(enc),
    info: toArrayBuffer(Buffer.from(`nod/1 ${session.purpose}`)),
  });
  const plain = await recipient.open(toArrayBuffer(ct), toArrayBuffer(additionalData(header, session, challenge)));
  const [payload, padding] = decodeFirst(new Uint8Array(plain), { useMaps: true });
  if (padding.some((byte) => byte !== 0)) throw new Error('what follows the payload is no padding');
  return { header, payload };
}

/** Deterministic CBOR (RFC 8949 §4.2.1), as cborg writes it: shortest forms, keys by their encoded bytes. */
export function envelope(header, enc, ct) {
  return encode(new Map([
    ['v', header.v], ['ct', ct], ['enc', enc], ['kid', header.kid], ['build', header.build],
    ['session', header.session], ['model_set', header.model_set],
  ]));
}

function additionalData(header, session, challenge) {
  const { ticket } = session;
  return encode([
    'nod-aad', header.v, header.session, header.kid, header.model_set, header.build,
    session.purpose, session.sitekey, session.origin, session.action, session.level, session.ask,
    session.rp_nonce ?? null, base64(session.session_nonce), session.bind ?? null, challengeHash(challenge),
    session.consent_version,
    ticket
      ? [ticket.id, base64(ticket.claimed_id_hash), ticket.level, ticket.consent_version, ticket.issuer, ticket.kind]
      : null,
  ]);
}

function challengeHash({ nonce, mode, steps }) {
  const text = encode(['nod-challenge', base64(nonce), mode, steps.map((step) => [step.do, step.millis])]);
  return new Uint8Array(createHash('sha256').update(text).digest());
}

/** The payload's CBOR, zero-padded to a multiple of 1,024 bytes. */
function payload(modelSets, { claimedId, passcode, faces }) {
  const fields = [[0, claimedId]];
  if (passcode) fields.push([1, passcode]);
  fields.push([2, modelSets.map((set) => new Map([[0, set], [1, floats(fuse(faces))], [2, faces.map(floats)]]))]);
  const text = encode(new Map(fields));
  const padded = new Uint8Array(Math.ceil(text.length / 1024) * 1024);
  padded.set(text);
  return padded;
}

/** Unit vectors near one person's: what three keyframes of one face look like to the authority. */
export function facesOf(person, dimensions, keyframes = 3) {
  const base = unit(Float32Array.from({ length: dimensions }, (_, i) => Math.sin((i + 1) * (person + 1.7) * 12.9898)));
  return Array.from({ length: keyframes }, () => unit(base.map((value) => value + (Math.random() - 0.5) * 0.02)));
}

function fuse(faces) {
  return unit(faces[0].map((_, i) => faces.reduce((sum, face) => sum + face[i], 0)));
}

function unit(vector) {
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}

function floats(vector) {
  const out = new DataView(new ArrayBuffer(vector.length * 4));
  vector.forEach((value, i) => out.setFloat32(i * 4, value, true));
  return new Uint8Array(out.buffer);
}

/** An embedding's numbers from its bytes: little-endian single precision. */
export function vector(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.byteLength / 4 }, (_, i) => view.getFloat32(i * 4, true));
}

function base64(text) {
  return new Uint8Array(Buffer.from(text, 'base64url'));
}

function bytes(length) {
  return new Uint8Array(length);
}

function toArrayBuffer(view) {
  return view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength);
}
