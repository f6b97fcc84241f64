// A device that stands for the resident's ID number on this site, at their wish (docs/devices.md).
//
// What is kept is a random handle that this frame makes up; the authority learns it inside the seal and ties it to the number
// once there was a yes. It says who is claimed and proves nothing. Browsers keep what a frame stores apart for every site
// around it; where a browser keeps nothing for frames, nothing is offered.

import { ask } from './authority.js';

const KEPT = 'nod-device';
const BYTES = 32;

/** @returns what this device keeps for a site; its methods are called in the course of an attempt */
export function deviceOn(sitekey) {
  const name = `${KEPT}:${sitekey}`;
  const kept = storage();
  // After a no the resident types: another device, or an operator, may have had this one forgotten.
  let doubted = false;
  return {
    /** Whether something can be kept here at all. */
    canBeKept: kept !== null,
    /** The handle in place of a number, or null. */
    known: () => (doubted ? null : kept?.getItem(name) ?? null),
    /** A handle that counts once there was a yes. */
    fresh: () => base64url(crypto.getRandomValues(new Uint8Array(BYTES))),
    /** After an answer: `remember` is the handle that was sent to be remembered, or null. */
    settle({ yes, remember }) {
      doubted = yes === false;
      if (yes && remember) kept?.setItem(name, remember);
    },
    /** Here at once, and with the authority as soon as it hears of it. */
    forget() {
      const handle = kept?.getItem(name);
      if (!handle) return;
      kept.removeItem(name);
      ask('POST', '/v1/devices/forget', { body: { sitekey, device: handle }, keepalive: true }).catch(() => {});
    },
  };
}

/** What keeps something for this frame, or null. */
function storage() {
  try {
    localStorage.setItem(KEPT, '');
    localStorage.removeItem(KEPT);
    return localStorage;
  } catch {
    return null;
  }
}

function base64url(bytes) {
  return btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}
