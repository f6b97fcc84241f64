// A worker that reads QR codes in a kiosk's camera pictures, so that the page never waits for it. Nothing is kept; what a code says
// goes back to the page, which looks whether it is one of ours.

import { decodeQR } from './qr/decode.js';

/** Pixels of the longer side that is looked at: a code that fills a quarter of it has six of them for each of its modules. */
const LONGEST = 640;
/** Milliseconds for a second look where the first found something like a code. */
const PATIENCE = 80;

onmessage = ({ data: bitmap }) => {
  postMessage(textIn(bitmap));
};

/** What the first code in a picture says, or null. */
function textIn(bitmap) {
  try {
    const scale = Math.min(1, LONGEST / Math.max(bitmap.width, bitmap.height));
    const [width, height] = [Math.round(bitmap.width * scale), Math.round(bitmap.height * scale)];
    const pencil = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
    pencil.drawImage(bitmap, 0, 0, width, height);
    const { data } = pencil.getImageData(0, 0, width, height);
    return decodeQR({ width, height, data }, { timeLimit: PATIENCE });
  } catch {
    // That there is none is told in this way.
    return null;
  } finally {
    bitmap.close();
  }
}
