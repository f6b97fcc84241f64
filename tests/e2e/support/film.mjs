// A camera for browsers that cannot play a file as one: getUserMedia of one document is replaced, from outside, by the
// browser's driver, and gives a canvas on which the pictures of a clip follow each other. What is served is what ships.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CHROMIUM } from './chromium.mjs';
import { clip } from './clips.mjs';
import { RESULTS } from './world.mjs';

const END_OF_IMAGE = Buffer.from([0xff, 0xd9]);

/** Every second picture of a scene's clip, as JPEG in base64: at half of its rate it is as long as in Chromium's camera. */
export async function film(scene) {
  const bytes = await readFile(await clip(scene, join(RESULTS, 'clips'), CHROMIUM));
  const pictures = [];
  // Within a JPEG's data 0xff is always followed by another byte than this one.
  for (let from = 0, to; (to = bytes.indexOf(END_OF_IMAGE, from) + 2) > 1; from = to) {
    pictures.push(bytes.subarray(from, to).toString('base64'));
  }
  return pictures.filter((_, index) => index % 2 === 0);
}

/** Puts pictures before the camera of a page or frame that is there, and keeps its tracks as Chromium's tests do. */
export function show(pane, pictures) {
  return pane.evaluate(camera, pictures);
}

/** Runs in the document. */
function camera(pictures) {
  const RATE = 15;
  const [width, height] = [640, 480];
  window.cameraTracks = [];
  // Not on navigator.mediaDevices itself: WebKit lets go of that object, and of what was set on it, when nobody holds it.
  MediaDevices.prototype.getUserMedia = async () => {
    const canvas = Object.assign(document.createElement('canvas'), { width, height });
    const pencil = canvas.getContext('2d');
    let next = 0;
    const draw = async () => {
      const bytes = Uint8Array.from(atob(pictures[next]), (letter) => letter.charCodeAt(0));
      next = (next + 1) % pictures.length;
      const picture = await createImageBitmap(new Blob([bytes], { type: 'image/jpeg' }));
      pencil.drawImage(picture, 0, 0);
      picture.close();
    };
    await draw();
    const stream = canvas.captureStream(RATE);
    const [track] = stream.getVideoTracks();
    window.cameraTracks.push(track);
    // One after the other: a machine that cannot keep up shows fewer, each once.
    (async () => {
      while (track.readyState === 'live') {
        await draw();
        await new Promise((resolve) => setTimeout(resolve, 1000 / RATE));
      }
    })();
    return stream;
  };
}
