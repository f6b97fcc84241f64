// Camera clips for Chromium's file camera, made from the real photographs in tests/faces.
//
// A clip is ten seconds of JPEG pictures (MJPEG) of 640×480, played in a loop; five where nothing is ever captured. Each picture is the
// photograph moved, turned and scaled by a hair, a little brighter or darker, with sensor noise: a real
// camera in a real hand never delivers the same picture twice, and the authority refuses a capture in which
// two keyframes agree to the last bit. So the loop must also be longer than a capture takes, on a busy machine too.
//
// A page of the browser under test paints and encodes them; a JPEG library in JavaScript takes minutes.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const [WIDTH, HEIGHT, FRAMES, FEW_FRAMES] = [640, 480, 300, 150];
const FACES = new URL('../../faces/', import.meta.url);

/** Where the face lies in each photograph: centre and height from brow to chin, in its pixels. */
const PLACES = readFileSync(new URL('places.json', FACES));
const PHOTOS = JSON.parse(PLACES);

const CENTRE = { x: 320, y: 245, h: 210 };

/** What the camera sees: photographs with the place their face takes in the picture, and the light. */
const SCENES = {
  obama: { layers: [{ photo: 'obama', at: CENTRE }] },
  obama2: { layers: [{ photo: 'obama2', at: CENTRE }] },
  obama3: { layers: [{ photo: 'obama3', at: CENTRE }] },
  biden: { layers: [{ photo: 'biden', at: CENTRE }] },
  astronaut: { layers: [{ photo: 'astronaut', at: CENTRE }] },
  // The spaceship and the helmet of the astronaut's picture: a real scene, nobody in it.
  'no-face': { frames: FEW_FRAMES, layers: [{ photo: 'astronaut', at: { x: -170, y: -60, h: 210 } }] },
  'two-faces': {
    frames: FEW_FRAMES,
    layers: [
      { photo: 'obama', at: { x: 180, y: 245, h: 165 }, from: 0, to: 330 },
      { photo: 'biden', at: { x: 480, y: 245, h: 165 }, from: 330, to: WIDTH },
    ],
  },
  // Somebody who waits behind the one who is served, twice as far from the camera: a quarter of the area.
  queue: {
    layers: [
      { photo: 'obama3', at: { x: 380, y: 245, h: 210 }, from: 190, to: WIDTH },
      { photo: 'biden', at: { x: 85, y: 190, h: 105 }, from: 0, to: 190 },
    ],
  },
  'too-dark': { frames: FEW_FRAMES, layers: [{ photo: 'obama', at: CENTRE }], gain: 0.12 },
  // The picture whose left part is missing, its cut lying on the camera's own edge.
  'cut-face': { frames: FEW_FRAMES, layers: [{ photo: 'partial', at: { x: 0, y: 245, h: 210 } }] },
};

export const SCENE_NAMES = Object.keys(SCENES);

/**
 * Paints a phone that is held before the camera by hand: `screen` is a screenshot of it (PNG), real pixels of a real page. Two
 * seconds; nobody is looked at for longer.
 *
 * @returns {Promise<string>} the path of the clip under `directory`
 */
export async function phoneClip(screen, directory, executablePath) {
  mkdirSync(directory, { recursive: true });
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', '--no-first-run'] });
  try {
    const page = await browser.newPage();
    const pictures = await page.evaluate(paintPhone, { width: WIDTH, height: HEIGHT, frames: 60, source: `data:image/png;base64,${screen.toString('base64')}` });
    const path = join(directory, `phone-${process.pid}.mjpeg`);
    writeFileSync(path, Buffer.concat(pictures.map((picture) => Buffer.from(picture, 'base64'))));
    return path;
  } finally {
    await browser.close();
  }
}

