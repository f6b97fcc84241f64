// A real Firefox, driven through WebDriver BiDi (https://w3c.github.io/webdriver-bidi/), which it speaks itself. It cannot
// play a file as its camera: see film.mjs.

import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import WebSocket from 'ws';
import { Pane } from './pane.mjs';

/** `cargo xtask` names the one that it made sure of. */
const FIREFOX = process.env.NOD_FIREFOX ?? '/usr/bin/firefox-esr';

const PREFERENCES = {
  // The frame speaks the browser's language; the tests read English.
  'intl.accept_languages': 'en-US',
  // Nothing but the pages under test is asked for anything.
  'app.normandy.enabled': false,
  'app.update.enabled': false,
  'browser.aboutwelcome.enabled': false,
  'browser.safebrowsing.downloads.remote.enabled': false,
  'browser.shell.checkDefaultBrowser': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  'extensions.update.enabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'services.settings.server': 'data:,',
};

export class Firefox {
  name = 'Firefox';
  /** Violations of any Content-Security-Policy, of every page and frame so far. */
  violations = [];
  #process;
  #ended;
  #profile;
  #socket;
  #next = 1;
  #waiting = new Map();

  /** @param preferences (about:config) beside those of every test */
  static async start(preferences = {}) {
    const firefox = new Firefox();
    try {
      await firefox.#start({ ...PREFERENCES, ...preferences });
      return firefox;
    } catch (error) {
      await firefox.stop();
      throw error;
    }
  }

  async #start(preferences) {
    this.#profile = await mkdtemp(join(tmpdir(), 'nod-firefox-'));
    const lines = Object.entries(preferences).map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`);
    await writeFile(join(this.#profile, 'user.js'), lines.join(''));
    // Port 0: any that is free.
    const args = ['--headless', '--no-remote', '--profile', this.#profile, '--remote-debugging-port', '0', 'about:blank'];
    this.#process = spawn(FIREFOX, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#ended = new Promise((resolve) => this.#process.once('exit', resolve));
    this.#socket = new WebSocket(`${await this.#address()}/session`);
    await new Promise((resolve, reject) => this.#socket.once('open', resolve).once('error', reject));
    this.#socket.on('message', (data) => this.#hear(JSON.parse(data)));
    this.#socket.on('close', () => this.#waiting.forEach(({ reject }) => reject(new Error('Firefox is gone'))));
    const { capabilities } = await this.send('session.new', { capabilities: {} });
    this.version = capabilities.browserVersion;
    await this.send('session.subscribe', { events: ['log.entryAdded'] });
  }

  /** It says on the standard error where it listens. */
  #address() {
    return new Promise((resolve, reject) => {
      this.#process.once('error', reject);
      this.#ended.then(() => reject(new Error(`${FIREFOX} ended at its start`)));
      createInterface(this.#process.stderr).on('line', (line) => {
        const found = /WebDriver BiDi listening on (ws:\S+)/.exec(line);
        if (found) resolve(found[1]);
      });
    });
  }

  /** One command of the protocol, and its result. */
  async send(method, params) {
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#socket.send(JSON.stringify({ id, method, params }));
    });
  }

  #hear({ type, id, method, result, error, message, params }) {
    if (method === 'log.entryAdded' && /Content.Security.Policy/i.test(params.text)) this.violations.push(params.text);
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (type === 'success') waiting?.resolve(result);
    if (type === 'error') waiting?.reject(new Error(`${error}: ${message}`));
  }

  async page() {
    const { context } = await this.send('browsingContext.create', { type: 'tab' });
    await this.send('browsingContext.setViewport', { context, viewport: { width: 1024, height: 900 } });
    return new FirefoxPage(this, context);
  }

  async stop() {
    // As a person closes it; a signal alone leaves its processes a long goodbye.
    this.send('browser.close', {}).catch(() => this.#process?.kill('SIGTERM'));
    const timer = setTimeout(() => this.#process?.kill('SIGKILL'), 15_000);
    await this.#ended;
    clearTimeout(timer);
    if (this.#profile) await rm(this.#profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

class FirefoxPage extends Pane {
  #firefox;
  #context;

  constructor(firefox, context) {
    super(new Driver(firefox, context));
    this.#firefox = firefox;
    this.#context = context;
  }

  goto(url) {
    return this.#firefox.send('browsingContext.navigate', { context: this.#context, url, wait: 'complete' });
  }

  async frames() {
    const { contexts } = await this.#firefox.send('browsingContext.getTree', { root: this.#context });
    return contexts[0].children.map(({ context, url }) => Object.assign(new Pane(new Driver(this.#firefox, context)), { url: () => url }));
  }

  close() {
    return this.#firefox.send('browsingContext.close', { context: this.#context });
  }
}

/** What Pane asks for, in one document. */
class Driver {
  #firefox;
  #context;

  constructor(firefox, context) {
    this.#firefox = firefox;
    this.#context = context;
  }

  async evaluate(fn, arg = null) {
    const value = await this.#call(`async (given) => JSON.stringify(await (${fn})(JSON.parse(given)) ?? null)`, JSON.stringify(arg));
    return JSON.parse(value.value);
  }

  async click(selector) {
    const found = await this.#call(`(selector) => {
      const element = document.querySelector(selector);
      element.scrollIntoView({ block: 'center', behavior: 'instant' });
      return element;
    }`, selector);
    const origin = { type: 'element', element: { sharedId: found.sharedId } };
    const actions = [{ type: 'pointerMove', x: 0, y: 0, origin }, { type: 'pointerDown', button: 0 }, { type: 'pointerUp', button: 0 }];
    await this.#act({ type: 'pointer', id: 'mouse', actions });
  }

  async type(selector, text) {
    await this.click(selector);
    const actions = [...text].flatMap((value) => [{ type: 'keyDown', value }, { type: 'keyUp', value }]);
    await this.#act({ type: 'key', id: 'keyboard', actions });
  }

  #act(source) {
    return this.#firefox.send('input.performActions', { context: this.#context, actions: [source] });
  }

  async #call(functionDeclaration, given) {
    const { type, result, exceptionDetails } = await this.#firefox.send('script.callFunction', {
      functionDeclaration,
      awaitPromise: true,
      arguments: [{ type: 'string', value: given }],
      target: { context: this.#context },
    });
    if (type === 'exception') throw new Error(exceptionDetails.text);
    return result;
  }
}
