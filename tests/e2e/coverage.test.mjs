// "Am I covered?": the resident reads every question in plain words, the office gets booleans and nothing of the record.

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { ended, frameOf, holdStill, identify, signIn, step, verify } from './support/journey.mjs';
import { memoryOf } from './support/memory.mjs';
import { stage } from './support/stage.mjs';
import { GENUINE } from './support/world.mjs';

const ID = 'NOD-COVERAGE-0001';
const RECORD = {
  date_of_birth: '1961-08-04',
  insurance: { pension: { active: true, paid_until: '2026-10' }, medical: { active: true }, unemployment: { active: false } },
};

let world;
let browser;

stage(ID, (parts) => ({ world, browser } = parts));

describe('benefits: questions beyond identity', () => {
  it('shows a tile for each, and what is not known as not confirmed', async () => {
    const file = join(world.directory, 'record.json');
    await writeFile(file, JSON.stringify(RECORD));
    await world.authority('resident', 'attributes', '--id', ID, '--file', file);
    await browser.see(GENUINE[0]);
    const page = await atCoverage();
    const frame = await frameOf(page, world);
    await step(frame, 'consent');
    assert.equal(await frame.locator('.note li').count(), 6);
    assert.doesNotMatch(await frame.textContent('.note'), /benefit_active/, 'in plain words');
    await identify(frame, { claimedId: ID });
    await holdStill(frame);
    assert.equal(await ended(frame), 'yes');
    await page.click('button.button');
    assert.deepEqual(await page.locator('#cover strong').allTextContents(), ['Yes', 'Yes', ...Array(4).fill('Not confirmed')]);
    await page.close();
  });

  it('shows nothing about whom it did not confirm', async () => {
    await browser.see('astronaut');
    const page = await atCoverage();
    assert.equal(await verify(page, world, { claimedId: ID }), 'no');
    await page.click('button.button');
    assert.equal(await page.locator('#cover').count(), 0);
    assert.match(await page.textContent('#refused'), /did not confirm/);
    await page.close();
  });

  it('may not ask what it is not registered for', async () => {
    const reply = await world.post('/v1/sessions', { sitekey: 'pk_benefits', origin: world.origins.benefits, action: 'coverage', ask: ['age_over_18'] });
    assert.deepEqual([reply.status, reply.body.code], [400, 'config.bad_action']);
  });

  it('keeps nothing of a record in its process, nor in a log', async () => {
    const core = await memoryOf(world.processOf('demo'));
    // The search finds what there is: the site's own secret.
    assert.ok(core.includes(world.secrets.benefits));
    for (const planted of [RECORD.date_of_birth, ID]) {
      assert.ok(!core.includes(planted), `${planted} in the memory of the sites`);
      assert.ok(!world.logs().includes(planted), `${planted} in a log`);
    }
  });
});

async function atCoverage() {
  const page = await browser.page();
  await signIn(page, world.origins.benefits, 'alex');
  await page.goto(`${world.origins.benefits}/coverage`);
  return page;
}
