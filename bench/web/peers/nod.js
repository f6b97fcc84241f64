// Nod itself: the shipped code in a module with a few more exports (../nod), chosen and fed as the shipped one is.

import { moduleName } from '/frame/module.js';

export class Peer {
  #settings;
  #module = null;
  #memory = null;
  #faces = null;
  #networks = new Map();
  #canvas = new OffscreenCanvas(1, 1);
  // As src/camera.rs has it: every picture is read back.
  #brush = this.#canvas.getContext('2d', { willReadFrequently: true });

  constructor(settings) {
    this.#settings = settings;
  }

  /** The file of the module without its ending. */
  name() {
    return moduleName().replace('nod_wasm', 'nod_bench_web');
  }

  async load(sets, networks) {
    const chosen = this.#settings.sets.filter(({ id }) => sets.includes(id));
    const ofSets = chosen.flatMap(filesOf);
    const alone = this.#settings.sets.flatMap(filesOf).filter(({ name }) => networks.includes(name));
    const manifest = JSON.stringify({ sets: this.#settings.sets });
    // The networks arrive while the module is compiled.
    const arriving = new Map([...ofSets, ...alone].map(({ name, file }) => [name, bytesOf(file)]));
    this.#module = await import(`/nod/${this.name()}.js`);
    const { default: init, Faces, Network } = this.#module;
    await init();
    this.#faces = new Faces(manifest);
    for (const name of named(ofSets)) this.#faces.load(name, await arriving.get(name));
    for (const name of named(alone)) this.#networks.set(name, new Network(manifest, name, await arriving.get(name)));
    for (const { id } of chosen) {
      this.#faces.assemble(`${id} still`, manifest, id);
      this.#faces.assemble(`${id} plain`, JSON.stringify({ sets: this.#settings.sets.map(plain) }), id);
    }
  }

  /** What a run of a network has to do at least: `{multiplications, bytes}`. */
  async work(network) {
    const { file } = this.#settings.sets.flatMap(filesOf).find(({ name }) => name === network);
    const [multiplications, bytes] = this.#module.work(await bytesOf(file));
    return { multiplications, bytes };
  }

  /** Multiplies and adds as fast as it can. @returns how often */
  multiply() {
    const times = 1_000_000;
    this.#module.multiply_adds(times);
    return times * this.#module.multiplications();
  }

  /** Copies memory. @returns bytes read and written */
  copy() {
    this.#memory ??= new this.#module.Memory();
    return this.#memory.copy();
  }

  look(id, bitmap) {
    const { width, height, data } = this.#pixels(bitmap);
    return this.#faces.look(`${id} still`, width, height, data);
  }

  embed(id, way, bitmap) {
    const { width, height, data } = this.#pixels(bitmap);
    return this.#faces.embed(`${id} ${way}`, width, height, data);
  }

  run(network, { pixels }) {
    return this.#networks.get(network).run(pixels);
  }

  #pixels(bitmap) {
    const { width, height } = bitmap;
    if (this.#canvas.width !== width || this.#canvas.height !== height) Object.assign(this.#canvas, { width, height });
    this.#brush.drawImage(bitmap, 0, 0);
    return this.#brush.getImageData(0, 0, width, height);
  }
}

const filesOf = (set) => [set.detector, set.landmarks, set.embedder];

/** Each name once: sets share networks. */
const named = (files) => new Set(files.map(({ name }) => name));

/** The set without a second opinion on the points, and without the crop's mirror image. */
function plain(set) {
  const points = set.embedding.points === 'consensus' ? 'detector' : set.embedding.points;
  return { ...set, embedding: { ...set.embedding, points, mirror: false } };
}

async function bytesOf(file) {
  return new Uint8Array(await (await fetch(`/models/${file}`)).arrayBuffer());
}
