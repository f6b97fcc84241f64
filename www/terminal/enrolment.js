// One enrolment: the picture for the resident's phone, how far they have come, and the operator's decision.

import { button, el, svg } from '../screen.js';
import { issue, refuse, stateOf } from './requests.js';
import { said } from './words.js';

const ASKED_EVERY_MS = 1_500;
/** Modules of white around the picture, without which cameras do not find it (ISO/IEC 18004, 6.3.8). */
const QUIET = 4;

const STAGES = {
  open: 'Waiting: the resident scans the picture, gives a mobile number and types the code that is sent there.',
  phone: 'The number is confirmed. The resident sets a passcode and looks into the camera.',
};

/** Resolves to what is said of it on the next screen. */
export async function enrol(screen, opened, id) {
  const status = showPicture(screen, opened);
  const over = new AbortController();
  const cancelled = new Promise((resolve) => { status.onCancel = () => resolve({ state: 'cancelled' }); });
  const held = until(opened.enrolment, (told) => { status.say(STAGES[told.state] ?? '', told.expires_in); }, over.signal);
  const told = await Promise.race([held, cancelled]);
  over.abort();
  if (told.state === 'held') return decide(screen, opened.enrolment, told.portrait, id);
  if (told.state === 'cancelled') await refuse(opened.enrolment);
  return { expired: 'Time was up. Nothing was kept.', refused: 'Refused. Nothing was kept.', cancelled: 'Cancelled. Nothing was kept.' }[told.state] ?? null;
}

/** Asks until there is something to decide, or nothing any more. */
async function until(enrolment, onStage, signal) {
  for (;;) {
    const told = await stateOf(enrolment).catch((error) => {
      // A network that comes back has cost nothing.
      if (!error.code?.startsWith('net.')) throw error;
      return null;
    });
    if (signal.aborted) return told;
    if (told && !STAGES[told.state]) return told;
    if (told) onStage(told);
    await new Promise((resolve) => { setTimeout(resolve, ASKED_EVERY_MS); });
  }
}

function showPicture(screen, { link, qr, portrait }) {
  const address = el('input', { id: 'link', readonly: '', value: link, dir: 'ltr', spellcheck: 'false' });
  address.addEventListener('focus', () => address.select());
  const stage = el('p', { class: 'lead', role: 'status' }, STAGES.open);
  const time = el('p', { class: 'hint' });
  const status = {
    say(text, seconds) {
      // A live region that is filled with what it says already is read again.
      if (stage.textContent !== text) stage.textContent = text;
      time.textContent = `${Math.ceil(seconds / 60)} min left`;
    },
    onCancel: null,
  };
  screen.show(
    { name: 'picture', title: 'The resident scans this', footer: false },
    stage,
    time,
    picture(qr),
    portrait && el('p', { class: 'hint' }, 'There is a photograph under this number. The face will be compared with it.'),
    el('div', { class: 'field' }, el('label', { for: 'link' }, 'Or they open this link on their phone'), address),
    el('div', { class: 'actions' }, button('Cancel', () => status.onCancel(), 'secondary')),
  );
  return status;
}

/** The operator has looked at the document, and at the person; the photograph may say something else. */
async function decide(screen, enrolment, portrait, id) {
  for (let fault = null; ;) {
    const choice = await chosen(screen, portrait, id, fault);
    try {
      if (choice === 'refuse') {
        await refuse(enrolment);
        return 'Refused. Nothing was kept.';
      }
      await issue(enrolment, portrait === 'differs');
      return 'Enrolled. The resident’s phone says so too.';
    } catch (error) {
      if (['terminal.nothing', 'enrol.exists', 'terminal.not_signed_in'].includes(error.code)) throw error;
      fault = said(error);
    }
  }
}

function chosen(screen, portrait, id, fault) {
  return new Promise((resolve) => {
    const differs = portrait === 'differs';
    const checks = [
      check('genuine', 'The document is genuine and valid, and its number is the one above.'),
      check('person', 'It is the document of the person before me, who has just looked into the camera.'),
      differs && check('despite', 'I have found out why the face is not that of the photograph, and it is no reason to refuse.'),
    ].filter(Boolean);
    const complaint = el('p', { class: 'fault', role: 'alert' }, fault ?? '');
    const confirm = () => {
      const open = checks.find(({ box }) => !box.checked);
      if (!open) return resolve('issue');
      complaint.textContent = 'Everything has to be checked before you confirm.';
      open.box.focus();
    };
    screen.show(
      { name: 'decide', title: differs ? 'The face is not that of the photograph' : 'Check the document', alert: differs, footer: false },
      el('p', { class: differs ? 'lead warning' : 'lead' }, PORTRAITS[portrait]),
      el('p', {}, 'ID number: ', el('strong', { dir: 'ltr' }, id)),
      el('div', { class: 'checks' }, ...checks.map(({ element }) => element)),
      complaint,
      el('div', { class: 'actions' }, button('Confirm and enrol', confirm), button('Refuse', () => resolve('refuse'), 'secondary')),
    );
  });
}

const PORTRAITS = {
  none: 'The face is captured. There is no photograph under this number to compare it with: the document decides.',
  same: 'The face is captured, and it is that of the photograph under this number.',
  differs: 'The photograph that the authority has under this number shows another face. An old photograph or an operation can be the reason; so can somebody else’s document.',
};

function check(name, text) {
  const box = el('input', { type: 'checkbox', id: name });
  return { box, element: el('label', { class: 'check', for: name }, box, text) };
}

/** Black on white whatever the theme: many cameras read no other. */
function picture({ side, path }) {
  const size = side + 2 * QUIET;
  const drawn = svg('svg', { viewBox: `${-QUIET} ${-QUIET} ${size} ${size}`, class: 'qr', role: 'img', 'shape-rendering': 'crispEdges' });
  drawn.setAttribute('aria-label', 'QR code of the link below');
  drawn.append(
    svg('rect', { x: -QUIET, y: -QUIET, width: size, height: size, fill: '#fff' }),
    svg('path', { d: path, fill: '#000' }),
  );
  return drawn;
}
