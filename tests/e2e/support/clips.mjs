// Camera clips for Chromium's file camera, made from the real photographs in tests/faces.
//
// A clip is a run of JPEG pictures (MJPEG) of 640×480. Each picture is the photograph moved, turned and
// scaled by a hair, a little brighter or darker, with sensor noise: a real camera in a real hand never
// delivers the same picture twice, and the judge refuses keyframes that are alike to the last bit. Hence
// four seconds at Chromium's 30 pictures a second: a capture ends before the clip comes round again.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import jpeg from 'jpeg-js';

const [WIDTH, HEIGHT] = [640, 480];
/** Pictures of a clip that is captured, and of one that only gets a hint. */
const [LONG, SHORT] = [120, 30];
const FACES = new URL('../../faces/', import.meta.url);

/** Where the face lies in each photograph: centre and height from brow to chin, in its pixels. */
const PHOTOS = {
  obama: { file: 'obama.jpg', x: 277, y: 150, h: 165 },
  obama2: { file: 'obama2.jpg', x: 186, y: 240, h: 200 },
  obama3: { file: 'obama3.jpg', x: 211, y: 123, h: 92 },
  biden: { file: 'biden.jpg', x: 158, y: 110, h: 112 },
  astronaut: { file: 'astronaut.jpg', x: 223, y: 125, h: 108 },
  partial: { file: 'obama_partial_face.jpg', x: 0, y: 150, h: 165 },
};

const CENTRE = { x: 320, y: 245, h: 210 };

/** What the camera sees: photographs with the place their face takes in the picture, and the light. */
const SCENES = {
  obama: { layers: [{ photo: 'obama', at: CENTRE }] },
  obama2: { layers: [{ photo: 'obama2', at: CENTRE }] },
  obama3: { layers: [{ photo: 'obama3', at: CENTRE }] },
  biden: { layers: [{ photo: 'biden', at: CENTRE }] },
  astronaut: { layers: [{ photo: 'astronaut', at: CENTRE }] },
  // The spaceship and the helmet of the astronaut's picture: a real scene, nobody in it.
  'no-face': { layers: [{ photo: 'astronaut', at: { x: -170, y: -60, h: 210 } }], frames: SHORT },
  'two-faces': {
    layers: [
      { photo: 'obama', at: { x: 180, y: 245, h: 165 }, from: 0, to: 330 },
      { photo: 'biden', at: { x: 480, y: 245, h: 165 }, from: 330, to: WIDTH },
    ],
    frames: SHORT,
  },
  'too-dark': { layers: [{ photo: 'obama', at: CENTRE }], gain: 0.12, frames: SHORT },
  // The picture whose left part is missing, its cut lying on the camera's own edge.
  'cut-face': { layers: [{ photo: 'partial', at: { x: 0, y: 245, h: 210 } }], frames: SHORT },
};

export const SCENE_NAMES = Object.keys(SCENES);

/** The path of a scene's clip under `directory`; made on first use, kept by the hash of its recipe. */
export function clip(scene, directory) {
  const recipe = SCENES[scene];
  const hash = createHash('sha256').update(readFileSync(new URL(import.meta.url)));
  for (const { photo } of recipe.layers) hash.update(readFileSync(new URL(PHOTOS[photo].file, FACES)));
  const path = join(directory, `${scene}-${hash.digest('hex').slice(0, 12)}.mjpeg`);
  if (!existsSync(path)) {
    mkdirSync(directory, { recursive: true });
    writeFileSync(`${path}.part`, render(recipe));
    renameSync(`${path}.part`, path);
  }
  return path;
}

