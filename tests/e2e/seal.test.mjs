// An independent client seals; the authority opens. And what may not open does not.
//
// Embeddings here are drawn, not seen: this file is about the seal, the session and the answer. That the
// authority cannot tell a drawn embedding from a captured one is the open risk that SECURITY.md names.

import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { drawChallenge, envelope, facesOf, openSession, seal } from './support/sealing.mjs';
import { MODEL_SET, PASSCODE, World } from './support/world.mjs';

const ID = 'NOD-SEAL-0001';
const ALEX = 1;
const { size } = MODEL_SET.embedding;

let world;
let request;

before(async () => {
  world = await World.start();
  request = { sitekey: 'pk_hotel', origin: world.origins.hotel, action: 'check-in', rp_nonce: 'n-1', purpose: 'verify' };
});
after(() => world?.stop());

it('enrols and verifies with bodies that another implementation sealed', async () => {
  const ticket = await world.ticket(ID);
  const session = await openSession(world, { sitekey: 'pk_self', origin: world.issuer, purpose: 'enrol', ticket: ticket.code });
  const body = await seal(world, session, await drawChallenge(world, session), content());
  const enrolled = await world.post('/v1/enrol', body);
  assert.deepEqual([enrolled.status, enrolled.body?.enrolled ?? enrolled.body?.code], [200, true]);

  assert.equal((await answer(await sealed())).yes, true);
  assert.equal((await answer(await sealed({ passcode: '31415926' }))).yes, false);
  assert.equal((await answer(await sealed({ faces: facesOf(2, size) }))).yes, false);
});

it('takes a ticket once', async () => {
  const ticket = await world.ticket('NOD-SEAL-0002');
  const open = () => world.post('/v1/sessions', { sitekey: 'pk_self', origin: world.issuer, purpose: 'enrol', ticket: ticket.code });
  const first = (await open()).body;
  const mine = { ...content(), claimedId: 'NOD-SEAL-0002', faces: facesOf(7, size) };
  const done = await world.post('/v1/enrol', await seal(world, first, await drawChallenge(world, first), mine));
  assert.equal(done.status, 200);
  assert.equal((await open()).body.code, 'enrol.ticket_spent');
});

it('opens a session once', async () => {
  const body = await sealed();
  assert.equal((await world.post('/v1/verify', body)).status, 200);
  assert.equal((await world.post('/v1/verify', body)).body.code, 'session.spent');
});

it('says one thing for every seal that does not open', async () => {
  const changes = {
    origin: 'http://evil.localhost', action: 'other', rp_nonce: 'n-2', bind: 'x', consent_version: 'other',
    level: 'full', sitekey: 'pk_court', purpose: 'enrol', ask: ['age_over_18'],
    session_nonce: Buffer.alloc(32, 1).toString('base64url'),
  };
  for (const [field, value] of Object.entries(changes)) {
    const { body } = await world.post('/v1/verify', await sealed({}, { session: { [field]: value } }));
    assert.equal(body.code, 'seal.open_failed', field);
  }
  const body = await sealed();
  // A byte of the ciphertext: it is the second field, after 0xa7, "v", 1, "ct" and its length.
  body[40] ^= 1;
  assert.equal((await world.post('/v1/verify', body)).body.code, 'seal.open_failed');
});

it('names what is wrong with an envelope', async () => {
  const post = async (body) => (await world.post('/v1/verify', body)).body.code;
  assert.equal(await post(new Uint8Array([1, 2, 3])), 'seal.malformed');
  assert.equal(await post(new Uint8Array(70_000)), 'seal.too_large');
  const drawn = await session();
  await drawChallenge(world, drawn);
  const header = { v: 1, session: drawn.session, kid: 'nokey', model_set: drawn.model_sets[0], build: new Uint8Array(32) };
  assert.equal(await post(envelope(header, new Uint8Array(65), new Uint8Array(300))), 'seal.unknown_key');
  const nowhere = { ...header, session: 's_AAAAAAAAAAAAAAAAAAAAAA' };
  assert.equal(await post(envelope(nowhere, new Uint8Array(65), new Uint8Array(300))), 'session.unknown');
});

it('refuses pages that are not registered', async () => {
  const refused = async (change) => (await world.post('/v1/sessions', { ...request, ...change })).body.code;
  assert.equal(await refused({ origin: 'http://evil.localhost' }), 'config.origin_not_allowed');
  assert.equal(await refused({ origin: world.origins.court }), 'config.origin_not_allowed');
  assert.equal(await refused({ sitekey: 'pk_nobody' }), 'config.bad_sitekey');
  assert.equal(await refused({ action: 'efile-submit' }), 'config.bad_action');
});

it('checks an answer once, and for its own site only', async () => {
  const { body: { token } } = await world.post('/v1/verify', await sealed());
  const check = async (site, response = token) => (await world.post('/v1/siteverify', { secret: world.secrets[site], response })).body;
  assert.equal((await check('court')).success, false);
  const mine = await check('hotel');
  assert.deepEqual(
    [mine.success, mine.yes, mine.origin, mine.action, mine.rp_nonce],
    [true, true, world.origins.hotel, 'check-in', 'n-1'],
  );
  const again = await check('hotel');
  assert.deepEqual([again.success, again.error_codes], [false, ['answer.already_used']]);
});

async function session() {
  return openSession(world, request);
}

function content(change = {}) {
  return { claimedId: ID, passcode: PASSCODE, faces: facesOf(ALEX, size), ...change };
}

/** A sealed body for a fresh session of the hotel. */
async function sealed(change = {}, overrides = {}) {
  const fresh = await session();
  return seal(world, fresh, await drawChallenge(world, fresh), content(change), overrides);
}

/** Posts it and returns the signed answer's claims. */
async function answer(body) {
  const { status, body: reply } = await world.post('/v1/verify', body);
  assert.equal(status, 200, reply?.code);
  return JSON.parse(Buffer.from(reply.token.split('.')[1], 'base64url'));
}
