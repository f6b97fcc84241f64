// Positioning and capture: the mirrored picture with its oval, one hint or instruction at a time, and the challenge.
//
// Hints are about the resident's face and room, and whether there are instructions tells who can move: both stay on
// this screen. The page hears of two moments only, "positioning" and "holding"; not even this step's height depends
// on what it says.

import { cameraPicker } from './cameras.js';
import { cueLayer } from './cue.js';
import { framesOf } from './frames.js';
import { guidanceLine } from './guidance.js';
import { Problem } from './problem.js';
import { el, orAbort, svg } from './screen.js';
import { t } from './strings.js';

/**
 * Resolves when everything the challenge asks for was seen; or, before there is a challenge, to the camera that the
 * resident would rather have.
 *
 * @param {Function} challenge draws it, once a face is in place; resolves to {expires_in} in seconds
 * @param {Function} onSeen is told what is to be seen of each picture
 * @returns {Promise<string|null>} a device, to begin again with
 */
export async function capture({ screen, engine, camera, challenge, speak, signal, tell, onSeen = () => {} }) {
  const stage = buildStage(camera.video);
  const guidance = guidanceLine({ speak });
  const picker = cameraPicker(camera.cameras, camera.id);
  screen.show({ name: 'position', title: t('position.title') }, ...stage.elements, guidance.element, picker.element);
  tell('progress', { ...Problem.detail('capture.positioning'), progress: 0 });

  const frames = framesOf(camera.video);
  let deadline = Infinity;
  try {
    for (;;) {
      const arrived = await orAbort(Promise.race([frames.next(), camera.lost, picker.chosen]), signal);
      if (typeof arrived === 'string') return arrived;
      const { bitmap, at } = arrived;
      if (at > deadline) throw Problem.local('session.expired', 'result.unseen');
      const seen = await orAbort(Promise.race([engine.look(bitmap, at), camera.lost]), signal);
      onSeen(seen);
      stage.update(seen, guidance.show(seen));
      if (seen.phase === 'ready') {
        picker.close();
        tell('ready', {});
        const drawn = await orAbort(Promise.race([challenge(), camera.lost]), signal);
        deadline = performance.now() + drawn.expires_in * 1000;
        // What was taken meanwhile may be older than the challenge.
        frames.forget();
        tell('progress', { ...Problem.detail('capture.holding'), progress: 0.5 });
      }
      if (seen.phase === 'captured') return null;
    }
  } finally {
    frames.end();
    guidance.end();
  }
}

/** The picture under its oval, the ring of progress and the instruction's arrows; and progress for who cannot see a ring. */
function buildStage(video) {
  const guide = svg('svg', { 'aria-hidden': 'true', class: 'guide' });
  const picture = el('div', { class: 'stage', 'data-phase': 'positioning' }, video, guide);
  const bar = el('progress', { class: 'unseen', max: '1', value: '0', 'aria-label': t('position.progress') });
  let drawn = drawGuide(picture, guide, video);
  // A phone that is turned changes the sides of its picture.
  video.addEventListener('resize', () => { drawn = drawGuide(picture, guide, video); });
  return {
    elements: [picture, bar],
    update({ phase, progress }, cue) {
      picture.dataset.phase = phase;
      bar.value = progress;
      drawn.ring.setAttribute('stroke-dasharray', `${Math.round(progress * 100)} 100`);
      drawn.arrows.show(cue);
    },
  };
}

/** Oval, ring and arrows in the shape of the camera's picture. */
function drawGuide(picture, guide, { videoWidth: w, videoHeight: h }) {
  const [rx, ry] = [Math.min(w * 0.34, h * 0.3), Math.min(h * 0.42, w * 0.46)];
  const oval = `M${w / 2 - rx} ${h / 2}a${rx} ${ry} 0 1 1 ${2 * rx} 0a${rx} ${ry} 0 1 1 ${-2 * rx} 0z`;
  const ring = svg('path', { d: startAtTop(w, h, rx, ry), class: 'ring', pathLength: '100', 'stroke-dasharray': '0 100' });
  const arrows = cueLayer(w, h);
  guide.setAttribute('viewBox', `0 0 ${w} ${h}`);
  guide.replaceChildren(
    svg('path', { d: `M0 0h${w}v${h}H0z${oval}`, 'fill-rule': 'evenodd', class: 'shade' }),
    svg('path', { d: oval, class: 'oval' }),
    ring,
    arrows.element,
  );
  picture.style.setProperty('--ratio', `${w} / ${h}`);
  return { ring, arrows };
}

/** The oval drawn clockwise from its top, where progress begins. */
function startAtTop(w, h, rx, ry) {
  return `M${w / 2} ${h / 2 - ry}a${rx} ${ry} 0 1 1 0 ${2 * ry}a${rx} ${ry} 0 1 1 0 ${-2 * ry}`;
}
