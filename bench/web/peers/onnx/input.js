// A canvas of a network's size, and its pixels as the network takes them.

export class Input {
  #planes;
  #mirrored;

  /** @param spec of the manifest: width, height, channels, mean, divisor */
  constructor(spec) {
    this.spec = spec;
    this.width = spec.width;
    this.height = spec.height;
    const canvas = new OffscreenCanvas(spec.width, spec.height);
    // Every picture is read back: keeps the canvas in main memory.
    this.brush = canvas.getContext('2d', { willReadFrequently: true });
    this.#planes = new Float32Array(3 * spec.width * spec.height);
  }

  /** Black everywhere, for the next picture. */
  clear() {
    this.brush.resetTransform();
    this.brush.fillStyle = 'black';
    this.brush.fillRect(0, 0, this.width, this.height);
  }

  /** What the canvas shows: three planes, `(sample − mean) ÷ divisor`. Valid until the next call. */
  planes() {
    const { width, height, channels, mean, divisor } = this.spec;
    const { data } = this.brush.getImageData(0, 0, width, height);
    const order = channels === 'bgr' ? [2, 1, 0] : [0, 1, 2];
    const size = width * height;
    order.forEach((channel, plane) => {
      const [out, offset, scale] = [plane * size, mean[plane], 1 / divisor];
      for (let i = 0, from = channel; i < size; i += 1, from += 4) this.#planes[out + i] = (data[from] - offset) * scale;
    });
    return this.#planes;
  }

  /** The planes of the last call with left and right exchanged. */
  mirroredPlanes() {
    this.#mirrored ??= new Float32Array(this.#planes.length);
    for (let row = 0; row < this.#planes.length; row += this.width) {
      for (let x = 0; x < this.width; x += 1) this.#mirrored[row + x] = this.#planes[row + this.width - 1 - x];
    }
    return this.#mirrored;
  }
}
