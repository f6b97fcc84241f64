// A real WebKitGTK, the engine that Safari has, in the window that Debian's package carries for tests (MiniBrowser), on a
// display of its own; driven through WebDriver (https://www.w3.org/TR/webdriver2/). It has no camera to play a file on: see film.mjs.

import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Pane } from './pane.mjs';

/** `cargo xtask` names the ones that it made sure of. */
const DRIVER = process.env.NOD_WEBKIT_DRIVER ?? '/usr/bin/WebKitWebDriver';
const XVFB = process.env.NOD_XVFB ?? '/usr/bin/Xvfb';
const LIMIT_MS = 90_000;

/**
 * As where there is no graphics card. A processor that draws as if it were one has nothing left for what the page does: a look
 * at a picture took ten times as long.
 */
const NO_GRAPHICS = { WEBKIT_DISABLE_COMPOSITING_MODE: '1' };
/** A phone's: less to draw. */
const SMALL = { width: 420, height: 640 };

export class WebKit {
  name = 'WebKitGTK';
  #directory;
  #address;
  #session = '';
  #children = [];
  #opener;
  /** One thing after the other: WebDriver speaks to one window and frame at a time. */
  #queue = Promise.resolve();

  /**
   * @param settings of the window, as `MiniBrowser --help-websettings` names them
   * @param environment for engine settings that only the environment has (JSC_…)
   */
  static async start({ settings = {}, environment = {} } = {}) {
    const webkit = new WebKit();
    try {
      await webkit.#start(settings, environment);
      return webkit;
    } catch (error) {
      await webkit.stop();
      throw error;
    }
  }

  async #start(settings, environment) {
    this.#directory = await mkdtemp(join(tmpdir(), 'nod-webkit-'));
    const display = await this.#display();
    const port = await freePort();
    this.#address = `http://127.0.0.1:${port}`;
    this.#spawn(DRIVER, [`--port=${port}`], {
      stdio: 'ignore',
      // Its own home, and no session bus: nothing is remembered, nothing is left behind.
      env: {
        ...process.env,
        HOME: this.#directory,
        XDG_RUNTIME_DIR: this.#directory,
        DBUS_SESSION_BUS_ADDRESS: 'disabled:',
        NO_AT_BRIDGE: '1',
        // No language: the frame then speaks English, which the tests read.
        LC_ALL: 'C',
        DISPLAY: display,
        ...NO_GRAPHICS,
        ...environment,
      },
    });
    await this.#driverAnswers();
    const given = Object.entries(settings).map(([name, value]) => `--${name}=${value}`);
    const args = ['--automation', '--javascript-can-open-windows-automatically=true', '--enable-2d-canvas-acceleration=false', ...given];
    const { sessionId, capabilities } = await this.#call('POST', '/session', {
      capabilities: { alwaysMatch: { 'webkitgtk:browserOptions': { args }, timeouts: { script: LIMIT_MS, pageLoad: LIMIT_MS } } },
    });
    this.#session = `/session/${sessionId}`;
    this.version = capabilities.browserVersion;
    this.#opener = await this.send('GET', '/window');
  }

  /** An X server in memory; it says on file 3 which number it took. */
  async #display() {
    const server = this.#spawn(XVFB, ['-displayfd', '3', '-screen', '0', '1280x1024x24', '-nolisten', 'tcp'], {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    });
    const number = await new Promise((resolve, reject) => {
      server.stdio[3].once('data', resolve);
      server.once('error', reject).once('exit', () => reject(new Error(`${XVFB} ended at its start`)));
    });
    return `:${String(number).trim()}`;
  }

  async #driverAnswers() {
    const until = Date.now() + 20_000;
    while (!await this.#call('GET', '/status').catch(() => null)) {
      if (Date.now() > until) throw new Error(`${DRIVER} does not answer`);
      await pause(50);
    }
  }

  /** One command of the protocol within the session, and its value. */
  send(method, path, body) {
    return this.#call(method, this.#session + path, body);
  }

  async #call(method, path, body) {
    const signal = AbortSignal.timeout(LIMIT_MS);
    const reply = await fetch(this.#address + path, { method, body: body && JSON.stringify(body), signal })
      .catch((error) => { throw new Error(`${method} ${path}: ${error.message}`); });
    const { value } = await reply.json();
    if (!reply.ok) throw new Error(`${value.error}: ${value.message}`);
    return value;
  }

  /** Runs `work` with the driver switched to a window, and to a frame in it. */
  within({ window, frame = null }, work) {
    const done = this.#queue.then(async () => {
      await this.send('POST', '/window', { handle: window });
      await this.send('POST', '/frame', { id: frame });
      return work();
    });
    this.#queue = done.catch(() => {});
    return done;
  }

  /**
   * Opens a window on an address whose shadow trees are open to the driver. <nod-verify> closes its own, and WebDriver finds no
   * frame in a closed one. A page that a page of its origin opens begins in the window that the opener was handed: what the
   * driver sets there before, holds there.
   */
  async open(address) {
    const handles = () => this.send('GET', '/window/handles');
    return this.within({ window: this.#opener }, async () => {
      const before = await handles();
      await this.send('POST', '/url', { url: new URL('/healthz', address).href });
      await this.send('POST', '/execute/sync', { script: `(${openWindow})(arguments[0])`, args: [address] });
      const window = (await handles()).find((handle) => !before.includes(handle));
      await this.send('POST', '/window', { handle: window });
      await this.send('POST', '/window/rect', SMALL);
      const until = Date.now() + LIMIT_MS;
      while (!await this.send('POST', '/execute/sync', { script: LOADED, args: [] }).catch(() => false)) {
        if (Date.now() > until) throw new Error(`${address} does not load`);
        await pause(50);
      }
      return window;
    });
  }

  async page() {
    return new WebKitPage(this);
  }

  async stop() {
    if (this.#session) await this.send('DELETE', '').catch(() => {});
    for (const { child, ended } of this.#children.reverse()) {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
      await ended;
      clearTimeout(timer);
    }
    if (this.#directory) await rm(this.#directory, { recursive: true, force: true, maxRetries: 5 });
  }

  #spawn(program, args, options) {
    const child = spawn(program, args, options);
    const ended = new Promise((resolve) => child.once('exit', resolve).once('error', resolve));
    this.#children.push({ child, ended });
    return child;
  }
}

