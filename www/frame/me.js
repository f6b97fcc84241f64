// "My card" (docs/card.md), at top level on the authority's own origin: the same journey as everywhere opens it, at the level that
// the resident enrolled for. The secret that it is then used with lives in this page's memory and goes with it.

import { showCard } from './card.js';
import { open } from './card-requests.js';
import { Engine } from './engine.js';
import { Journey } from './journey.js';
import { Problem } from './problem.js';
import { showOutcome } from './result.js';
import { Screen, button, el } from './screen.js';
import { t, useLanguage } from './strings.js';

const screen = new Screen(document.getElementById('nod'));
const engine = new Engine();

await useLanguage(null);
document.title = t('me.title');
showStart();

function showStart() {
  screen.show(
    { name: 'me', title: t('me.title'), footer: false },
    el('p', { class: 'lead' }, t('me.lead')),
    el(
      'div',
      { class: 'actions' },
      button(t('me.open'), () => run('full')),
      button(t('me.open.light'), () => run('light'), 'secondary'),
    ),
    el('p', { class: 'hint' }, t('me.level')),
  );
}

/** One attempt to open the card, and the card until it closes. */
async function run(level) {
  const controller = new AbortController();
  const { signal } = controller;
  screen.onFooter({ cancel: () => controller.abort('cancel') });
  const journey = new Journey({ screen, engine, signal, tell() {} });
  const outcome = await journey.verify({ sitekey: 'pk_self', origin: location.origin, action: 'card', level })
    .then(async ({ token, yes }) => (yes ? { card: await open(token) } : { event: 'answer', detail: { yes } }))
    .catch((error) => (signal.aborted ? { event: 'cancel' } : failed(Problem.of(error))));
  await engine.reset();
  if (outcome.event === 'cancel') return showStart();
  if (!outcome.card) return showOutcome(screen, outcome, { view: journey.view, retry: showStart });
  await showCard(screen, outcome.card);
  showStart();
}

function failed({ detail, shown }) {
  return { event: 'error', detail, shown };
}
