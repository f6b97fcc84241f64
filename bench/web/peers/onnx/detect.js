// Detectors: the picture into a square, the outputs into faces. The formulas are those of src/detect/*.rs.

const KINDS = {
  'yunet': { decode: yunet, score: 0.6, overlap: 0.45 },
  'tiny-face': { decode: tinyFace, score: 0.3, overlap: 0.4 },
};

export class Detector {
  #kind;
  #input;
  #run;

  constructor(kind, input, run) {
    this.#kind = KINDS[kind];
    this.#input = input;
    this.#run = run;
  }

  /** Faces in the picture's coordinates, the most certain first: `{bounds, score, points, overlap}`. */
  async faces(bitmap) {
    const scale = this.#draw(bitmap, false);
    return this.#found(scale, (x) => x);
  }

  /** The same, as the detector sees them in the mirrored picture. */
  async facesMirrored(bitmap) {
    const scale = this.#draw(bitmap, true);
    const width = Math.round(bitmap.width / scale);
    return this.#found(scale, (x) => width - x, true);
  }

  /** At the top left, never enlarged. @returns the picture's pixels for each of the input's */
  #draw(bitmap, mirrored) {
    const { brush, width } = this.#input;
    const scale = Math.max(bitmap.width, bitmap.height, width) / width;
    const covered = Math.round(bitmap.width / scale);
    this.#input.clear();
    if (mirrored) brush.setTransform(-1, 0, 0, 1, covered, 0);
    brush.drawImage(bitmap, 0, 0, bitmap.width / scale, bitmap.height / scale);
    return scale;
  }

  async #found(scale, across, mirrored = false) {
    const { width, height } = this.#input;
    const { decode, score, overlap } = this.#kind;
    const found = decode(await this.#run(this.#input.planes()), width, height, score);
    return suppressed(found, overlap).map((face) => inFrame(face, scale, across, mirrored));
  }
}

function inFrame({ x, y, w, h, score, points }, scale, across, mirrored) {
  const bounds = { x: scale * Math.min(across(x), across(x + w)), y: scale * y, w: scale * w, h: scale * h };
  let placed = null;
  if (points) {
    // Points lie on pixel centres, the edges of the box between pixels.
    const one = mirrored ? 1 : 0;
    placed = points.map(([px, py]) => [scale * (across(px) - one), scale * py]);
    if (mirrored) placed = [1, 0, 2, 4, 3].map((i) => placed[i]);
  }
  return { bounds, score, points: placed, overlap: (other) => shared(bounds, other) };
}

/** Non-maximum suppression. */
export function suppressed(found, most) {
  const kept = [];
  for (const face of found.sort((a, b) => b.score - a.score)) {
    if (kept.every((other) => shared(other, face) <= most)) kept.push(face);
  }
  return kept;
}

/** Intersection over union. */
function shared(a, b) {
  const across = Math.min(a.x + a.w, b.x + b.w) - Math.max(a.x, b.x);
  const down = Math.min(a.y + a.h, b.y + b.h) - Math.max(a.y, b.y);
  const both = Math.max(across, 0) * Math.max(down, 0);
  return both / (a.w * a.h + b.w * b.h - both);
}

/** Twelve outputs: class, objectness, box and points, each for three strides. */
export function yunet(outputs, width, height, least) {
  const faces = [];
  [8, 16, 32].forEach((stride, level) => {
    const [classes, objects, boxes, points] = [0, 1, 2, 3].map((kind) => outputs[kind * 3 + level]);
    const columns = width / stride;
    const cells = columns * (height / stride);
    for (let cell = 0; cell < cells; cell += 1) {
      const score = Math.sqrt(clamp(classes[cell]) * clamp(objects[cell]));
      if (score < least) continue;
      const [column, row] = [cell % columns, Math.floor(cell / columns)];
      const at = (dx, dy) => [(column + dx) * stride, (row + dy) * stride];
      const [cx, cy] = at(boxes[cell * 4], boxes[cell * 4 + 1]);
      const [w, h] = [Math.exp(boxes[cell * 4 + 2]) * stride, Math.exp(boxes[cell * 4 + 3]) * stride];
      const five = [0, 1, 2, 3, 4].map((k) => at(points[cell * 10 + 2 * k], points[cell * 10 + 2 * k + 1]));
      faces.push({ x: cx - w / 2, y: cy - h / 2, w, h, score, points: five });
    }
  });
  return faces;
}

const ANCHORS = [[1.603231, 2.094468], [6.041143, 7.080126], [2.882459, 3.518061], [4.266906, 5.178857], [9.041765, 10.66308]];
const CELL = 32;

/** One output: for each of five anchors planes of x, y, width, height and objectness. */
export function tinyFace([values], side, _height, least) {
  const faces = [];
  const grid = side / CELL;
  const cells = grid * grid;
  ANCHORS.forEach(([across, down], anchor) => {
    const value = (kind, cell) => values[(anchor * 5 + kind) * cells + cell];
    for (let cell = 0; cell < cells; cell += 1) {
      const score = sigmoid(value(4, cell));
      if (score < least) continue;
      const cx = ((cell % grid) + sigmoid(value(0, cell))) * CELL;
      const cy = (Math.floor(cell / grid) + sigmoid(value(1, cell))) * CELL;
      const [w, h] = [Math.exp(value(2, cell)) * across * CELL, Math.exp(value(3, cell)) * down * CELL];
      faces.push({ x: cx - w / 2, y: cy - h / 2, w, h, score, points: null });
    }
  });
  return faces;
}

const clamp = (value) => Math.min(Math.max(value, 0), 1);
const sigmoid = (value) => 1 / (1 + Math.exp(-value));
