// A real Chromium whose camera shows a clip, with third-party cookies blocked, watched for violations.

import { copyFile, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { CHROMIUM } from './chromium.mjs';
import { clip, phoneClip } from './clips.mjs';
import { RESULTS } from './world.mjs';

const FLAGS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync',
];

export class Browser {
  /**
   * @param options Playwright's context options; `prompt: 'deny'` to refuse the camera; `cameras` for so many of the browser's
   *   own, which show its test picture, or none, instead of the one that plays a clip; `storage` to let frames of other sites
   *   keep something, which not every browser does; more `flags` of the browser
   */
  static async start({ prompt = 'allow', cameras = null, storage = false, flags = [], ...options } = {}) {
    const browser = new Browser();
    browser.directory = await mkdtemp(join(tmpdir(), 'nod-chromium-'));
    browser.camera = join(browser.directory, 'camera.mjpeg');
    await browser.see('obama');
    await mkdir(join(browser.directory, 'profile/Default'), { recursive: true });
    const preferences = { profile: { block_third_party_cookies: !storage, cookie_controls_mode: storage ? 0 : 1 } };
    await writeFile(join(browser.directory, 'profile/Default/Preferences'), JSON.stringify(preferences));
    browser.context = await chromium.launchPersistentContext(join(browser.directory, 'profile'), {
      executablePath: CHROMIUM,
      args: [
        ...FLAGS,
        ...flags,
        ...(cameras === null
          ? ['--use-fake-device-for-media-stream', `--use-file-for-fake-video-capture=${browser.camera}`]
          : [`--use-fake-device-for-media-stream=device-count=${cameras}`]),
        prompt === 'deny' ? '--deny-permission-prompts' : '--use-fake-ui-for-media-stream',
      ],
      viewport: { width: 1024, height: 900 },
      // The frame speaks the browser's language; the tests read English.
      locale: 'en-US',
      ...options,
    });
    browser.context.setDefaultTimeout(60_000);
    await browser.context.addInitScript(watch);
    browser.context.on('console', (message) => browser.#hear(message));
    return browser;
  }

  /** Violations of any Content-Security-Policy, of every page and frame so far. */
  violations = [];

  /** Puts another scene before the camera; the next getUserMedia sees it. */
  async see(scene) {
    await this.#play(await clip(scene, join(RESULTS, 'clips'), CHROMIUM));
  }

  /** The same with a phone that shows this (a screenshot). */
  async seePhone(screen) {
    await this.#play(await phoneClip(screen, this.directory, CHROMIUM));
  }

  async #play(made) {
    await copyFile(made, `${this.camera}.part`);
    await rename(`${this.camera}.part`, this.camera);
  }

  async page() {
    return this.context.newPage();
  }

  async stop() {
    await this.context?.close();
    await rm(this.directory, { recursive: true, force: true });
  }

  #hear(message) {
    const text = message.text();
    if (/Content.Security.Policy|csp-violation/i.test(text)) this.violations.push(text);
  }
}

/** Runs in every document before its own scripts: reports violations, remembers camera tracks. */
function watch() {
  document.addEventListener('securitypolicyviolation', (event) => {
    console.error(`csp-violation ${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile}`);
  });
  window.cameraTracks = [];
  const devices = navigator.mediaDevices;
  if (!devices) return;
  const open = devices.getUserMedia.bind(devices);
  devices.getUserMedia = async (wanted) => {
    const stream = await open(wanted);
    window.cameraTracks.push(...stream.getTracks());
    return stream;
  };
}
