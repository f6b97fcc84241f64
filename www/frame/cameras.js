// Which camera, where there are several: the one that the resident chose before, else one that sees what people see.
//
// What is kept is the browser's own handle for a device, which means nothing outside this frame on this site, and only in
// this browser. Nothing is sent.

import { el } from './screen.js';
import { t } from './strings.js';

const KEPT = 'nod-camera';

/** Cameras that see heat, depth or infrared, and programs that play one, by what they are called. */
const UNFIT = /\b(ir|infrared|depth|tof|thermal)\b|realsense|virtual|\bvcam\b|\bobs\b|manycam|snap camera|splitcam|youcam|droidcam|epoccam|iriun|mmhmm|broadcast/i;

/** The choice for as long as this document lives: some browsers keep nothing for frames of other sites. */
let chosen = null;

/** @returns {string|null} the device that the resident chose here before */
export function chosenBefore() {
  try {
    return chosen ?? localStorage.getItem(KEPT);
  } catch {
    return null;
  }
}

/** Keeps the resident's choice, or forgets it: `null`. */
export function choose(id) {
  chosen = id;
  try {
    if (id) localStorage.setItem(KEPT, id);
    else localStorage.removeItem(KEPT);
  } catch {
    // Then the document remembers.
  }
}

/** @returns {Promise<{id: string, label: string}[]>} the cameras, those that show a face first; named once one is allowed */
export async function listCameras() {
  const devices = await navigator.mediaDevices.enumerateDevices().catch(() => []);
  const cameras = devices
    .filter(({ kind, deviceId }) => kind === 'videoinput' && deviceId)
    .map(({ deviceId, label }, at) => ({ id: deviceId, label: label || t('position.camera.number', { number: at + 1 }) }));
  return [...cameras.filter(isFit), ...cameras.filter((camera) => !isFit(camera))];
}

/** Whether a camera's name gives no reason to take another one. */
export function isFit({ label }) {
  return !UNFIT.test(label);
}

/**
 * A list to choose another camera from; nothing where there is no other.
 *
 * @returns {{element: Element|null, chosen: Promise<string>, close: Function}} `chosen` resolves to a device; `close` ends
 *   the choice, and leaves the list where it is
 */
export function cameraPicker(cameras, current) {
  if (cameras.length < 2) return { element: null, chosen: new Promise(() => {}), close() {} };
  const list = el('select', { id: 'camera' });
  for (const { id, label } of cameras) list.append(el('option', { value: id, ...(id === current && { selected: '' }) }, label));
  const chosen = new Promise((resolve) => {
    list.addEventListener('change', () => {
      choose(list.value);
      resolve(list.value);
    });
  });
  const label = el('label', { for: 'camera' }, t('position.camera'));
  return { element: el('div', { class: 'picker' }, label, list), chosen, close: () => { list.disabled = true; } };
}
