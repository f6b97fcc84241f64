// Five points → the aligned crop, by the least-squares similarity. As src/align.rs and src/similarity.rs.

/** Draws the picture so that `points` fall on the template; pixel centres are whole numbers, as Nod has them. */
export function aligned(input, bitmap, points, template) {
  const { a, b, x, y } = similarity(points, template);
  input.clear();
  // A canvas has pixel centres at halves: half a pixel back, and half a pixel forth.
  const shift = (1 - a + b) / 2;
  const drop = (1 - a - b) / 2;
  input.brush.setTransform(a, b, -b, a, x + shift, y + drop);
  input.brush.drawImage(bitmap, 0, 0);
  return input;
}

/** (x, y) → (a·x − b·y + x₀, b·x + a·y + y₀), with the least squared error. */
export function similarity(from, to) {
  const [p, q] = [mean(from), mean(to)];
  let [dot, cross, size] = [0, 0, 0];
  from.forEach(([fx, fy], i) => {
    const [dx, dy, ex, ey] = [fx - p[0], fy - p[1], to[i][0] - q[0], to[i][1] - q[1]];
    dot += dx * ex + dy * ey;
    cross += dx * ey - dy * ex;
    size += dx * dx + dy * dy;
  });
  const [a, b] = [dot / size, cross / size];
  return { a, b, x: q[0] - a * p[0] + b * p[1], y: q[1] - b * p[0] - a * p[1] };
}

/** Eye centres, nose tip and mouth corners of 68 landmarks. */
export function fivePoints(landmarks) {
  return [mean(landmarks.slice(36, 42)), mean(landmarks.slice(42, 48)), landmarks[30], landmarks[48], landmarks[54]];
}

/** The mean of several opinions on the five points. */
export function meanPoints(opinions) {
  return opinions[0].map((_, i) => mean(opinions.map((points) => points[i])));
}

/** Of length 1. */
export function unit(values) {
  const length = Math.hypot(...values);
  return Float32Array.from(values, (value) => value / length);
}

function mean(points) {
  const [x, y] = points.reduce(([sx, sy], [px, py]) => [sx + px, sy + py], [0, 0]);
  return [x / points.length, y / points.length];
}
