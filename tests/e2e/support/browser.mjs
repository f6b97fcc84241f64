// A real Chromium whose camera shows a clip, with third-party cookies blocked, watched for violations.

import { copyFile, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { CHROMIUM } from './chromium.mjs';
import { clip } from './clips.mjs';
import { RESULTS } from './world.mjs';

const FLAGS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync',
];

export class Browser {
  /** @param options Playwright's context options, `prompt: 'deny'` to refuse the camera, and `cameras: 0` for a device without one */
  static async start({ prompt = 'allow', cameras = 1, ...options } = {}) {
    const browser = new Browser();
    browser.directory = await mkdtemp(join(tmpdir(), 'nod-chromium-'));
    browser.camera = join(browser.directory, 'camera.mjpeg');
    await browser.see('obama');
    await mkdir(join(browser.directory, 'profile/Default'), { recursive: true });
    const preferences = { profile: { block_third_party_cookies: true, cookie_controls_mode: 1 } };
    await writeFile(join(browser.directory, 'profile/Default/Preferences'), JSON.stringify(preferences));
    browser.context = await chromium.launchPersistentContext(join(browser.directory, 'profile'), {
      executablePath: CHROMIUM,
      args: [
        ...FLAGS,
        // A file is a camera by itself.
        ...(cameras ? ['--use-fake-device-for-media-stream', `--use-file-for-fake-video-capture=${browser.camera}`] : ['--use-fake-device-for-media-stream=device-count=0']),
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
    const made = await clip(scene, join(RESULTS, 'clips'), CHROMIUM);
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
