// The frame on a relying party's page: listens to <nod-verify>, runs one attempt at a time.
//
// Steps of an attempt, a file each: consent.js, identity.js, prepare.js, camera.js, frames.js, position.js, send.js, result.js; or
// desk.js, where they are gone through on a phone.

import { sealWith } from './authority.js';
import { deviceOn } from './device.js';
import { Engine } from './engine.js';
import { connectPage } from './handshake.js';
import { Journey } from './journey.js';
import { Problem } from './problem.js';
import { showIdle, showOutcome } from './result.js';
import { Screen } from './screen.js';
import { t, useLanguage, useTextsOfSite } from './strings.js';
import { useTheme } from './theme.js';
import { typedBefore } from './typed.js';

/** What keeps this device from it and not a phone. */
const PHONE_HELPS = /^(camera\.|env\.policy_blocked$)/;

const screen = new Screen(document.getElementById('nod'));
const engine = new Engine();
sealWith(engine);
const sitekey = decodeURIComponent(location.pathname.split('/').pop());
const typed = typedBefore();
const device = deviceOn(sitekey);
/** After these the resident may try again; after all others somebody else may come. */
const TRY_AGAIN = new Set(['denied', 'error', 'timeout']);
/** Codes whose terminal event has a name of its own. */
const EVENTS = { 'camera.denied': 'denied', 'env.unsupported': 'unsupported', 'env.no_wasm': 'unsupported' };
let running = null;
const { site: name, alternative } = document.documentElement.dataset;
/** What the authority last said of the site; its other way stands in the page, for when no session can be opened. */
let known = { site: { name, alternative } };
/** Begins another attempt; null where only a fresh page can. */
let retry = () => page.event('retry', {});
/** Whether the resident has asked for a phone when the last attempt ended. */
let phoneFirst = false;
/** What is otherwise at a kiosk, once it is known that this is one; nobody else's browser fetches it. */
let kiosk = null;

const page = await connectPage({
  async start(options) {
    await stop('cancel');
    await speak(options.lang);
    useTheme(options.theme);
    useTextsOfSite(options.texts);
    run(options);
  },
  async cancel() {
    await stop('cancel');
    typed.forget();
    idle();
  },
  look({ theme }) {
    useTheme(theme);
  },
  /** The answer's time is over, and the page has not used it. */
  expired() {
    if (!running) showIdle(screen, retry, known);
  },
});
useTheme(page.theme);
useTextsOfSite(page.own);
await speak(page.lang);
screen.onHeight((height) => page.height(height));
// A page may have started an attempt while the texts were on their way.
if (!running) idle();
page.event('load', {});

/** The element outside speaks as the frame does; it has no texts of its own to fall behind. */
async function speak(lang) {
  await useLanguage(lang);
  page.texts({ language: document.documentElement.lang, title: t('app.title'), required: t('app.required') });
}

function idle() {
  showIdle(screen, () => page.event('retry', {}), known);
}

/** Starts an attempt; its end is one terminal event to the page and one screen to the resident. */
function run(options) {
  const controller = new AbortController();
  const timer = options.timeout && setTimeout(() => controller.abort('timeout'), options.timeout * 1000);
  screen.onFooter({
    alternative: () => controller.abort('alternative'),
    cancel: () => controller.abort('cancel'),
  });
  const handoff = handoffOf(options);
  phoneFirst = false;
  let journey = null;
  const finished = kindOfJourney()
    .then((Kind) => {
      journey = new Kind({ screen, engine, signal: controller.signal, tell: page.event, typed, device, atKiosk });
      return journey.verify({ ...options, handoff, sitekey, origin: page.origin });
    })
    .then((answer) => ({ event: 'answer', detail: { token: answer.token, yes: answer.yes }, number: answer.case }))
    .catch((error) => ending(error, controller.signal))
    .then(async (outcome) => {
      clearTimeout(timer);
      await engine.reset();
      running = null;
      if (TRY_AGAIN.has(outcome.event) || outcome.detail.yes === false) typed.linger();
      else typed.forget();
      known = journey?.view ?? known;
      // A session that the site's back end minted can be opened again only until its challenge.
      retry = options.session && journey?.spent ? null : () => page.event('retry', {});
      showOutcome(screen, outcome, {
        view: known,
        retry,
        phone: handoff !== 'off' && PHONE_HELPS.test(outcome.detail.code) && onPhone,
        done: kiosk?.forget,
      });
      kiosk?.ended(outcome);
      page.event(outcome.event, outcome.detail);
    });
  running = { controller, finished };
}

/** Test keys walk another way; nobody else's browser fetches it. */
async function kindOfJourney() {
  if (!sitekey.startsWith('pk_test_')) return Journey;
  const { TestJourney } = await import('./test-keys.js').catch(() => { throw Problem.local('env.asset_fetch'); });
  return TestJourney;
}

async function atKiosk() {
  const { kiosk: begin } = await import('./kiosk.js').catch(() => { throw Problem.local('env.asset_fetch'); });
  kiosk ??= begin({ screen, over });
  return kiosk;
}

/** The guest is gone, whatever was under way: the next one gets another frame. */
async function over() {
  await stop('timeout');
  page.wiped();
}

/** How this attempt may go on elsewhere: as the page wishes, or at once where the resident has asked for it. */
function handoffOf({ handoff }) {
  if (handoff === 'off' || handoff === 'only') return handoff;
  return phoneFirst || handoff === 'first' ? 'first' : 'auto';
}

function onPhone() {
  phoneFirst = true;
  page.event('retry', {});
}

async function stop(reason) {
  running?.controller.abort(reason);
  await running?.finished;
}

/** The terminal event for whatever ended the journey early. */
function ending(error, signal) {
  const reason = signal.aborted ? signal.reason : null;
  const problem = Problem.of(error);
  // Here, or on the phone where the resident went on.
  if (reason === 'cancel' || problem.code === 'user.cancelled') return { event: 'cancel', detail: Problem.detail('user.cancelled') };
  if (reason === 'alternative' || problem.code === 'user.alternative') return { event: 'alternative', detail: Problem.detail('user.alternative') };
  if (reason === 'timeout') return { event: 'timeout', detail: Problem.detail('user.inactive') };
  return { event: EVENTS[problem.code] ?? 'error', detail: problem.detail, shown: problem.shown };
}
