// One page, one library: what the driver (../run.mjs) calls. Clocks are read here, so that nothing is timed but the
// library at work on a camera's picture.

import { paint } from './frames.js';
import { watchMemories } from './memory.js';

const settings = await (await fetch('/settings.json')).json();
const frames = await paint(settings.portraits);
const used = new URLSearchParams(location.search).has('memory') ? watchMemories() : null;
let peer = null;

window.bench = {
  /** Loads a library with these model sets, and with single networks to run alone. */
  async start(name, sets, networks = []) {
    const { Peer } = await import(`../peers/${name}.js`);
    peer = new Peer(settings);
    await peer.load(sets, networks);
  },

  /** Milliseconds from a picture to the face and its landmarks. */
  async look(set, frame) {
    const { millis, value } = await timed(() => peer.look(set, frames[frame]));
    if (!value) throw new Error(`no face in ${settings.portraits[frame].file}`);
    return millis;
  },

  /** Milliseconds from a picture to its embedding. */
  async embed(set, way, frame) {
    const { millis } = await timed(() => peer.embed(set, way, frames[frame]));
    return millis;
  },

  /** The embedding itself. */
  async embedding(set, way, frame) {
    return Array.from(await peer.embed(set, way, frames[frame]));
  },

  /** Milliseconds of one run of a network, the mean of `times`. */
  async run(network, times) {
    const input = inputOf(settings.networks[network]);
    const { millis } = await timed(async () => {
      for (let i = 0; i < times; i += 1) await peer.run(network, input);
    });
    return millis / times;
  },

  /** What a network makes of the input that `run` gives it: all outputs, in the order of the ONNX file. */
  async outputs(network) {
    return Array.from(await peer.run(network, inputOf(settings.networks[network])));
  },

  /** What a run of a network has to do at least. */
  work(network) {
    return peer.work(network);
  },

  /** How much of it the browser does in a millisecond: `multiply` or `copy`. */
  async limit(kind) {
    const { millis, value } = await timed(() => peer[kind]());
    return value / millis;
  },

  /** Milliseconds from nothing (but what the browser keeps) to the first embedding. */
  async cold(name, set) {
    const began = performance.now();
    await window.bench.start(name, [set]);
    await peer.embed(set, 'plain', frames[0]);
    return performance.now() - began;
  },

  /** Bytes of all WebAssembly memories after the library has worked for a while. They never shrink: it is the peak. */
  async memory(name, set) {
    await window.bench.start(name, [set]);
    for (const frame of frames) {
      await peer.look(set, frame);
      await peer.embed(set, 'still', frame);
    }
    return used();
  },
};

async function timed(work) {
  const began = performance.now();
  const value = await work();
  return { millis: performance.now() - began, value };
}

/**
 * The input of a network alone: noise that is the same in every page, as normalised as a picture would be, plane after plane
 * (as ONNX has it) and pixel after pixel (as Nod has it).
 */
function inputOf({ width, height, mean, divisor }) {
  const size = width * height;
  const [planes, pixels] = [new Float32Array(3 * size), new Float32Array(3 * size)];
  // Numerical Recipes' linear congruential generator.
  let state = 1;
  for (let i = 0; i < size; i += 1) {
    for (let channel = 0; channel < 3; channel += 1) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      const value = ((state >>> 24) - mean[channel]) / divisor;
      planes[channel * size + i] = value;
      pixels[3 * i + channel] = value;
    }
  }
  return { planes, pixels };
}
