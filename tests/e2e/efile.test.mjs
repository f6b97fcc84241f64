// Court e-filing with documents: the answer signs for these very documents and no others, the fee has an answer of its own, an
// attorney acts with a mandate, the other party responds, and the receipt can be checked without asking anybody.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, afterEach, before, describe, it } from 'node:test';
import { compactVerify, createLocalJWKSet, importJWK, jwtVerify } from 'jose';
import { Browser } from './support/browser.mjs';
import { enrol, signIn, verify } from './support/journey.mjs';
import { GENUINE, World } from './support/world.mjs';

/** Who they are at the authority, before which camera. */
const PEOPLE = {
  alex: { claimedId: 'NOD-EFILE-0001', scene: 'obama', again: GENUINE[0] },
  bo: { claimedId: 'NOD-EFILE-0002', scene: 'biden', again: 'biden' },
  charlie: { claimedId: 'NOD-EFILE-0003', scene: 'astronaut', again: 'astronaut' },
};
const CONTRACT = { name: 'contract.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.7 the contract') };
const INVOICE = { name: 'Rechnung März.txt', mimeType: 'text/plain', buffer: Buffer.from('250.00 is due') };

let world;
let browser;

before(async () => {
  world = await World.start();
  browser = await Browser.start();
  for (const { claimedId, scene } of Object.values(PEOPLE)) {
    await browser.see(scene);
    const { page, end } = await enrol(browser, world, claimedId);
    assert.equal(end, 'enrolled');
    await page.close();
  }
});
after(async () => {
  await browser?.stop();
  await world?.stop();
});
afterEach(() => assert.deepEqual(browser.violations, []));

describe('a claim with documents', () => {
  let number;

  it('is signed for by the hashes of its documents, and paid for by another answer', async () => {
    const page = await at('alex');
    number = await handIn(page, { documents: [CONTRACT, INVOICE] });
    assert.deepEqual(await page.locator('.documents code').allTextContents(), [CONTRACT, INVOICE].map(hashOf));
    const signed = await answered(page, 'alex');
    assert.match(await page.textContent('h1'), /Pay the fee/);

    // What was signed for the documents pays for nothing, not even from the same browser.
    const other = await ask(page, `/efile/${number}/pay`, new URLSearchParams({ 'nod-response': signed }));
    assert.equal(other.status, 409);
    assert.match(await other.text(), /not valid any more/);

    await answered(page, 'alex');
    assert.match(await page.textContent('#receipt'), /On record/);
    await page.close();
  });

  it('has a sealed receipt that anybody can check', async () => {
    const page = await at('alex');
    const reply = await ask(page, `/efile/${number}/receipt`);
    assert.equal(reply.headers.get('content-type'), 'application/jose');
    const sealed = await reply.text();
    const key = await importJWK(await (await ask(page, '/receipt-key')).json());
    const { payload, protectedHeader } = await compactVerify(sealed, key);
    assert.equal(protectedHeader.typ, 'riverbend-receipt+jws');
    const receipt = JSON.parse(Buffer.from(payload).toString());
    assert.deepEqual(receipt.documents.map(({ name, sha256 }) => [name, sha256]), [CONTRACT, INVOICE].map((one) => [one.name, hashOf(one)]));

    // The answers, offline: with the authority's keys as anybody may have kept them.
    const jwks = await (await fetch(`${world.address}/.well-known/jwks.json`)).json();
    const keys = createLocalJWKSet(jwks);
    const options = { issuer: world.issuer, audience: 'pk_court', typ: 'nod-answer+jwt' };
    const signature = (await jwtVerify(receipt.answer, keys, options)).payload;
    const payment = (await jwtVerify(receipt.fee.answer, keys, options)).payload;
    assert.deepEqual([signature.yes, signature.action, signature.bind], [true, 'efile-submit', receipt.bind]);
    assert.deepEqual([payment.yes, payment.action, payment.bind], [true, 'efile-pay', receipt.fee.bind]);
    assert.notEqual(receipt.bind, receipt.fee.bind);
    assert.equal(signature.sub, payment.sub);
    // Made here from the documents themselves, as whoever doubts the court would.
    assert.equal(receipt.bind, bindOf({ number, by: 'alex', party: 'alex', against: 'bo', cents: 250_00 }, [CONTRACT, INVOICE]));
    const changed = { ...INVOICE, buffer: Buffer.from('260.00 is due') };
    assert.notEqual(receipt.bind, bindOf({ number, by: 'alex', party: 'alex', against: 'bo', cents: 250_00 }, [CONTRACT, changed]));

    const cut = `${sealed.slice(0, -8)}AAAAAAAA`;
    await assert.rejects(compactVerify(cut, key), /signature/);
    await page.close();
  });

  it('is responded to by the other party, without a fee', async () => {
    const page = await at('bo');
    await page.goto(`${world.origins.court}/efile/${number}`);
    await page.click('text=Respond');
    await page.setInputFiles('[name=documents]', [INVOICE]);
    await page.click('form.panel button.button');
    assert.match(await page.textContent('dl'), new RegExp(`Response to ${number}`));
    await answered(page, 'bo');
    assert.match(await page.textContent('#receipt'), /Alex Moreno/);
    await page.close();
  });
});

