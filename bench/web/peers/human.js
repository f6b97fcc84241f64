// @vladmandic/human on TensorFlow.js' WebAssembly backend. The detector and mesh with its defaults and, for an
// embedding, its description; everything else that it can do is off.

import { Human } from '/node_modules/@vladmandic/human/dist/human.esm.js';

const OFF = { enabled: false };

export class Peer {
  #human = null;

  async load() {
    this.#human = new Human({
      backend: 'wasm',
      wasmPath: '/node_modules/@tensorflow/tfjs-backend-wasm/dist/',
      modelBasePath: '/node_modules/@vladmandic/human/models/',
      warmup: 'none',
      // Every picture counts: without this it answers from what it remembers of the picture before.
      cacheSensitivity: 0,
      filter: OFF,
      gesture: OFF,
      face: { iris: OFF, emotion: OFF },
      body: OFF,
      hand: OFF,
    });
    await this.#human.load();
    await this.#human.init();
    const backend = this.#human.tf.getBackend();
    if (backend !== 'wasm') throw new Error(`human runs on ${backend}`);
  }

  async look(_set, bitmap) {
    const [face] = await this.#faces(bitmap, false);
    return face?.mesh.length > 0;
  }

  async embed(_set, _way, bitmap) {
    const [face] = await this.#faces(bitmap, true);
    return Float32Array.from(face.embedding);
  }

  async #faces(bitmap, enabled) {
    const result = await this.#human.detect(bitmap, { face: { description: { enabled } } });
    if (result.error) throw new Error(result.error);
    return result.face;
  }
}