function render({ layers, gain = 1, frames: count = LONG }) {
  const random = generator(7);
  const photos = layers.map((layer) => ({ ...layer, ...place(layer) }));
  const frames = [];
  for (let frame = 0; frame < count; frame += 1) {
    const hand = {
      dx: sway((2 * frame) / count, random),
      dy: sway((3 * frame) / count, random),
      turn: 0.004 * Math.sin((2 * Math.PI * frame) / count) + 0.0006 * normal(random),
      scale: 1 + 0.004 * Math.sin((4 * Math.PI * frame) / count),
      gain: gain * (1 + 0.01 * normal(random)),
    };
    const data = Buffer.alloc(WIDTH * HEIGHT * 4, 255);
    for (const layer of photos) draw(data, layer, hand);
    expose(data, hand.gain, random);
    frames.push(jpeg.encode({ data, width: WIDTH, height: HEIGHT }, 92).data);
  }
  return Buffer.concat(frames);
}

/** The photograph's pixels, and how picture coordinates lead back to them. */
function place({ photo, at }) {
  const { file, x, y, h } = PHOTOS[photo];
  const pixels = jpeg.decode(readFileSync(new URL(file, FACES)), { useTArray: true });
  return { pixels, faceX: x, faceY: y, zoom: at.h / h };
}

function draw(data, { pixels, faceX, faceY, zoom, at, from = 0, to = WIDTH }, hand) {
  const [sin, cos] = [Math.sin(hand.turn), Math.cos(hand.turn)];
  const step = 1 / (zoom * hand.scale);
  for (let y = 0; y < HEIGHT; y += 1) {
    for (let x = from; x < to; x += 1) {
      const [px, py] = [x - at.x - hand.dx, y - at.y - hand.dy];
      const into = (y * WIDTH + x) * 4;
      sample(pixels, faceX + (cos * px + sin * py) * step, faceY + (cos * py - sin * px) * step, data, into);
    }
  }
}

/** Bilinear; beyond the photograph's edge its last pixels go on for a strip, then there is a plain wall. */
function sample({ width, height, data }, rawX, rawY, out, into) {
  const [x, y] = [drawOut(rawX, width - 1), drawOut(rawY, height - 1)];
  const [x0, y0] = [Math.floor(x), Math.floor(y)];
  if (x0 < 0 || y0 < 0 || x0 + 1 >= width || y0 + 1 >= height) {
    out[into] = 176;
    out[into + 1] = 170;
    out[into + 2] = 162;
    return;
  }
  const [fx, fy] = [x - x0, y - y0];
  const first = (y0 * width + x0) * 4;
  const below = first + width * 4;
  for (let c = 0; c < 3; c += 1) {
    const upper = data[first + c] * (1 - fx) + data[first + 4 + c] * fx;
    const lower = data[below + c] * (1 - fx) + data[below + 4 + c] * fx;
    out[into + c] = upper * (1 - fy) + lower * fy;
  }
}

const STRIP = 60;

function drawOut(at, last) {
  if (at < 0 && at > -STRIP) return 0;
  if (at >= last && at < last + STRIP) return last - 1e-6;
  return at;
}

/** Light and sensor noise; each row reads the table of noise from a place of its own. */
function expose(data, gain, random) {
  const row = WIDTH * 4;
  for (let y = 0; y < HEIGHT; y += 1) {
    let at = Math.floor(random() * (NOISE.length - row));
    for (let i = y * row; i < (y + 1) * row; i += 1) data[i] = Math.min(255, Math.max(0, data[i] * gain + NOISE[at++]));
  }
}

/** A slow drift of a pixel or so with a tremor on it; the clip's end meets its beginning. */
function sway(cycles, random) {
  return 1.2 * Math.sin(2 * Math.PI * cycles) + 0.2 * normal(random);
}

/** Sum of four uniforms: close enough to a normal distribution of unit deviation for noise. */
function normal(random) {
  return (random() + random() + random() + random() - 2) * Math.sqrt(3);
}

/** mulberry32: the same clip on every machine. */
function generator(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const NOISE = Float32Array.from({ length: 1 << 16 }, (() => {
  const random = generator(11);
  return () => 1.6 * normal(random);
})());
