// The page that a phone opens from another screen's QR code, at top level on the authority's own origin (docs/handoff.md):
// who asks and the code, then the same journey as everywhere, then "look at the other screen".

import { sealWith } from './authority.js';
import { Engine } from './engine.js';
import { end, follow, open } from './handoff.js';
import { askCode } from './join.js';
import { Journey } from './journey.js';
import { Problem } from './problem.js';
import { showOutcome } from './result.js';
import { Screen, orAbort } from './screen.js';
import { showLoading } from './send.js';
import { useLanguage } from './strings.js';

/** Where an attempt on this phone cannot begin again. */
const ELSEWHERE = 'phone.again';

const screen = new Screen(document.getElementById('nod'));
const engine = new Engine();
sealWith(engine);

// The handle stands behind `#`, which no server sees; it leaves the address bar at once, and works only once anyway.
const handle = location.hash.slice(1);
history.replaceState(null, '', location.pathname);

await useLanguage(null);
showLoading(screen);
open(handle).then(run, (error) => showOutcome(screen, failed(error), { view: null, retry: null, elsewhere: ELSEWHERE }));

/** One hand-off, to its end: as many attempts as its session allows. */
async function run(opened) {
  const over = new AbortController();
  addEventListener('pagehide', () => end(opened.phone, 'cancelled'), { signal: over.signal });
  const leave = { stopped: 'cancelled', alternative: 'alternative', error: 'failed' };
  let joined = null;

  for (;;) {
    const { outcome, spent } = await attempt(opened, joined, (session) => { joined = session; });
    const canRetry = outcome.event === 'error' && joined && !spent && outcome.detail.retryable && !outcome.isOver;
    if (canRetry) {
      await new Promise((retry) => showOutcome(screen, outcome, { view: opened, retry }));
      continue;
    }
    over.abort();
    if (leave[outcome.event] && !outcome.isOver) await end(opened.phone, leave[outcome.event]);
    return showOutcome(screen, outcome, { view: opened, retry: null, elsewhere: ELSEWHERE });
  }
}

/** @returns {Promise<{outcome: {event, detail, isOver?}, spent: boolean}>} `isOver`: the authority has said so, there is nothing to end */
async function attempt(opened, joined, onJoined) {
  const controller = new AbortController();
  const { signal } = controller;
  screen.onFooter({ alternative: () => controller.abort('alternative'), cancel: () => controller.abort('cancel') });
  const journey = new Journey({ screen, engine, signal, tell() {} });
  // The other screen may end it while the camera is on here.
  follow(opened.phone, ({ state, code }) => state === 'ended' && controller.abort(Problem.local(code)), signal).catch(() => {});
  const outcome = await orAbort(Promise.resolve(joined ?? askCode(screen, opened, signal)), signal)
    .then((session) => {
      onJoined(session);
      return journey.verify(session);
    })
    .then(() => ({ event: 'done', detail: {} }))
    .catch((error) => ending(error, signal));
  // What follows the state stops with it.
  controller.abort('cancel');
  await engine.reset();
  return { outcome, spent: journey.spent };
}

function ending(error, signal) {
  const reason = signal.aborted ? signal.reason : null;
  if (reason === 'cancel') return { event: 'stopped', detail: {} };
  if (reason === 'alternative') return { event: 'alternative', detail: {} };
  if (reason) return { ...failed(reason), isOver: true };
  return failed(error);
}

function failed(error) {
  const { detail, shown, code } = Problem.of(error);
  return { event: 'error', detail, shown, isOver: code.startsWith('handoff.') };
}
