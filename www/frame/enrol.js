// The enrolment page for ticket holders: the same journey at top level, on the authority's own origin.

import { offerKey } from './bind.js';
import { Engine } from './engine.js';
import { askTicket } from './identity.js';
import { Journey } from './journey.js';
import { waitForOperator } from './operator.js';
import { Problem } from './problem.js';
import { showIdle, showOutcome } from './result.js';
import { Screen } from './screen.js';
import { useLanguage } from './strings.js';

/** What the operator of a terminal decided, or nobody where there is none. */
const ENDS = { issued: 'enrolled', refused: 'refused', expired: 'refused' };

const screen = new Screen(document.getElementById('nod'));
const engine = new Engine();

// A ticket's link carries the code behind `#`, which no server sees; it leaves the address bar at once.
const known = decodeURIComponent(location.hash.slice(1));
history.replaceState(null, '', location.pathname);

await useLanguage(null);
run();

async function run() {
  const controller = new AbortController();
  const { signal } = controller;
  screen.onFooter({ cancel: () => controller.abort('cancel') });
  const journey = new Journey({ screen, engine, signal, tell() {} });
  const outcome = await askTicket(screen, known, signal)
    .then((ticket) => journey.enrol({ ticket, origin: location.origin }))
    .then(async ({ waiting, key_registration: registration }) => {
      const decided = waiting ? await waitForOperator(screen, waiting, signal) : 'issued';
      return decided === 'issued' ? { event: 'enrolled', detail: { bound: await offerKey(screen, registration) } } : { event: 'refused', detail: {} };
    })
    .catch((error) => (signal.aborted ? { event: 'cancel', detail: {} } : failed(Problem.of(error))));
  await engine.reset();
  if (outcome.event === 'cancel') showIdle(screen, run);
  else showOutcome(screen, outcome, { view: journey.view, retry: run });
}

function failed({ detail, shown }) {
  return { event: 'error', detail, shown };
}