const LOADED = 'return location.href !== "about:blank" && document.readyState === "complete"';

/** Runs in the opener's document. */
function openWindow(address) {
  const { Element } = open(address);
  const attach = Element.prototype.attachShadow;
  Element.prototype.attachShadow = function attachShadow(options) {
    return attach.call(this, { ...options, mode: 'open' });
  };
}

class WebKitPage extends Pane {
  #webkit;
  #place;

  constructor(webkit) {
    const place = { window: null };
    super(new Driver(webkit, place));
    this.#webkit = webkit;
    this.#place = place;
  }

  async goto(address) {
    // The window before stays until the browser ends: closed while its frame still loads, it can take the whole browser along.
    this.#place.window = await this.#webkit.open(address);
  }

  /** The frame of <nod-verify>, if it is there. A page that was come to by a link or form is opened anew, see `open`. */
  async frames() {
    const [element, closed, address] = await this.#inPage(FRAME);
    if (closed) await this.goto(address);
    if (!element) return [];
    const driver = new Driver(this.#webkit, { window: this.#place.window, frame: element });
    const url = await driver.evaluate(() => location.href);
    return [Object.assign(new Pane(driver), { url: () => url })];
  }

  close() {
    return this.#webkit.within(this.#place, () => this.#webkit.send('DELETE', '/window'));
  }

  #inPage(script) {
    return this.#webkit.within(this.#place, () => this.#webkit.send('POST', '/execute/sync', { script, args: [] }));
  }
}

const FRAME = `const host = document.querySelector('nod-verify:defined');
  return [host?.shadowRoot?.querySelector('iframe') ?? null, host !== null && !host.shadowRoot, location.href]`;

/** What Pane asks for, in one document. */
class Driver {
  #webkit;
  #place;

  /** @param place `{window, frame}`; `frame` is the element as WebDriver writes it down */
  constructor(webkit, place) {
    this.#webkit = webkit;
    this.#place = place;
  }

  async evaluate(fn, arg = null) {
    const [value, error] = await this.#here(() => this.#run(fn, arg));
    if (error) throw new Error(error);
    return value;
  }

  /** WebDriver's own click misses what is in a frame: the mouse goes to where that is in the window. */
  async click(selector) {
    const until = Date.now() + LIMIT_MS;
    // While a step takes another's place, what is to be clicked may move away from under the mouse.
    while (!await this.#clicked(selector).catch((error) => Date.now() > until && Promise.reject(error))) await pause(50);
  }

  #clicked(selector) {
    return this.#here(async () => {
      const [inner] = await this.#run(middle, selector);
      await this.#webkit.send('POST', '/frame', { id: null });
      const { x, y } = await this.#webkit.send('POST', '/execute/sync', {
        script: `return (${seen})(...arguments)`, args: [inner, this.#place.frame ?? null],
      });
      await this.#act({
        type: 'pointer',
        id: 'mouse',
        actions: [{ type: 'pointerMove', x: Math.round(x), y: Math.round(y) }, { type: 'pointerDown', button: 0 }, { type: 'pointerUp', button: 0 }],
      });
      return true;
    });
  }

  async type(selector, text) {
    await this.click(selector);
    const actions = [...text].flatMap((value) => [{ type: 'keyDown', value }, { type: 'keyUp', value }]);
    await this.#here(() => this.#act({ type: 'key', id: 'keyboard', actions }));
  }

  #here(work) {
    return this.#webkit.within(this.#place, work);
  }

  #act(source) {
    return this.#webkit.send('POST', '/actions', { actions: [source] });
  }

  #run(fn, arg) {
    const script = `const [given, done] = arguments;
      (async () => (${fn})(given))().then((value) => done([value ?? null, null]), (error) => done([null, String(error)]))`;
    return this.#webkit.send('POST', '/execute/async', { script, args: [arg] });
  }
}

/** Runs in the element's document. */
function middle(selector) {
  const { x, y, width, height } = document.querySelector(selector).getBoundingClientRect();
  return { x: x + width / 2, y: y + height / 2 };
}

/** Runs in the window's document: brings a point of it or of a frame to the middle, as a person scrolls. */
function seen(point, frame) {
  const from = () => frame?.getBoundingClientRect() ?? { x: 0, y: 0 };
  const before = scrollY;
  scrollBy({ top: from().y + point.y - innerHeight / 2, behavior: 'instant' });
  const moved = frame ? 0 : scrollY - before;
  return { x: from().x + point.x, y: from().y + point.y - moved };
}

/** A port nobody listens on right now. */
async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve, reject) => server.once('listening', resolve).once('error', reject));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}