/** Runs in the page: a phone in a hand, as base64 JPEG. */
async function paintPhone({ width, height, frames, source }) {
  const screen = await createImageBitmap(await (await fetch(source)).blob());
  const canvas = new OffscreenCanvas(width, height);
  const brush = canvas.getContext('2d', { willReadFrequently: true });
  brush.imageSmoothingQuality = 'high';
  const zoom = (0.94 * height) / screen.height;
  const [w, h] = [screen.width * zoom, screen.height * zoom];
  const pictures = [];
  for (let frame = 0; frame < frames; frame += 1) {
    const sway = (cycles) => Math.sin((2 * Math.PI * cycles * frame) / frames);
    brush.resetTransform();
    brush.fillStyle = '#6d6a66';
    brush.fillRect(0, 0, width, height);
    brush.translate(width / 2 + 3 * sway(1), height / 2 + 2 * sway(2));
    brush.rotate(0.06 + 0.01 * sway(1));
    brush.fillStyle = '#101114';
    brush.fillRect(-w / 2 - 6, -h / 2 - 6, w + 12, h + 12);
    brush.drawImage(screen, -w / 2, -h / 2, w, h);
    const picture = brush.getImageData(0, 0, width, height);
    for (let i = 0; i < picture.data.length; i += 4) {
      const grain = 8 * (Math.random() + Math.random() - 1);
      for (let c = 0; c < 3; c += 1) picture.data[i + c] = 0.9 * picture.data[i + c] + 10 + grain;
    }
    brush.putImageData(picture, 0, 0);
    const bytes = new Uint8Array(await (await canvas.convertToBlob({ type: 'image/jpeg', quality: 0.9 })).arrayBuffer());
    pictures.push(btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')));
  }
  return pictures;
}

/** The path of a scene's clip under `directory`; made on first use, kept by the hash of its recipe. */
export async function clip(scene, directory, executablePath) {
  const { layers, gain = 1, frames = FRAMES } = SCENES[scene];
  const hash = createHash('sha256').update(readFileSync(new URL(import.meta.url))).update(PLACES);
  const recipe = { width: WIDTH, height: HEIGHT, frames, gain, layers: [] };
  for (const layer of layers) {
    const photo = PHOTOS[layer.photo];
    const jpeg = readFileSync(new URL(photo.file, FACES));
    hash.update(jpeg);
    recipe.layers.push({ from: 0, to: WIDTH, ...layer, face: photo, source: `data:image/jpeg;base64,${jpeg.toString('base64')}` });
  }
  const path = join(directory, `${scene}-${hash.digest('hex').slice(0, 12)}.mjpeg`);
  if (existsSync(path)) return path;
  mkdirSync(directory, { recursive: true });
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', '--no-first-run'] });
  try {
    const page = await browser.newPage();
    const pictures = await page.evaluate(paint, recipe);
    // Another file of tests may be making the same.
    const part = `${path}.${process.pid}`;
    writeFileSync(part, Buffer.concat(pictures.map((picture) => Buffer.from(picture, 'base64'))));
    renameSync(part, path);
  } finally {
    await browser.close();
  }
  return path;
}

/** Runs in the page: the recipe's pictures as base64 JPEG. */
async function paint({ width, height, frames, gain, layers }) {
  // Beyond a photograph's edge its last pixels go on for a strip, then there is a plain wall.
  const STRIP = 60;
  const WALL = 'rgb(176 170 162)';

  // mulberry32: the same clip on every run.
  let state = 7;
  const random = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  // Sum of four uniforms: close enough to a normal distribution of unit deviation.
  const normal = () => (random() + random() + random() + random() - 2) * Math.sqrt(3);
  const noise = Float32Array.from({ length: 1 << 17 }, () => 1.6 * normal());

  const extended = async ({ source }) => {
    const photo = await createImageBitmap(await (await fetch(source)).blob());
    const [w, h] = [photo.width, photo.height];
    const canvas = new OffscreenCanvas(w + 2 * STRIP, h + 2 * STRIP);
    const brush = canvas.getContext('2d');
    brush.drawImage(photo, STRIP, STRIP);
    brush.drawImage(photo, 0, 0, 1, h, 0, STRIP, STRIP, h);
    brush.drawImage(photo, w - 1, 0, 1, h, STRIP + w, STRIP, STRIP, h);
    brush.drawImage(canvas, 0, STRIP, canvas.width, 1, 0, 0, canvas.width, STRIP);
    brush.drawImage(canvas, 0, STRIP + h - 1, canvas.width, 1, 0, STRIP + h, canvas.width, STRIP);
    return canvas;
  };
  const photos = await Promise.all(layers.map(extended));

  const canvas = new OffscreenCanvas(width, height);
  const brush = canvas.getContext('2d', { willReadFrequently: true });
  brush.imageSmoothingQuality = 'high';
  const pictures = [];
  for (let frame = 0; frame < frames; frame += 1) {
    // A slow sway of a pixel or so with a tremor on it; the clip's end meets its beginning.
    const sway = (cycles) => Math.sin((2 * Math.PI * cycles * frame) / frames);
    const hand = {
      x: 1.2 * sway(4) + 0.2 * normal(),
      y: 1.2 * sway(7) + 0.2 * normal(),
      turn: 0.004 * sway(3) + 0.0006 * normal(),
      scale: 1 + 0.004 * sway(5),
    };
    brush.resetTransform();
    brush.fillStyle = WALL;
    brush.fillRect(0, 0, width, height);
    layers.forEach(({ at, face, from, to }, index) => {
      const zoom = (at.h / face.h) * hand.scale;
      brush.save();
      brush.beginPath();
      brush.rect(from, 0, to - from, height);
      brush.clip();
      brush.translate(at.x + hand.x, at.y + hand.y);
      brush.rotate(hand.turn);
      brush.scale(zoom, zoom);
      brush.drawImage(photos[index], -face.x - STRIP, -face.y - STRIP);
      brush.restore();
    });
    const picture = brush.getImageData(0, 0, width, height);
    const light = gain * (1 + 0.01 * normal());
    for (let y = 0; y < height; y += 1) {
      // Each row reads the table of noise from a place of its own. Clamping is the array's own.
      let at = Math.floor(random() * (noise.length - width * 4));
      for (let i = y * width * 4; i < (y + 1) * width * 4; i += 1) picture.data[i] = picture.data[i] * light + noise[at++];
    }
    for (let i = 3; i < picture.data.length; i += 4) picture.data[i] = 255;
    brush.putImageData(picture, 0, 0);
    const bytes = new Uint8Array(await (await canvas.convertToBlob({ type: 'image/jpeg', quality: 0.92 })).arrayBuffer());
    pictures.push(btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')));
  }
  return pictures;
}
