// The page side of worker.js: asks it for one thing at a time and gets a promise.

import { AUTHORITY } from './authority.js';
import { Problem } from './problem.js';

const RESET_WITHIN_MS = 1_000;

export class Engine {
  #worker = null;
  #calls = new Map();
  #next = 1;
  #onProgress = null;

  /** Loads the wasm module and opens a session. @returns its view: site, purpose, level, … */
  open(request) {
    return this.#call('open', [request]);
  }

  /** Fetches (or takes from the cache) and loads the models; `onProgress(0..1)` while bytes arrive. */
  loadModels(sets, onProgress) {
    this.#onProgress = onProgress;
    return this.#call('loadModels', [sets]);
  }

  /** One camera frame; the bitmap is moved to the worker. @returns {{phase, hint, progress}} */
  look(bitmap, at) {
    return this.#call('look', [bitmap, at], [bitmap]);
  }

  challenge(mode) {
    return this.#call('challenge', [mode]);
  }

  /** Seals, sends, and wipes what was captured. @returns {{token?, yes?, case?, enrolled?, waiting?, key_registration?}} */
  submit(claimedId, device, passcode, handle, signed) {
    return this.#call('submit', [claimedId, device, passcode, handle, signed]);
  }

  /** A request of the page's own, sealed for the relay in between. @returns {Promise<string>} the reply's JSON */
  request(method, path, key, json) {
    return this.#call('request', [method, path, key, json]);
  }

  /**
   * Wipes whatever an attempt left in the module. A worker that is still waiting for the network is
   * not waited for: it is ended, which wipes as well.
   */
  async reset() {
    if (!this.#worker) return;
    const timer = setTimeout(() => this.#drop(), RESET_WITHIN_MS);
    await this.#call('reset', []).catch(() => this.#drop());
    clearTimeout(timer);
  }

  #call(name, args, transfer = []) {
    this.#worker ??= this.#spawn();
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#calls.set(id, { resolve, reject });
      this.#worker.postMessage({ id, name, args }, transfer);
    });
  }

  #spawn() {
    const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module', name: 'nod' });
    worker.postMessage({ authority: AUTHORITY });
    let isBlocked = false;
    // Somebody on the way (an extension, a proxy) put a policy of their own around the frame.
    document.addEventListener('securitypolicyviolation', ({ effectiveDirective }) => {
      isBlocked ||= effectiveDirective === 'worker-src';
    });
    worker.onmessage = ({ data }) => {
      if (data.progress !== undefined) return this.#onProgress?.(data.progress);
      const call = this.#calls.get(data.id);
      this.#calls.delete(data.id);
      if (data.problem) call.reject(new Problem(data.problem));
      else call.resolve(data.value);
    };
    worker.onerror = ({ message }) => {
      // The module trapped, most often for want of memory; a script that did not load has nothing to say.
      if (message) return this.#drop('env.out_of_memory');
      this.#drop(isBlocked ? 'env.csp_blocked' : 'env.asset_fetch');
    };
    return worker;
  }

  #drop(code = 'env.asset_fetch') {
    this.#worker?.terminate();
    this.#worker = null;
    const waiting = [...this.#calls.values()];
    this.#calls.clear();
    for (const call of waiting) call.reject(Problem.local(code));
  }
}
