// What most files of tests begin and end with: a world, a browser, and a resident to be verified.

import assert from 'node:assert/strict';
import { after, afterEach, before } from 'node:test';
import { Browser } from './browser.mjs';
import { enrol } from './journey.mjs';
import { World } from './world.mjs';

/**
 * Starts both before the tests of the calling file and stops them afterwards; no test may break the Content-Security-Policy.
 *
 * @param enrolled the claimed ID of a resident to enrol first
 * @param give is handed {world, browser} once they are there
 * @param options for the world
 */
export function stage(enrolled, give, options) {
  let world;
  let browser;
  before(async () => {
    world = await World.start(options);
    browser = await Browser.start();
    give({ world, browser });
    const { page, end } = await enrol(browser, world, enrolled);
    assert.equal(end, 'enrolled');
    await page.close();
  });
  after(async () => {
    await browser?.stop();
    await world?.stop();
  });
  afterEach(() => assert.deepEqual(browser.violations, []));
}