describe('whose answer it is, and for what', () => {
  it('signs for no other filing', async () => {
    const page = await at('alex');
    const first = await handIn(page, { documents: [CONTRACT] });
    const second = await handIn(page, { documents: [CONTRACT] });
    await page.goto(`${world.origins.court}/efile/${first}`);
    await browser.see(PEOPLE.alex.again);
    assert.equal(await verify(page, world, PEOPLE.alex), 'yes');
    const token = await tokenOf(page);
    const other = await ask(page, `/efile/${second}/sign`, new URLSearchParams({ 'nod-response': token }));
    assert.equal(other.status, 409);
    await page.goto(`${world.origins.court}/efile/${second}`);
    assert.match(await page.textContent('h1'), /Sign the filing/);
    await page.close();
  });

  it('is nothing without one, and a draft is nobody else\'s', async () => {
    const page = await at('alex');
    const number = await handIn(page, { documents: [CONTRACT] });
    assert.equal((await ask(page, `/efile/${number}/sign`, new URLSearchParams())).status, 400);
    assert.equal((await ask(page, `/efile/${number}/receipt`)).status, 409);
    await signIn(page, world.origins.court, 'bo');
    for (const path of ['', '/receipt']) assert.equal((await ask(page, `/efile/${number}${path}`)).status, 404);
    await page.close();
  });

  it('needs documents, not too many, not too large, and an amount', async () => {
    const page = await at('alex');
    const parts = { party: 'alex', against: 'bo', amount: '250.00', documents: CONTRACT };
    const faults = [
      [{ documents: 'a text where a file belongs' }, /one to 5 documents/],
      [{ documents: { ...CONTRACT, buffer: Buffer.alloc(0) } }, /is empty/],
      [{ documents: { ...CONTRACT, buffer: Buffer.alloc((2 << 20) + 1) } }, /larger than 2 MB/],
      [{ amount: '5000.01' }, /up to 5,000/],
      [{ against: 'alex' }, /whom the claim is against/],
      [{ party: 'bo' }, /mandate/],
      [{ answers: 'RDC-0000-0000' }, /no such claim/],
    ];
    for (const [fault, words] of faults) {
      const reply = await ask(page, '/efile', partsOf({ ...parts, ...fault }));
      assert.equal(reply.status, 400, String(words));
      assert.match(await reply.text(), words);
    }
    const far = await ask(page, '/efile', partsOf({ ...parts, documents: { ...CONTRACT, buffer: Buffer.alloc(12 << 20) } }));
    assert.equal(far.status, 400);
    await page.close();
  });
});

