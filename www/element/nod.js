// <nod-verify>: asks the authority whether the person at this screen is the resident they claim to be.
//
// One self-contained file, so that one `integrity` attribute covers everything a relying party runs.
// It holds an iframe of the authority's origin and passes messages; camera, face, claimed ID and
// passcode stay behind that frame and never reach this code.

const SCRIPT_ORIGIN = new URL(import.meta.url).origin;
const LOADED_WITHIN_MS = 30_000;
const HELLO_WITHIN_MS = 10_000;
const STOP_WITHIN_MS = 3_000;
const LONGEST_TEXT = 200;

/** The only keys an event's detail may carry, each with the check its value must pass. */
const DETAIL = {
  attempt: Number.isInteger,
  // Hints tell of the resident's face and room: none may pass, whatever the frame sends.
  code: (value) => typeof value === 'string' && /^(?!hint\.|live\.)[a-z_]+\.[a-z0-9_]+$/.test(value),
  retryable: (value) => typeof value === 'boolean',
  next: (value) => typeof value === 'string' && /^[a-z_]{1,32}$/.test(value),
  progress: (value) => typeof value === 'number' && value >= 0 && value <= 1,
  token: (value) => typeof value === 'string' && /^[\w-]+\.[\w-]+\.[\w-]+$/.test(value),
  yes: (value) => typeof value === 'boolean',
};

// generated: events by `cargo xtask generate` from xtask/src/contract/element.rs
/** Events that end an attempt: exactly one of them follows every `nod-start`. */
const TERMINAL = new Set(['answer', 'alternative', 'denied', 'unsupported', 'timeout', 'cancel', 'error']);
const PASSING = new Set(['consent', 'permission', 'progress', 'ready', 'handoff', 'sealed']);
// end of generated

/** What a phone helps with, if one may be used. */
const PHONE_HELPS = new Set(['camera.none', 'env.policy_blocked', 'env.unsupported']);

// generated: codes by `cargo xtask generate` from protocol/src/codes.rs
/** Codes that this file finds itself: whether trying again can help, and what to do next. */
export const LOCAL_CODES = {
  'config.origin_not_allowed': [false, 'fix_integration'],
  'env.insecure_context': [false, 'fix_integration'],
  'env.unsupported': [false, 'other_device'],
  'env.no_wasm': [false, 'other_device'],
  'env.policy_blocked': [false, 'fix_integration'],
  'env.csp_blocked': [false, 'fix_integration'],
  'camera.none': [true, 'check_camera'],
  'user.cancelled': [true, 'restart'],
  'net.offline': [true, 'retry'],
  'answer.expired': [true, 'restart'],
};
// end of generated

const STYLE = `
  :host { display: block; max-width: 30rem; min-width: 0; }
  :host([hidden]) { display: none; }
  slot[hidden] { display: none; }
  iframe { display: block; width: 100%; height: 30rem; border: 0; border-radius: 14px; color-scheme: light dark; }
  :host(:focus-visible) { outline: 3px solid Highlight; outline-offset: 3px; border-radius: 14px; }
`;

export class NodVerify extends HTMLElement {
  static formAssociated = true;
  static observedAttributes = ['sitekey', 'authority', 'theme', 'title'];

  #internals = this.attachInternals();
  #root = this.attachShadow({ mode: 'closed', delegatesFocus: true });
  #fallback = document.createElement('slot');
  #frame = null;
  #port = null;
  #loaded = null;
  #attempt = 0;
  #running = null;
  #token = '';
  #expiry = 0;
  // Until the frame has said it in the resident's language.
  #required = 'Please complete the identity check.';
  #commands = new Map();
  #lastCommand = 0;

  constructor() {
    super();
    // A constructed sheet: the page's CSP needs no 'unsafe-inline' for it.
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    this.#root.adoptedStyleSheets = [sheet];
    // What the page put inside shows while there is no frame: before this script, without it, or refused.
    this.#root.append(this.#fallback);
    this.#setToken('');
  }

