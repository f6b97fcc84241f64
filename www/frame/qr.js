// The picture of a code that a camera reads, as the authority drew it (authority/src/qr.rs).

import { svg } from './screen.js';

/** Modules of white around the picture, without which cameras do not find it (ISO/IEC 18004, 6.3.8). */
const QUIET = 4;

/**
 * Black on white whatever the theme: many cameras read no other.
 *
 * @param {{side: number, path: string}} qr
 * @param {string} label what it is, for who cannot see it
 */
export function qrPicture({ side, path }, label, quiet = QUIET) {
  const size = side + 2 * quiet;
  const drawn = svg('svg', { viewBox: `${-quiet} ${-quiet} ${size} ${size}`, class: 'qr', role: 'img', 'shape-rendering': 'crispEdges' });
  drawn.setAttribute('aria-label', label);
  drawn.append(
    svg('rect', { x: -quiet, y: -quiet, width: size, height: size, fill: '#fff' }),
    svg('path', { d: path, fill: '#000' }),
  );
  return drawn;
}
