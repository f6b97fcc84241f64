// The one Chromium that everything runs in, and its pages.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

// As the end-to-end tests start it.
const FLAGS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync',
];

/** With a profile of its own, so that there is a cache to be cold or warm. */
export async function start(executablePath, origin) {
  const profile = await mkdtemp(join(tmpdir(), 'nod-bench-'));
  const context = await chromium.launchPersistentContext(profile, { executablePath, args: FLAGS });
  context.setDefaultTimeout(120_000);
  return {
    /** A page without a library. @param memory to have WebAssembly memories watched */
    async page({ memory = false } = {}) {
      const page = await context.newPage();
      await page.goto(`${origin}/page/index.html${memory ? '?memory' : ''}`);
      await page.waitForFunction(() => window.bench);
      return page;
    },

    async version() {
      const page = await context.newPage();
      const session = await context.newCDPSession(page);
      const { product } = await session.send('Browser.getVersion');
      await page.close();
      return `Chromium ${product.split('/').at(-1)}`;
    },

    async stop() {
      await context.close();
      await rm(profile, { recursive: true, force: true });
    },
  };
}
