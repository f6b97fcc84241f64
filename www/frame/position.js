// Positioning and capture: the mirrored picture with its oval, one hint at a time, then the challenge.
//
// Hints are about the resident's face and room: they stay on this screen. The page hears of two
// moments only, "positioning" and "holding still"; not even this step's height depends on a hint.

import { Problem } from './problem.js';
import { el, orAbort } from './screen.js';
import { has, t } from './strings.js';

/** A hint stays this long, so that it can be read and spoken before the next replaces it. */
const HINT_MS = 900;

/** Resolves when the keyframes are taken. */
export async function capture({ screen, engine, camera, signal, tell }) {
  const stage = buildStage(camera.video);
  const say = hintLine();
  screen.show({ name: 'position', title: t('position.title') }, stage.element, say.element);
  tell('progress', { ...Problem.detail('capture.positioning'), progress: 0 });

  let deadline = Infinity;
  for (;;) {
    const bitmap = await orAbort(Promise.race([nextFrame(camera.video), camera.lost]), signal);
    const at = performance.now();
    if (at > deadline) throw Problem.local('session.expired');
    const seen = await orAbort(Promise.race([engine.look(bitmap, at), camera.lost]), signal);
    stage.update(seen);
    say.hint(seen);
    if (seen.phase === 'ready') {
      tell('ready', {});
      const drawn = await orAbort(Promise.race([engine.challenge('still'), camera.lost]), signal);
      deadline = performance.now() + drawn.expires_in * 1000;
      tell('progress', { ...Problem.detail('capture.holding'), progress: 0.5 });
    }
    if (seen.phase === 'captured') return;
  }
}

/** The next picture the camera delivers, as a bitmap the worker can be given. */
function nextFrame(video) {
  return new Promise((resolve, reject) => {
    const take = () => createImageBitmap(video).then(resolve, () => reject(Problem.local('camera.ended')));
    if (video.requestVideoFrameCallback) video.requestVideoFrameCallback(take);
    else requestAnimationFrame(take);
  });
}

function buildStage(video) {
  const { videoWidth: w, videoHeight: h } = video;
  const guide = svg('svg', { viewBox: `0 0 ${w} ${h}`, 'aria-hidden': 'true', class: 'guide' });
  const [rx, ry] = [Math.min(w * 0.34, h * 0.3), Math.min(h * 0.42, w * 0.46)];
  const oval = `M${w / 2 - rx} ${h / 2}a${rx} ${ry} 0 1 1 ${2 * rx} 0a${rx} ${ry} 0 1 1 ${-2 * rx} 0z`;
  const ring = svg('path', { d: startAtTop(w, h, rx, ry), class: 'ring', pathLength: '100', 'stroke-dasharray': '0 100' });
  guide.append(
    svg('path', { d: `M0 0h${w}v${h}H0z${oval}`, 'fill-rule': 'evenodd', class: 'shade' }),
    svg('path', { d: oval, class: 'oval' }),
    ring,
  );
  const element = el('div', { class: 'stage', 'data-phase': 'positioning' }, video, guide);
  element.style.setProperty('--ratio', `${w} / ${h}`);
  return {
    element,
    update({ phase, progress }) {
      element.dataset.phase = phase;
      ring.setAttribute('stroke-dasharray', `${Math.round(progress * 100)} 100`);
    },
  };
}

/** The oval drawn clockwise from its top, where progress begins. */
function startAtTop(w, h, rx, ry) {
  return `M${w / 2} ${h / 2 - ry}a${rx} ${ry} 0 1 1 0 ${2 * ry}a${rx} ${ry} 0 1 1 0 ${-2 * ry}`;
}

function hintLine() {
  const element = el('p', { class: 'guidance', role: 'status', 'aria-live': 'polite' }, t('position.begin'));
  let shown = '';
  let since = 0;
  return {
    element,
    hint({ phase, hint }) {
      const key = hint && has(hint) ? hint : `position.${phase}`;
      const now = performance.now();
      if (key === shown || now - since < HINT_MS) return;
      [shown, since] = [key, now];
      element.textContent = t(key);
      element.dataset.hint = hint ?? '';
    },
  };
}

function svg(tag, attributes) {
  const made = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}
