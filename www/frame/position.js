// Positioning and capture: the mirrored picture with its oval, one hint or instruction at a time, and the challenge.
//
// Hints are about the resident's face and room, and whether there are instructions tells who can move: both stay on
// this screen. The page hears of two moments only, "positioning" and "holding"; not even this step's height depends
// on what it says.

import { cueLayer } from './cue.js';
import { framesOf } from './frames.js';
import { guidanceLine } from './guidance.js';
import { Problem } from './problem.js';
import { el, orAbort, svg } from './screen.js';
import { t } from './strings.js';

/**
 * Resolves when everything the challenge asks for was seen.
 *
 * @param {Function} challenge draws it, once a face is in place; resolves to {expires_in} in seconds
 */
export async function capture({ screen, engine, camera, challenge, speak, signal, tell }) {
  const stage = buildStage(camera.video);
  const guidance = guidanceLine({ speak });
  screen.show({ name: 'position', title: t('position.title') }, ...stage.elements, guidance.element);
  tell('progress', { ...Problem.detail('capture.positioning'), progress: 0 });

  const frames = framesOf(camera.video);
  let deadline = Infinity;
  try {
    for (;;) {
      const { bitmap, at } = await orAbort(Promise.race([frames.next(), camera.lost]), signal);
      if (at > deadline) throw Problem.local('session.expired', 'result.unseen');
      const seen = await orAbort(Promise.race([engine.look(bitmap, at), camera.lost]), signal);
      stage.update(seen, guidance.show(seen));
      if (seen.phase === 'ready') {
        tell('ready', {});
        const drawn = await orAbort(Promise.race([challenge(), camera.lost]), signal);
        deadline = performance.now() + drawn.expires_in * 1000;
        // What was taken meanwhile may be older than the challenge.
        frames.forget();
        tell('progress', { ...Problem.detail('capture.holding'), progress: 0.5 });
      }
      if (seen.phase === 'captured') return;
    }
  } finally {
    frames.end();
    guidance.end();
  }
}

/** The picture under its oval, the ring of progress and the instruction's arrows; and progress for who cannot see a ring. */
function buildStage(video) {
  const { videoWidth: w, videoHeight: h } = video;
  const guide = svg('svg', { viewBox: `0 0 ${w} ${h}`, 'aria-hidden': 'true', class: 'guide' });
  const [rx, ry] = [Math.min(w * 0.34, h * 0.3), Math.min(h * 0.42, w * 0.46)];
  const oval = `M${w / 2 - rx} ${h / 2}a${rx} ${ry} 0 1 1 ${2 * rx} 0a${rx} ${ry} 0 1 1 ${-2 * rx} 0z`;
  const ring = svg('path', { d: startAtTop(w, h, rx, ry), class: 'ring', pathLength: '100', 'stroke-dasharray': '0 100' });
  const arrows = cueLayer(w, h);
  guide.append(
    svg('path', { d: `M0 0h${w}v${h}H0z${oval}`, 'fill-rule': 'evenodd', class: 'shade' }),
    svg('path', { d: oval, class: 'oval' }),
    ring,
    arrows.element,
  );
  const picture = el('div', { class: 'stage', 'data-phase': 'positioning' }, video, guide);
  picture.style.setProperty('--ratio', `${w} / ${h}`);
  const bar = el('progress', { class: 'unseen', max: '1', value: '0', 'aria-label': t('position.progress') });
  return {
    elements: [picture, bar],
    update({ phase, progress }, cue) {
      picture.dataset.phase = phase;
      bar.value = progress;
      ring.setAttribute('stroke-dasharray', `${Math.round(progress * 100)} 100`);
      arrows.show(cue);
    },
  };
}

/** The oval drawn clockwise from its top, where progress begins. */
function startAtTop(w, h, rx, ry) {
  return `M${w / 2} ${h / 2 - ry}a${rx} ${ry} 0 1 1 0 ${2 * ry}a${rx} ${ry} 0 1 1 0 ${-2 * ry}`;
}
