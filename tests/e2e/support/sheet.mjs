// One picture of four: a state at desktop and phone width, light and dark, side by side.

import { readFile } from 'node:fs/promises';

const LOOKS = ['desktop-light', 'desktop-dark', 'phone-light', 'phone-dark'];
/** Widths on the sheet, in pixels. */
const WIDE = { desktop: 480, phone: 260 };
const STYLE = `
  body { margin: 0; padding: 16px; display: inline-flex; gap: 16px; align-items: flex-start; background: #8a8f98; }
  img { display: block; border-radius: 6px; }`;

/**
 * Draws the sheet of `name`, whose pictures `folder` has as `<name>-<look>.png`.
 *
 * @returns {Promise<Buffer>} a JPEG
 */
export async function sheet(page, folder, name) {
  const pictures = await Promise.all(LOOKS.map(async (look) => {
    const bytes = await readFile(`${folder}/${name}-${look}.png`);
    return `<img width="${WIDE[look.split('-')[0]]}" src="data:image/png;base64,${bytes.toString('base64')}">`;
  }));
  await page.setContent(`<!doctype html><style>${STYLE}</style><body>${pictures.join('')}`);
  await page.waitForFunction(() => [...document.images].every((image) => image.complete));
  return page.locator('body').screenshot({ type: 'jpeg', quality: 82 });
}
