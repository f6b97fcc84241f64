// The camera's pictures: portraits of tests/faces, 640×480, the face where the widget's oval is.

const [WIDTH, HEIGHT] = [640, 480];
const FACE = { x: 320, y: 245, h: 210 };
const WALL = 'rgb(176 170 162)';

/**
 * @param portraits `[{file, x, y, h}]`: centre and height of the face in each photograph
 * @returns one ImageBitmap each, which is what a camera gives
 */
export function paint(portraits) {
  return Promise.all(portraits.map(async ({ file, x, y, h }) => {
    const photograph = await createImageBitmap(await (await fetch(`/faces/${file}`)).blob());
    const canvas = new OffscreenCanvas(WIDTH, HEIGHT);
    const brush = canvas.getContext('2d');
    brush.imageSmoothingQuality = 'high';
    brush.fillStyle = WALL;
    brush.fillRect(0, 0, WIDTH, HEIGHT);
    const zoom = FACE.h / h;
    brush.setTransform(zoom, 0, 0, zoom, FACE.x - zoom * x, FACE.y - zoom * y);
    brush.drawImage(photograph, 0, 0);
    return createImageBitmap(canvas);
  }));
}
