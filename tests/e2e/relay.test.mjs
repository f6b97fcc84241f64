// A resident verified through a relay: two processes, a real browser, and a tap on either side of the relay. The relay reads
// nothing of what is asked and answered, and the authority learns nothing of who asked.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readCode, readQr, typeCode } from './support/handoff.mjs';
import { begin, ended, frameOf, leave, recordEvents, step } from './support/journey.mjs';
import { askObliviously, firstKey } from './support/oblivious.mjs';
import { stage } from './support/stage.mjs';
import { english } from './support/texts.mjs';
import { GENUINE, PASSCODE } from './support/world.mjs';

const ID = 'NOD-PLANTED-RELAY-4711';
const AGENT = /Chrome\/\d/;

let world;
let browser;

stage(ID, (parts) => ({ world, browser } = parts), { relayed: true });

describe('through a relay', () => {
  it('a yes comes to the page, and the hotel\'s back end has it checked', async () => {
    const { page, hosts, token } = await verified(GENUINE[0], 'yes');
    const claims = JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));
    // By the authority, for the page that the browser attested.
    assert.deepEqual([claims.iss, claims.aud, claims.origin], [world.issuer, 'pk_hotel', world.origins.hotel]);
    await page.fill('[name=booking]', 'AB1234');
    await page.click('button.button');
    assert.match(await page.textContent('#receipt .number'), /^KEY-\d{4}-\d{4}$/);
    // Frame, files, keys, models and requests: all from the relay. The browser has never spoken with the authority.
    assert.deepEqual([...hosts].sort(), [world.origins.hotel, world.front].sort());
    await page.close();
  });

  it('the relay can read none of it', async () => {
    const { page, token } = await verified(GENUINE[0], 'yes');
    const claims = JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));
    const { residents, authority } = world.taps;
    const sealed = sealedOf(residents.there());
    assert.ok(sealed.count >= 3, `${sealed.count} sealed requests`);
    // All that a request of the interface would have in clear: in no sealed request, nor in what came back, nor on the way on.
    const secrets = [ID, ID.replaceAll('-', ''), PASSCODE, token, token.split('.')[1], claims.rp_nonce, claims.jti];
    assert.ok(secrets.every((secret) => secret.length >= 8), 'each is there, and long enough to be no chance');
    const wires = { there: residents.there(), back: residents.back(), on: authority.there(), from: authority.back(), logs: Buffer.from(relayLogs()) };
    for (const [name, bytes] of Object.entries(wires)) {
      for (const planted of secrets) assert.equal(bytes.includes(planted), false, `${planted} in ${name}`);
    }
    for (const planted of ['pk_hotel', world.origins.hotel, 'check-in', 'sitekey', 'challenge', 'embedding']) {
      assert.equal(sealed.bytes.includes(planted), false, `${planted} in a sealed request`);
    }
    // What it does see of the site: that somebody loads this frame (docs/relay.md says so).
    assert.ok(residents.there().includes('GET /frame/pk_hotel'));
    await page.close();
  });

  it('the authority learns no address, and nothing that a browser says of itself', async () => {
    const { page } = await verified('astronaut', 'no');
    const { residents, authority } = world.taps;
    assert.match(residents.there().toString('latin1'), AGENT, 'the browser says who it is');
    const heard = authority.there().toString('latin1');
    assert.ok(heard.includes('POST /v1/ohttp HTTP/1.1'));
    assert.doesNotMatch(heard, AGENT);
    assert.doesNotMatch(heard, /^(x-forwarded-for|forwarded|via|user-agent|cookie|referer|origin|accept-language|sec-[a-z-]+|if-[a-z-]+):/im);
    assert.deepEqual([...authority.peers], ['127.0.0.1']);
    await page.close();
  });

  it('the page is walled in on the relay\'s host as on the authority\'s', async () => {
    const reply = await fetch(`${world.front.replace('relay.localhost', '127.0.0.1')}/frame/pk_hotel`);
    const policy = reply.headers.get('content-security-policy');
    assert.match(policy, new RegExp(`connect-src ${world.front};`));
    assert.ok(policy.endsWith(`frame-ancestors ${world.origins.hotel}`), policy);
    const html = await reply.text();
    assert.ok(html.includes(`data-authority="${world.issuer}"`));
    assert.equal(html, await (await fetch(`${world.address}/frame/pk_hotel`)).text(), 'the page is the authority\'s, to the byte');
  });

  it('a phone goes on at the relay too, and the answer comes back to the desk', async () => {
    await browser.see(GENUINE[0]);
    const { page, frame } = await atHotel();
    await leave(frame, 'consent', () => frame.getByRole('button', { name: english('handoff.open') }).click());
    await step(frame, 'handoff');
    const link = await readQr(page, frame);
    assert.ok(link.startsWith(`${world.front}/handoff#`), link);
    const phone = await browser.page();
    const hosts = hostsOf(phone);
    await phone.goto(link);
    await step(phone, 'join');
    await step(frame, 'code');
    await typeCode(phone, await readCode(frame));
    await begin(phone, { claimedId: ID });
    await step(phone, 'done');
    assert.equal(await ended(frame), 'yes');
    assert.deepEqual([...hosts], [world.front]);
    const handle = link.split('#')[1];
    for (const tap of Object.values(world.taps)) assert.equal(tap.there().includes(handle), false);
    await Promise.all([page.close(), phone.close()]);
  });
});

