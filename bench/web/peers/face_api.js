// @vladmandic/face-api on TensorFlow.js' WebAssembly backend. Its own example: tiny face detector, 68 landmarks,
// descriptor.

import * as faceapi from '/node_modules/@vladmandic/face-api/dist/face-api.esm.js';

const MODELS = '/node_modules/@vladmandic/face-api/model';
const WASM = '/node_modules/@tensorflow/tfjs-backend-wasm/dist/';

export class Peer {
  #canvas = null;
  #brush = null;
  #options = null;

  async load() {
    const { tf, nets } = faceapi;
    tf.setWasmPaths(WASM);
    await tf.setBackend('wasm');
    await tf.ready();
    if (tf.getBackend() !== 'wasm') throw new Error(`face-api runs on ${tf.getBackend()}`);
    await Promise.all([
      nets.tinyFaceDetector.loadFromUri(MODELS),
      nets.faceLandmark68Net.loadFromUri(MODELS),
      nets.faceRecognitionNet.loadFromUri(MODELS),
    ]);
    this.#options = new faceapi.TinyFaceDetectorOptions({ inputSize: 320 });
  }

  async look(_set, bitmap) {
    return Boolean(await this.#face(bitmap).withFaceLandmarks());
  }

  async embed(_set, _way, bitmap) {
    const { descriptor } = await this.#face(bitmap).withFaceLandmarks().withFaceDescriptor();
    return descriptor;
  }

  /** It takes elements only: the bitmap is drawn to one. */
  #face(bitmap) {
    if (!this.#canvas) {
      this.#canvas = Object.assign(document.createElement('canvas'), { width: bitmap.width, height: bitmap.height });
      this.#brush = this.#canvas.getContext('2d', { willReadFrequently: true });
    }
    this.#brush.drawImage(bitmap, 0, 0);
    return faceapi.detectSingleFace(this.#canvas, this.#options);
  }
}
