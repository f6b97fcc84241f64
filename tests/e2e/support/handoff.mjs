// Two screens of one resident: what the desk shows is read from its picture, as a phone's camera reads it.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const JSQR = readFileSync(fileURLToPath(import.meta.resolve('jsqr')), 'utf8');

/** The address in the QR code of a frame's screen, from a screenshot of the page that the frame is in; null where none can be read. */
export async function readQr(page, frame) {
  await frame.locator('.qr').scrollIntoViewIfNeeded();
  const png = (await page.screenshot()).toString('base64');
  // A page of its own decodes: no policy of a page under test stands in its way, and none is touched.
  const reader = await page.context().newPage();
  await reader.addScriptTag({ content: JSQR });
  const address = await reader.evaluate(async (picture) => {
    const bytes = Uint8Array.from(atob(picture), (letter) => letter.charCodeAt(0));
    const bitmap = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
    canvas.drawImage(bitmap, 0, 0);
    const { data, width, height } = canvas.getImageData(0, 0, bitmap.width, bitmap.height);
    return window.jsQR(data, width, height)?.data ?? null;
  }, png);
  await reader.close();
  return address;
}

/** The code as it stands on the desk. */
export async function readCode(frame) {
  return (await frame.textContent('.digits')).replaceAll(' ', '');
}

/** Types a code on the phone and sends it. */
export async function typeCode(phone, code) {
  await phone.waitForSelector('[data-step=join]');
  await phone.fill('#code', code);
  await phone.click('button[type=submit]');
}

/** Another code than the right one. */
export function wrong(code) {
  return `${code.startsWith('0') ? '1' : '0'}${code.slice(1)}`;
}
