// Face box → the crop of the landmark net, and its output → points. As src/landmarks.rs.

/** The box enlarged and moved as the set says, padded with black to a square. */
export function landmarkCrop(input, bitmap, { x, y, w, h }, { enlarge, shift_down: shift }) {
  const centre = { x: x + w / 2, y: y + h / 2 + shift * h };
  const [width, height] = [w * enlarge, h * enlarge];
  const side = Math.max(width, height);
  const square = { x: centre.x - side / 2, y: centre.y - side / 2, side };
  const scale = input.width / side;
  input.clear();
  input.brush.drawImage(
    bitmap, centre.x - width / 2, centre.y - height / 2, width, height,
    scale * (side - width) / 2, scale * (side - height) / 2, scale * width, scale * height,
  );
  return { planes: input.planes(), square };
}

/** 68 points in the picture's coordinates. */
export function landmarksFrom(values, { x, y, side }) {
  const points = [];
  for (let i = 0; i < values.length; i += 2) points.push([x + values[i] * side, y + values[i + 1] * side]);
  return points;
}