describe('another implementation of Oblivious HTTP', () => {
  it('asks through the relay, and is answered', async () => {
    const list = await fetch(`${world.address}/v1/ohttp-keys`);
    assert.equal(list.headers.get('content-type'), 'application/ohttp-keys');
    const key = firstKey(Buffer.from(await list.arrayBuffer()));
    const relay = `${world.front.replace('relay.localhost', '127.0.0.1')}/v1/ohttp`;
    const ask = (path, body) => askObliviously(relay, key, {
      method: 'POST', target: world.issuer, path, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body),
    });
    const opened = await ask('/v1/sessions', { sitekey: 'pk_hotel', origin: world.origins.hotel });
    assert.equal(opened.status, 200, opened.body);
    assert.equal(JSON.parse(opened.body).origin, world.origins.hotel);
    const refused = await ask('/v1/siteverify', { secret: world.secrets.hotel, response: 'e30.e30.e30' });
    assert.deepEqual([refused.status, JSON.parse(refused.body).code], [404, 'env.asset_fetch']);
    await assert.rejects(askObliviously(relay, { ...key, id: key.id ^ 1 }, { method: 'GET', target: world.issuer, path: '/v1/keys' }), /400 .*ohttp-key/);
  });
});

/** One journey to its end, from a fresh page of the hotel. */
async function verified(scene, end) {
  await browser.see(scene);
  const { page, frame, hosts } = await atHotel();
  await begin(frame, { claimedId: ID });
  assert.equal(await ended(frame), end);
  const answer = (await page.evaluate(() => window.events)).at(-1);
  assert.equal(answer.type, 'nod-answer');
  return { page, hosts, token: answer.detail.token };
}

async function atHotel() {
  for (const tap of Object.values(world.taps)) tap.forget();
  const page = await browser.page();
  const hosts = hostsOf(page);
  await recordEvents(page);
  await page.goto(world.origins.hotel);
  const frame = await frameOf(page, world);
  return { page, frame, hosts };
}

/** The origins of all that a page, its frames and their workers ask for. */
function hostsOf(page) {
  const hosts = new Set();
  page.on('request', (request) => {
    const { protocol, origin } = new URL(request.url());
    if (protocol.startsWith('http')) hosts.add(origin);
  });
  return hosts;
}

/** The bodies of sealed requests on a wire. */
function sealedOf(bytes) {
  const bodies = [];
  const end = Buffer.from('\r\n\r\n');
  for (let at = bytes.indexOf('POST /v1/ohttp '); at >= 0; at = bytes.indexOf('POST /v1/ohttp ', at + 1)) {
    const body = bytes.indexOf(end, at) + end.length;
    const length = Number(/content-length: (\d+)/i.exec(bytes.subarray(at, body).toString('latin1'))[1]);
    bodies.push(bytes.subarray(body, body + length));
  }
  return { count: bodies.length, bytes: Buffer.concat(bodies) };
}

function relayLogs() {
  return world.logs().split('--- ').find((part) => part.startsWith('relay\n'));
}
