// The order of the steps, for verifying and for enrolling. Each step is a file; this one only says
// what follows what, what the page is told, and that the camera is off whatever happens.

import { openCamera } from './camera.js';
import { askConsent } from './consent.js';
import { continueOnPhone } from './desk.js';
import { askIdentity, askPasscode } from './identity.js';
import { capture } from './position.js';
import { prepare } from './prepare.js';
import { Problem } from './problem.js';
import { orAbort } from './screen.js';
import { showLoading, showSending } from './send.js';

export class Journey {
  /** What the authority says of this session; null until it is open. */
  view = null;
  /** Whether a challenge was asked for or a phone has taken over: the session serves no other attempt here after that. */
  spent = false;
  #screen;
  #engine;
  #signal;
  #tell;
  #typed;
  #device;
  #atKiosk;

  /**
   * @param {{screen, engine, signal: AbortSignal, tell: Function, typed?: object, device?: object, atKiosk?: Function}} parts `tell(name, detail)`
   *   informs the page; `typed` keeps the ID number for a second try, `device` what stands for it where one is remembered;
   *   `atKiosk` loads kiosk.js where the site is a kiosk and this is its screen
   */
  constructor({ screen, engine, signal, tell, typed = null, device = null, atKiosk = null }) {
    this.#screen = screen;
    this.#engine = engine;
    this.#signal = signal;
    this.#tell = tell;
    this.#typed = typed;
    this.#device = device;
    this.#atKiosk = atKiosk;
  }

  /**
   * @param options the element's; `handoff` is 'auto' (a phone is offered), 'first' (it is shown at once, and this device can
   *   be used after all), 'only' or 'off'
   * @returns {Promise<{token: string, yes: boolean}>} without both where this is the phone that another screen waits for
   */
  verify(options) {
    return this.#run(requestFor(options), options);
  }

  /** @returns {Promise<{enrolled: boolean, waiting?: string, key_registration?: string}>} `waiting` where the operator of a terminal decides; the last lets
   * this page bind a device key, once */
  enrol(options) {
    const { ticket, origin } = options;
    return this.#run({ sitekey: 'pk_self', origin, purpose: 'enrol', ticket }, options);
  }

  async #run(request, { camera: wanted, handoff = 'off' }) {
    const [screen, engine, signal] = [this.#screen, this.#engine, this.#signal];
    showLoading(screen);
    this.view = { ...await orAbort(engine.open(request), signal), sitekey: request.sitekey };
    if (handoff === 'first' || handoff === 'only') {
      const answer = await this.#onPhone(handoff === 'first');
      if (answer) return answer;
    }

    // The models arrive while the resident reads and types.
    const progress = { share: 0, show: null };
    const models = engine.loadModels(this.view.model_sets, (share) => {
      progress.share = share;
      progress.show?.(share);
    });
    models.catch(() => {});

    const kiosk = this.view.site.kiosk && this.#atKiosk ? await orAbort(this.#atKiosk(), signal) : null;
    const offersPhone = handoff === 'first' || (handoff === 'auto' && !isPhone());
    while (await askConsent(screen, this.view, offersPhone, signal) === 'phone') {
      const answer = await this.#onPhone(true);
      if (answer) return answer;
    }
    this.#tell('consent', {});
    if (this.view.at_terminal) await this.#confirmMobile();
    const who = kiosk
      ? await kiosk.askWho(this.view, wanted, signal)
      : await askIdentity(screen, this.view, this.#typed?.known(), this.#device, signal);
    const { claimedId, device: handle, code = null, ...given } = who;
    // At a kiosk the next who looks at it may be somebody else.
    if (claimedId && !kiosk) this.#typed?.keep(claimedId);
    const { mode, speak, passcode, signed } = await this.#chooseWay(given);

    // Before the camera: it is never on while the resident waits for a download.
    progress.show = showLoading(screen, progress.share);
    await orAbort(models, signal);

    this.#tell('permission', {});
    const challenge = () => {
      this.spent = true;
      return engine.challenge(mode);
    };
    // Again for each camera that the resident tries.
    let device = wanted;
    do {
      const camera = await openCamera(screen, device, signal);
      try {
        device = await capture({ screen, engine, camera, challenge, speak, signal, tell: this.#tell, onSeen: kiosk?.seen });
      } finally {
        camera.stop();
      }
    } while (device !== null);

    showSending(screen);
    this.#tell('sealed', {});
    const answer = await orAbort(engine.submit(claimedId, handle, passcode, code, signed), signal);
    this.#device?.settle({ yes: answer.yes, remember: claimedId && handle });
    return answer;
  }

  /** The answer from a phone, or null where the resident stays on this device after all. */
  #onPhone(canStay) {
    this.#tell('handoff', {});
    const onJoined = () => { this.spent = true; };
    return continueOnPhone({ screen: this.#screen, view: this.view, canStay, onJoined, signal: this.#signal });
  }

  /** Loaded where it is needed: no site's page has it. */
  async #confirmMobile() {
    const { confirmMobile } = await import('./mobile.js').catch(() => { throw Problem.local('env.asset_fetch'); });
    await confirmMobile(this.#screen, this.view.session, this.#signal);
  }

  /** Moving, or still and then with passcode or device key: a capture without movement counts only together with one. */
  async #chooseWay(given) {
    let speak = false;
    for (;;) {
      const way = await prepare(this.#screen, this.view, speak, this.#signal);
      if (way.mode === 'move' || given.passcode || given.signed) return { ...way, ...given };
      const other = await askPasscode(this.#screen, this.view, this.#signal);
      if (other) return { ...way, ...other };
      speak = way.speak;
    }
  }
}

/** What the authority is asked for; a handle minted by the site's back end carries everything else already. */
export function requestFor({ session, sitekey, origin, action, level, rp_nonce, bind, ask }) {
  return session
    ? { session, sitekey, origin }
    : { sitekey, origin, action, level, rp_nonce, bind, ask, purpose: 'verify' };
}

/** A device that is held in the hand has a camera, and scans no picture on its own screen. */
function isPhone() {
  return matchMedia('(pointer: coarse) and (hover: none)').matches;
}