  /** Whether this browser can run the journey at all. Spends no session and asks no permission. */
  static async check() {
    const found = (code) => ({ supported: code === null, code, simd, relaxedSimd });
    const simd = hasWasm() && WebAssembly.validate(SIMD_PROBE);
    const relaxedSimd = hasWasm() && WebAssembly.validate(RELAXED_SIMD_PROBE);
    if (!globalThis.isSecureContext) return found('env.insecure_context');
    if (!simd) return found('env.no_wasm');
    const policy = document.permissionsPolicy ?? document.featurePolicy;
    // What the page may not do itself it cannot hand to a frame; whether its policy names the authority
    // only the frame can tell.
    if (policy && !policy.allowsFeature('camera')) return found('env.policy_blocked');
    if (!navigator.mediaDevices?.getUserMedia) return found('env.unsupported');
    const devices = await navigator.mediaDevices.enumerateDevices().catch(() => []);
    // A cross-origin policy may hide the list; an empty one proves nothing.
    if (devices.length > 0 && !devices.some((device) => device.kind === 'videoinput')) return found('camera.none');
    return found(null);
  }

  /** Begins an attempt; resolves with its terminal event's name and detail, camera off. */
  async start() {
    if (this.#running) return this.#running.done;
    if (!this.isConnected) throw new DOMException('nod-verify is not in a document', 'InvalidStateError');
    this.#setToken('');
    this.#attempt += 1;
    const running = {};
    running.done = new Promise((resolve) => { running.resolve = resolve; });
    this.#running = running;
    this.#emit('start', {});
    if (!this.#frame) this.#open();
    const support = await NodVerify.check();
    // What this device lacks a phone may have.
    const elsewhere = PHONE_HELPS.has(support.code) && this.#options().handoff !== 'off';
    const lacking = elsewhere ? null : support.code;
    const failure = lacking ?? (await this.#loaded);
    if (this.#running === running) {
      if (failure) this.#finish(lacking ? 'unsupported' : 'error', about(failure));
      else this.#port.postMessage({ type: 'start', options: this.#options(elsewhere) });
    }
    return running.done;
  }

  /** Ends the attempt, if one runs, with `nod-cancel`; resolves when the camera is off. */
  async cancel() {
    await this.#command('cancel');
    this.#finish('cancel', about('user.cancelled'));
  }

  /** As `cancel`, then forgets the token and shows the first step again. */
  async reset() {
    await this.cancel();
    this.#setToken('');
    if (this.isConnected && this.#execution() === 'render') this.start();
  }

  /** The token of the last answer while it is valid, else the empty string. */
  getResponse() {
    return this.#token;
  }

  /** Whether there was an answer and its time has run out. */
  isExpired() {
    return this.#token === '' && this.#expiry !== 0;
  }

  /** As `cancel`, then removes the frame and the element. */
  async destroy() {
    await this.cancel();
    this.#close();
    this.remove();
  }

  get form() { return this.#internals.form; }
  get name() { return this.getAttribute('name') ?? ''; }
  get value() { return this.#token; }
  get validity() { return this.#internals.validity; }
  get validationMessage() { return this.#internals.validationMessage; }
  checkValidity() { return this.#internals.checkValidity(); }
  reportValidity() { return this.#internals.reportValidity(); }

  connectedCallback() {
    this.#open();
    if (this.#execution() === 'render') this.start();
  }

  disconnectedCallback() {
    // The frame leaves the document with the element: the browser ends its camera at once.
    this.#finish('cancel', about('user.cancelled'));
    this.#close();
  }

  attributeChangedCallback(name, before, after) {
    if (before === after || !this.#frame) return;
    // Looks and name change under a running attempt; another site or authority is another frame.
    if (name === 'theme') return this.#port?.postMessage({ type: 'look', theme: after });
    if (name === 'title') return this.#nameFrame();
    this.disconnectedCallback();
    this.connectedCallback();
  }

  formResetCallback() {
    this.reset();
  }

  #execution() {
    return this.getAttribute('execution') === 'manual' ? 'manual' : 'render';
  }

  #authority() {
    return new URL(this.getAttribute('authority') ?? SCRIPT_ORIGIN).origin;
  }

  #options(elsewhere = false) {
    const read = (name) => this.getAttribute(name);
    const handoff = ['off', 'only'].includes(read('handoff')) ? read('handoff') : 'auto';
    return {
      session: read('session'),
      action: read('action'),
      rp_nonce: read('rp-nonce'),
      bind: read('bind'),
      level: read('level'),
      ask: (read('ask') ?? '').split(/[\s,]+/).filter(Boolean),
      lang: read('lang'),
      theme: read('theme'),
      camera: read('camera'),
      handoff: elsewhere && handoff === 'auto' ? 'first' : handoff,
      timeout: Number(read('timeout')) || null,
      texts: { intro: read('text-intro'), start: read('text-start'), done: read('text-done') },
    };
  }

  #open() {
    const authority = this.#authority();
    const frame = document.createElement('iframe');
    frame.allow = ['camera', 'microphone', 'publickey-credentials-get'].map((name) => `${name} ${authority}`).join('; ');
    frame.referrerPolicy = 'no-referrer';
    frame.src = `${authority}/frame/${encodeURIComponent(this.getAttribute('sitekey') ?? '')}`;
    this.#frame = frame;
    this.#nameFrame();
    this.#loaded = this.#handshake(frame, authority).then((failure) => {
      if (failure && this.#frame === frame) this.#close();
      return failure;
    });
    this.#fallback.hidden = true;
    this.#root.append(frame);
  }

  /** At a kiosk, for who comes next: another frame, which knows nothing of who was there. */
  #renew() {
    this.#finish('cancel', about('user.cancelled'));
    this.#setToken('');
    this.#close();
    this.#emit('wiped', {});
    if (this.isConnected) this.connectedCallback();
  }

  #nameFrame() {
    this.#frame.title = this.getAttribute('title') ?? 'Identity check';
  }

  /** Resolves to null once the frame has spoken, to a code when it never will. */
  #handshake(frame, authority) {
    return new Promise((resolve) => {
      // A browser does not tell a page why a frame stays silent: the authority refuses the page's origin
      // (frame-ancestors), or it cannot be reached.
      const giveUp = () => resolve(navigator.onLine ? 'config.origin_not_allowed' : 'net.offline');
      let timer = setTimeout(giveUp, LOADED_WITHIN_MS);
      document.addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI }) => {
        if (effectiveDirective === 'frame-src' && blockedURI.startsWith(authority)) resolve('env.csp_blocked');
      }, { signal: AbortSignal.timeout(LOADED_WITHIN_MS) });
      frame.addEventListener('load', () => {
        clearTimeout(timer);
        timer = setTimeout(giveUp, HELLO_WITHIN_MS);
        const { port1, port2 } = new MessageChannel();
        this.#port = port1;
        port1.onmessage = ({ data }) => {
          if (data?.type !== 'event' || data.name !== 'load') return this.#receive(data);
          clearTimeout(timer);
          this.#emit('load', {});
          resolve(null);
        };
        // Delivered only to a document of the authority's origin; anything else never gets the port.
        const { lang, theme, texts } = this.#options();
        frame.contentWindow.postMessage({ nod: 1, type: 'init', lang, theme, texts }, authority, [port2]);
      });
    });
  }

  #receive(data) {
    if (data?.type === 'resize' && Number.isFinite(data.height)) {
      this.#frame.style.height = `${Math.min(Math.max(data.height, 120), 2_000)}px`;
    } else if (data?.type === 'texts') {
      this.#useTexts(data);
    } else if (data?.type === 'wiped') {
      this.#renew();
    } else if (data?.type === 'done') {
      this.#commands.get(data.id)?.();
    } else if (data?.type === 'event' && data.name === 'retry') {
      // The resident asked for another attempt inside the frame.
      this.start();
    } else if (data?.type === 'event' && TERMINAL.has(data.name)) {
      this.#finish(data.name, data.detail);
    } else if (data?.type === 'event' && PASSING.has(data.name) && this.#running) {
      this.#emit(data.name, data.detail);
    }
  }

