// The picture of an instruction: arrows over the mirrored view of oneself.
//
// Nothing is turned round here. As in a mirror, one's own left hand is on the left of the screen, so "left" is an
// arrow to the left; also where the language is written from right to left.

import { svg } from './screen.js';

const ARROW = 'M5 12h14M13 6l6 6-6 6';
/** Without a shaft: a place to be, not a way to go. */
const CHEVRON = 'M9 6l6 6-6 6';
const [RIGHT, DOWN, LEFT, UP] = [0, 90, 180, -90];

/**
 * The layer for instructions in a picture of `w` by `h` units.
 *
 * @returns {{element: SVGElement, show: (cue: string|null) => void}}
 */
export function cueLayer(w, h) {
  const element = svg('g', { class: 'cue' });
  let shown = null;
  return {
    element,
    show(cue) {
      if (cue === shown) return;
      shown = cue;
      element.replaceChildren(...(PICTURES[cue]?.(w, h) ?? []));
    },
  };
}

/** A head and the ways it will be asked to go, for the screen before the camera. */
export function movementsPicture() {
  const picture = svg('svg', { viewBox: '0 0 240 160', 'aria-hidden': 'true', class: 'movements' });
  const size = 30;
  picture.append(
    svg('ellipse', { cx: 120, cy: 80, rx: 33, ry: 42, class: 'head' }),
    svg('path', { d: 'M108 72v4M132 72v4M120 78l-3 13h6M109 103q11 7 22 0', class: 'head' }),
    sign(ARROW, { x: 56, y: 80, towards: LEFT, size }),
    sign(ARROW, { x: 184, y: 80, towards: RIGHT, size }),
    sign(ARROW, { x: 120, y: 17, towards: UP, size }),
    sign(ARROW, { x: 120, y: 143, towards: DOWN, size }),
  );
  return picture;
}

/** For each instruction of the wasm module, its signs. */
const PICTURES = {
  straight: (w, h) => [atLeft(CHEVRON, w, h, RIGHT), atRight(CHEVRON, w, h, LEFT)],
  turn_left: (w, h) => [atLeft(ARROW, w, h, LEFT)],
  turn_right: (w, h) => [atRight(ARROW, w, h, RIGHT)],
  look_up: (w, h) => [sign(ARROW, { x: w / 2, y: inset(w, h), towards: UP, size: sizeIn(w, h) })],
  look_down: (w, h) => [sign(ARROW, { x: w / 2, y: h - inset(w, h), towards: DOWN, size: sizeIn(w, h) })],
  // Outwards to the four corners: the face is to become larger.
  come_closer: (w, h) => [[-1, -1], [1, -1], [1, 1], [-1, 1]].map(([right, down]) => sign(ARROW, {
    x: w / 2 + right * (w / 2 - inset(w, h)),
    y: h / 2 + down * (h / 2 - inset(w, h)),
    towards: (Math.atan2(down, right) * 180) / Math.PI,
    size: sizeIn(w, h),
  })),
};

function atLeft(path, w, h, towards) {
  return sign(path, { x: inset(w, h) * 1.3, y: h / 2, towards, size: sizeIn(w, h) });
}

function atRight(path, w, h, towards) {
  return sign(path, { x: w - inset(w, h) * 1.3, y: h / 2, towards, size: sizeIn(w, h) });
}

function sizeIn(w, h) {
  return Math.min(w, h) * 0.19;
}

/** How far a sign's middle is from the picture's edge. */
function inset(w, h) {
  return sizeIn(w, h) * 0.62;
}

/** A disc with a path of a 24×24 box, which points to the right until it is turned `towards` (degrees). */
function sign(path, { x, y, towards, size }) {
  // The place is an attribute of the outer element, so that a style sheet may move the inner one.
  const placed = svg('g', { class: 'sign', transform: `translate(${x} ${y}) rotate(${towards}) scale(${size / 24}) translate(-12 -12)` });
  placed.append(svg('circle', { cx: 12, cy: 12, r: 12 }), svg('path', { d: path }));
  return placed;
}