describe('an attorney', () => {
  it('acts for a party who has given a mandate, as themselves', async () => {
    let page = await at('charlie');
    const before = await ask(page, '/efile', partsOf({ party: 'alex', against: 'bo', amount: '99.00', documents: CONTRACT }));
    assert.equal(before.status, 400);
    await page.close();

    page = await at('alex');
    await page.goto(`${world.origins.court}/mandates/charlie`);
    await answered(page, 'alex');
    assert.match(await page.textContent('#mandate'), /Charlie Weiss acts for you/);
    await page.close();

    page = await at('charlie');
    await handIn(page, { party: 'alex', documents: [CONTRACT] });
    assert.match(await page.textContent('dl'), /Alex Moreno, by Charlie Weiss as their attorney/);
    // The party's face does not sign for the attorney.
    await browser.see(PEOPLE.alex.again);
    assert.equal(await verify(page, world, PEOPLE.alex), 'yes');
    await page.click('form.panel button.button');
    assert.match(await page.textContent('#refused'), /did not confirm that you are Charlie Weiss/);
    await page.goBack();
    await page.reload();
    await answered(page, 'charlie');
    assert.match(await page.textContent('h1'), /Pay the fee/);
    await page.close();
  });
});

async function at(account) {
  const page = await browser.page();
  await signIn(page, world.origins.court, account);
  return page;
}

/** @returns the filing's number, on its page */
async function handIn(page, { party, documents }) {
  await page.goto(`${world.origins.court}/efile`);
  if (party) await page.selectOption('[name=party]', party);
  await page.selectOption('[name=against]', 'bo');
  await page.fill('[name=amount]', '250.00');
  await page.setInputFiles('[name=documents]', documents);
  await page.click('form.panel button.button');
  await page.waitForSelector('nod-verify');
  return new URL(page.url()).pathname.split('/').at(-1);
}

/** The identity check of the page, and its form sent. @returns the answer that was sent */
async function answered(page, account) {
  await browser.see(PEOPLE[account].again);
  assert.equal(await verify(page, world, PEOPLE[account]), 'yes');
  const token = await tokenOf(page);
  await page.click('form.panel button.button');
  await page.waitForLoadState();
  return token;
}

/** What the element puts into its form. */
function tokenOf(page) {
  return page.$eval('nod-verify', (element) => new FormData(element.closest('form')).get('nod-response'));
}

/** A request with the page's cookie, past the browser and its limits: the court's own address, which Node does not know by name. */
async function ask(page, path, body) {
  const { value } = (await page.context().cookies(world.origins.court)).find(({ name }) => name === 'visit');
  const address = `http://127.0.0.1:${new URL(world.origins.court).port}${path}`;
  return fetch(address, { method: body ? 'POST' : 'GET', body, headers: { cookie: `visit=${value}` }, redirect: 'manual' });
}

/** A form with a file in it, or with a text where a file belongs. */
function partsOf(values) {
  const form = new FormData();
  for (const [name, value] of Object.entries(values)) {
    if (typeof value === 'string') form.append(name, value);
    else form.append(name, new File([value.buffer], value.name, { type: value.mimeType }));
  }
  return form;
}

function hashOf({ buffer }) {
  return createHash('sha256').update(buffer).digest('hex');
}

/** demo/src/court/filing.rs, written a second time. */
function bindOf({ number, by, party, against, cents }, documents) {
  const amount = Buffer.alloc(4);
  amount.writeUInt32BE(cents);
  const parts = ['riverbend-court filing 1', number, by, party, against, 'claim', amount];
  for (const { name, buffer } of documents) parts.push(name, createHash('sha256').update(buffer).digest());
  const hash = createHash('sha256');
  for (const part of parts.map((one) => Buffer.from(one))) {
    const length = Buffer.alloc(8);
    length.writeBigUInt64BE(BigInt(part.length));
    hash.update(length).update(part);
  }
  return hash.digest('base64url');
}
