// The journey of a test site key: the steps and events of a real one to the end that the key names, without camera and face.
//
// A page's developer drives it; nobody is checked. Only an authority in development mode serves a frame for such a key, and
// only that authority signs what comes of it (authority/src/test_keys.rs): nothing here could answer for a resident.

import { ask as askAuthority } from './authority.js';
import { askConsent } from './consent.js';
import { requestFor } from './journey.js';
import { Problem } from './problem.js';
import { button, el, orAbort } from './screen.js';
import { showLoading, showSending } from './send.js';
import { t } from './strings.js';

/** Ends that a browser finds by itself; the authority makes the others. */
const UNSUPPORTED = 'pk_test_unsupported';
const CAMERA_DENIED = 'pk_test_camera_denied';

export class TestJourney {
  view = null;
  spent = false;
  #screen;
  #signal;
  #tell;

  constructor({ screen, signal, tell }) {
    this.#screen = screen;
    this.#signal = signal;
    this.#tell = tell;
  }

  /** @returns {Promise<{token: string, yes: boolean}>} */
  async verify(options) {
    const [screen, signal, tell] = [this.#screen, this.#signal, this.#tell];
    const ask = (path, body) => orAbort(askAuthority('POST', path, { body }), signal);
    if (options.sitekey === UNSUPPORTED) throw Problem.local('env.unsupported');
    showLoading(screen);
    this.view = await ask('/v1/sessions', requestFor(options));
    const { session } = this.view;

    await askConsent(screen, this.view, false, signal);
    tell('consent', {});
    await sayThatThisIsATest(screen, signal);
    tell('permission', {});
    if (options.sitekey === CAMERA_DENIED) throw Problem.local('camera.denied');
    tell('progress', { ...Problem.detail('capture.positioning'), progress: 0 });
    tell('ready', {});
    this.spent = true;
    await ask(`/v1/sessions/${session}/challenge`, { mode: 'still' });
    tell('progress', { ...Problem.detail('capture.holding'), progress: 0.5 });

    showSending(screen);
    tell('sealed', {});
    const { token } = await ask('/v1/test-answers', { session });
    return { token, yes: yesOf(token) };
  }
}

/** In place of ID number, passcode and camera. */
function sayThatThisIsATest(screen, signal) {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    screen.show(
      { name: 'test', title: t('test.title') },
      el('p', { class: 'lead' }, t('test.lead')),
      el('div', { class: 'actions' }, button(t('consent.continue'), resolve)),
    );
  });
}

/** A hint for the screen; the site's server checks the token. */
function yesOf(token) {
  const claims = token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/');
  return JSON.parse(atob(claims)).yes === true;
}