  /** What this element shows itself, in the frame's language: the frame has the texts, so that a pinned script speaks new ones. */
  #useTexts({ language, title, required }) {
    if ([language, title, required].some((text) => typeof text !== 'string' || !text || text.length > LONGEST_TEXT)) return;
    this.#frame.lang = language;
    this.#frame.title = this.getAttribute('title') ?? title;
    this.#required = required;
    this.#validate();
  }

  #finish(name, detail) {
    const running = this.#running;
    if (!running) return;
    this.#running = null;
    if (name === 'answer') this.#setToken(detail?.token ?? '');
    const seen = this.#emit(name, detail);
    running.resolve({ event: `nod-${name}`, ...seen });
  }

  #emit(name, detail) {
    const seen = { attempt: this.#attempt };
    for (const [key, allowed] of Object.entries(DETAIL)) {
      if (key !== 'attempt' && detail?.[key] !== undefined && allowed(detail[key])) seen[key] = detail[key];
    }
    this.dispatchEvent(new CustomEvent(`nod-${name}`, { detail: Object.freeze(seen) }));
    return seen;
  }

  #setToken(token) {
    this.#token = token;
    this.#expiry = 0;
    this.#internals.setFormValue(token || null);
    this.#validate();
    if (token) this.#expireAt(expiryOf(token));
  }

  #validate() {
    if (this.#token) this.#internals.setValidity({});
    else this.#internals.setValidity({ valueMissing: true }, this.#required);
  }

  #expireAt(seconds) {
    const token = this.#token;
    setTimeout(() => {
      if (this.#token !== token) return;
      this.#setToken('');
      this.#expiry = seconds;
      this.#emit('expired', about('answer.expired'));
      // A screen that still says "Confirmed" would be a dead end: the frame offers to begin again.
      this.#port?.postMessage({ type: 'expired' });
    }, Math.max(0, seconds * 1000 - Date.now()));
  }

  /** Sends a command and waits until the frame says it is done (its camera is off by then). */
  async #command(type) {
    if (!this.#port) return;
    const id = ++this.#lastCommand;
    const answered = new Promise((resolve) => this.#commands.set(id, resolve));
    this.#port.postMessage({ type, id });
    // A frame that does not answer is taken out of the document, which ends its camera too.
    const timer = setTimeout(() => this.#close(), STOP_WITHIN_MS);
    await answered;
    clearTimeout(timer);
    this.#commands.delete(id);
  }

  #close() {
    this.#port?.close();
    this.#frame?.remove();
    this.#port = this.#frame = null;
    this.#fallback.hidden = false;
    for (const done of [...this.#commands.values()]) done();
  }
}

function about(code) {
  const [retryable, next] = LOCAL_CODES[code];
  return { code, retryable, next };
}

/** The `exp` claim (seconds) of a compact JWS; the signature is for the site's server to check. */
function expiryOf(token) {
  try {
    const payload = token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/');
    return Number(JSON.parse(atob(payload)).exp) || 1;
  } catch {
    return 1;
  }
}

function hasWasm() {
  return typeof WebAssembly === 'object' && typeof WebAssembly.validate === 'function';
}

// Smallest modules that use one instruction of each extension: i8x16.splat, and
// i32x4.relaxed_trunc_f32x4_s of the relaxed set.
const SIMD_PROBE = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 8, 1, 6, 0, 65, 0, 253, 15, 11,
]);
const RELAXED_SIMD_PROBE = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 11, 1, 9, 0, 65, 0, 253, 15, 253,
  129, 2, 11,
]);

if (!customElements.get('nod-verify')) customElements.define('nod-verify', NodVerify);
