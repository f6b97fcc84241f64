// The examples for back ends (examples/check-answer): each takes a resident's real answer, once, and nothing else.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, it } from 'node:test';
import { recordEvents, verify } from './support/journey.mjs';
import { stage } from './support/stage.mjs';

const REPOSITORY = resolve(import.meta.dirname, '../..');
const EXAMPLES = join(REPOSITORY, 'examples/check-answer');
const PROGRAMS = {
  node: [process.execPath, join(EXAMPLES, 'node/main.mjs')],
  // Debian's: its packages bring the library (xtask/src/setup/python.rs).
  python: [process.env.NOD_E2E_PYTHON ?? '/usr/bin/python3', join(EXAMPLES, 'python/main.py')],
  rust: [process.env.NOD_E2E_CHECK_ANSWER ?? join(REPOSITORY, 'target/debug/nod-check-answer')],
};
const ID = 'NOD-EXAMPLE-1';
const SHOP = { origin: 'http://shop.localhost', action: 'pay-invoice' };

let world;
let browser;
stage(ID, (given) => ({ world, browser } = given));

for (const language of Object.keys(PROGRAMS)) {
  describe(language, () => {
    it('takes a resident\'s answer, once, and neither an altered one nor one for something else', async () => {
      const { token, nonce } = await answerOfResident();
      const hotel = site('hotel');
      const wrong = [
        [hotel, altered(token), nonce],
        [hotel, `${token}.`, nonce],
        [site('court'), token, nonce],
        [{ ...hotel, authority: 'https://id.example.gov' }, token, nonce, ['offline']],
      ];
      for (const [settings, text, about, ways = ['offline', 'siteverify']] of wrong) {
        for (const how of ways) await refuses(language, settings, how, text, about);
      }
      await using(language, hotel, async (check) => {
        assert.ok((await check('offline', token, 'another-nonce')).refused);
        for (const how of ['offline', 'siteverify']) {
          const { yes, sub } = await check(how, token, nonce);
          assert.equal(yes, true, how);
          assert.match(sub, /^[\w-]{43}$/);
          const { refused } = await check(how, token, nonce);
          assert.match(refused, /used/, how);
        }
      });
    });

    it('knows a no, and refuses what is old, about another page, action or page view, or a test', async () => {
      const no = await testAnswer('no');
      for (const how of ['offline', 'siteverify']) {
        await using(language, test('no'), async (check) => assert.deepEqual(await check(how, no, 'n-1'), { yes: false, sub: null }));
      }
      const old = await testAnswer('expired');
      for (const how of ['offline', 'siteverify']) {
        assert.match(await refuses(language, test('expired'), how, old, 'n-1'), /expire|exp|time is over/i);
      }
      for (const how of ['offline', 'siteverify']) {
        for (const [settings, nonce] of [
          [test('yes'), 'n-2'], [test('yes'), ''],
          [{ ...test('yes'), origin: 'http://other.localhost' }, 'n-1'], [{ ...test('yes'), action: 'other' }, 'n-1'],
          [site('hotel'), 'n-1'],
        ]) await refuses(language, settings, how, await testAnswer('yes'), nonce);
      }
    });

    it('says that nothing is known when the authority is away', async () => {
      const away = { ...test('unavailable'), jwks: 'http://127.0.0.1:9/' };
      for (const how of ['offline', 'siteverify']) await refuses(language, away, how, await testAnswer('yes'), 'n-1');
      assert.match(await refuses(language, away, 'siteverify', 'a.b.c', 'n-1'), /nothing is known/);
    });
  });
}

/** A yes of the hotel's page, with the one-time value that its server put there. */
async function answerOfResident() {
  const page = await browser.page();
  await recordEvents(page);
  await page.goto(world.origins.hotel);
  assert.equal(await verify(page, world, { claimedId: ID }), 'yes');
  const answer = await page.evaluate(() => ({
    token: document.querySelector('nod-verify').getResponse(),
    nonce: document.querySelector('nod-verify').getAttribute('rp-nonce'),
  }));
  assert.ok(answer.token && answer.nonce);
  await page.close();
  return answer;
}

/** The answer of a test key, as its frame asks for it. */
async function testAnswer(outcome) {
  const asked = { sitekey: `pk_test_${outcome}`, rp_nonce: 'n-1', ...SHOP };
  const { body: { session } } = await world.post('/v1/sessions', asked);
  await world.post(`/v1/sessions/${session}/challenge`, { mode: 'still' });
  const { status, body } = await world.post('/v1/test-answers', { session });
  assert.equal(status, 200);
  return body.token;
}

function site(name) {
  return {
    authority: world.issuer, address: world.address, sitekey: `pk_${name}`, secret: world.secrets[name],
    origin: world.origins.hotel, action: 'check-in',
  };
}

function test(outcome) {
  return {
    authority: `${world.issuer}/test`, address: world.address, jwks: `${world.address}/.well-known/test-jwks.json`,
    sitekey: `pk_test_${outcome}`, secret: `sk_test_${outcome}`, ...SHOP,
  };
}

/** One bit of the signature is another. */
function altered(token) {
  const at = token.length - 10;
  return token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1);
}

/** Why a fresh process refuses. */
async function refuses(language, settings, how, token, nonce) {
  const said = await using(language, settings, (check) => check(how, token, nonce));
  assert.equal(typeof said.refused, 'string', `${language}, ${how}: ${JSON.stringify(said)}`);
  return said.refused;
}

/** Runs an example with some settings; `work` is handed `check(how, token, nonce)`. */
async function using(language, settings, work) {
  const [program, ...args] = PROGRAMS[language];
  const child = spawn(program, args, {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, NOD_SETTINGS: JSON.stringify(settings) },
  });
  const ended = new Promise((done, failed) => child.once('error', failed).once('exit', done));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const check = async (how, token, nonce) => {
    child.stdin.write(`${JSON.stringify({ how, token, rp_nonce: nonce })}\n`);
    const { value } = await Promise.race([lines.next(), ended.then((code) => ({ value: `ended with ${code}` }))]);
    return JSON.parse(value);
  };
  const said = await work(check);
  child.stdin.end();
  assert.equal(await ended, 0);
  return said;
}
