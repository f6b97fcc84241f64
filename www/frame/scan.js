// At a kiosk: its camera reads the code that the resident's card shows (docs/kiosk.md), in place of a typed number.
//
// Only our own codes are known here; of any other nothing is kept, said or sent. A code of ours leaves this frame inside the seal.

import { openCamera } from './camera.js';
import { framesOf } from './frames.js';
import { Problem } from './problem.js';
import { button, el, orAbort } from './screen.js';
import { t } from './strings.js';

/** As protocol/src/ids/secret.rs writes them. */
const HANDLE = /^NOD1:[0-9A-F]{32}$/;
/** A pause between two looks: four a second find a code as soon as it is held still. */
const PAUSE_MS = 200;

/**
 * @param wanted which camera, as for openCamera
 * @returns {Promise<string|null>} the code, or null where the resident would rather type
 */
export async function scanCode({ screen, wanted, signal }) {
  const camera = await openCamera(screen, wanted, signal);
  const reader = codeReader();
  const frames = framesOf(camera.video);
  try {
    const stage = show(screen, camera.video);
    for (;;) {
      const arrived = await orAbort(Promise.race([frames.next(), camera.lost, stage.typing]), signal);
      if (arrived === null) return null;
      const text = await orAbort(Promise.race([reader.read(arrived.bitmap), camera.lost]), signal);
      if (text !== null && HANDLE.test(text)) return text;
      if (text !== null) stage.say('kiosk.code.other');
      await orAbort(new Promise((resolve) => { setTimeout(resolve, PAUSE_MS); }), signal);
      frames.forget();
    }
  } finally {
    frames.end();
    reader.end();
    camera.stop();
  }
}

function show(screen, video) {
  const line = el('p', { class: 'guidance', role: 'status' }, t('kiosk.code.looking'));
  let type;
  const typing = new Promise((resolve) => { type = () => resolve(null); });
  screen.show(
    { name: 'scan', title: t('kiosk.code.title') },
    el('p', { class: 'lead' }, t('kiosk.code.lead')),
    el('div', { class: 'stage' }, video),
    el('div', { class: 'lines' }, line),
    el('div', { class: 'actions' }, button(t('kiosk.code.type'), type, 'secondary')),
  );
  fit(video);
  return { typing, say: (key) => { if (line.textContent !== t(key)) line.textContent = t(key); } };
}

/** The stage takes the shape of the camera's picture. */
function fit(video) {
  video.parentElement.style.setProperty('--ratio', `${video.videoWidth} / ${video.videoHeight}`);
}

/** The worker, one picture at a time. */
function codeReader() {
  const worker = new Worker(new URL('./code-reader.js', import.meta.url), { type: 'module' });
  return {
    read: (bitmap) => new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = () => reject(Problem.local('env.asset_fetch'));
      worker.postMessage(bitmap, [bitmap]);
    }),
    end: () => worker.terminate(),
  };
}
