// onnxruntime-web, WebAssembly, one thread, on the ONNX files that Nod's are made from. It runs networks and nothing
// else: what stands around them is written here as a web page would have it, with the canvas cutting and scaling.

import * as ort from '/node_modules/onnxruntime-web/dist/ort.wasm.bundle.min.mjs';
import { aligned, fivePoints, meanPoints, unit } from './onnx/align.js';
import { Detector } from './onnx/detect.js';
import { Input } from './onnx/input.js';
import { landmarksFrom, landmarkCrop } from './onnx/landmarks.js';

/** Intersection over union from which the second detection is of the same face. */
const SAME_FACE = 0.5;

export class Peer {
  #settings;
  #sessions = new Map();
  #sets = new Map();

  constructor(settings) {
    this.#settings = settings;
    ort.env.wasm.numThreads = 1;
    // Only the module: the script around it is in the bundle.
    ort.env.wasm.wasmPaths = { wasm: '/node_modules/onnxruntime-web/dist/ort-wasm-simd-threaded.wasm' };
  }

  async load(sets, networks) {
    const chosen = this.#settings.sets.filter(({ id }) => sets.includes(id));
    const needed = chosen.flatMap((set) => [set.detector.name, set.landmarks.name, set.embedder.name]);
    // All arrive at once; the first one there starts the engine while the others are on their way.
    const arriving = [...new Set([...needed, ...networks])].map((name) => [name, bytesOf(name)]);
    for (const [name, bytes] of arriving) {
      this.#sessions.set(name, await ort.InferenceSession.create(await bytes, { executionProviders: ['wasm'] }));
    }
    for (const set of chosen) {
      this.#sets.set(set.id, {
        ...set,
        detect: new Detector(set.detector.kind, new Input(set.detector.input), (planes) => this.#run(set.detector, planes)),
        landmarkInput: new Input(set.landmarks.input),
        embedderInput: new Input(set.embedder.input),
      });
    }
  }

  async look(id, bitmap) {
    return Boolean(await this.#seen(this.#sets.get(id), bitmap));
  }

  /** `still`: what Nod does with a keyframe. `plain`: one detection, its points, one run of the embedder. */
  async embed(id, way, bitmap) {
    const set = this.#sets.get(id);
    const seen = await this.#seen(set, bitmap);
    const points = await this.#points(set, way, bitmap, seen);
    const crop = aligned(set.embedderInput, bitmap, points, set.embedding.template);
    const first = unit(await this.#embedding(set, crop.planes()));
    if (way === 'plain' || !set.embedding.mirror) return first;
    const second = unit(await this.#embedding(set, crop.mirroredPlanes()));
    return unit(first.map((value, i) => value + second[i]));
  }

  async run(network, { planes }) {
    const outputs = await this.#run({ name: network, input: this.#settings.networks[network] }, planes);
    const joined = new Float32Array(outputs.reduce((sum, output) => sum + output.length, 0));
    let at = 0;
    for (const output of outputs) {
      joined.set(output, at);
      at += output.length;
    }
    return joined;
  }

  async #seen(set, bitmap) {
    const [face] = await set.detect.faces(bitmap);
    if (!face) return null;
    const { planes, square } = landmarkCrop(set.landmarkInput, bitmap, face.bounds, set.crop);
    const [values] = await this.#run(set.landmarks, planes);
    return { ...face, landmarks: landmarksFrom(values, square) };
  }

  async #points(set, way, bitmap, seen) {
    const five = fivePoints(seen.landmarks);
    if (set.embedding.points === 'landmarks68') return five;
    if (set.embedding.points === 'detector' || way === 'plain') return seen.points;
    const mirrored = await set.detect.facesMirrored(bitmap);
    const second = mirrored.find(({ overlap }) => overlap(seen.bounds) > SAME_FACE);
    return meanPoints([seen.points, ...(second ? [second.points] : []), five]);
  }

  async #embedding(set, planes) {
    const [values] = await this.#run(set.embedder, planes);
    return values;
  }

  /** The outputs in the order of the ONNX file. */
  async #run({ name, input }, planes) {
    const session = this.#sessions.get(name);
    const tensor = new ort.Tensor('float32', planes, [1, 3, input.height, input.width]);
    const outputs = await session.run({ [session.inputNames[0]]: tensor });
    return session.outputNames.map((output) => outputs[output].data);
  }
}

async function bytesOf(name) {
  return new Uint8Array(await (await fetch(`/onnx/${name}.onnx`)).arrayBuffer());
}
