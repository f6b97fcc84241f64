// A site that asks for evidence crops: the consent says it, pictures travel inside the seal, and the real nod-evidence finds that
// they belong to the embeddings and to the head that moved.

import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { begin, ended, endedInTime, frameOf, identify, move, step } from './support/journey.mjs';
import { play, turned } from './support/puppet.mjs';
import { stage } from './support/stage.mjs';

const ID = 'NOD-EVIDENCE-0001';
/** Bytes that no body without pictures has. */
const WITHOUT_PICTURES = 64 * 1024;

let world;
let browser;
let obama;

stage(ID, (parts) => ({ world, browser } = parts), { crops: ['hotel'] });
before(async () => {
  obama = await turned('obama');
});

describe('a site that asks for evidence', () => {
  it('says in its consent that pictures are sent, and who looks at them', async () => {
    const page = await browser.page();
    await page.goto(world.origins.hotel);
    const frame = await frameOf(page, world);
    await step(frame, 'consent');
    const text = await frame.textContent('.facts');
    assert.match(text, /pictures of your face are sent/);
    assert.match(text, /deletes the pictures/);
    assert.doesNotMatch(text, /never a picture|stays on this device/);
    await page.close();
  });

  it('gets a yes of a head that moves, and of one that is held still', async () => {
    for (const go of [
      async (frame) => {
        await identify(frame, { claimedId: ID });
        await move(frame);
        return endedInTime(frame);
      },
      async (frame) => {
        await begin(frame, { claimedId: ID });
        return ended(frame);
      },
    ]) {
      const page = await browser.page();
      await play(page, obama, 'person');
      const sent = page.waitForEvent('requestfinished', { predicate: (one) => one.url().endsWith('/v1/verify'), timeout: 200_000 });
      await page.goto(world.origins.hotel);
      assert.equal(await go(await frameOf(page, world)), 'yes');
      const { requestBodySize } = await (await sent).sizes();
      assert.ok(requestBodySize > WITHOUT_PICTURES, `${requestBodySize} bytes`);
      await page.close();
    }
  });

  // The last: nobody starts it again.
  it('is served to nobody while nobody could look at the pictures', async () => {
    await world.endEvidence();
    const page = await browser.page();
    await page.goto(world.origins.hotel);
    assert.equal(await ended(await frameOf(page, world)), 'error net.busy');
    await page.close();
  });
});
