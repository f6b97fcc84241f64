// Which of the two wasm modules this browser runs.

// (func (result v128) … f32x4.relaxed_madd), with three vectors of zeros to work on.
const RELAXED_MULTIPLY_ADD = Uint8Array.of(
  0, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
  1, 5, 1, 0x60, 0, 1, 0x7b,
  3, 2, 1, 0,
  10, 19, 1, 17, 0, 0x41, 0, 0xfd, 15, 0x41, 0, 0xfd, 15, 0x41, 0, 0xfd, 15, 0xfd, 0x85, 2, 0x0b,
);

// (func (result v128) … i8x16.splat).
const SPLAT = Uint8Array.of(
  0, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
  1, 5, 1, 0x60, 0, 1, 0x7b,
  3, 2, 1, 0,
  10, 8, 1, 6, 0, 0x41, 0, 0xfd, 15, 0x0b,
);

/** Whether this browser can run either module. */
export function hasSimd() {
  return WebAssembly.validate(SPLAT);
}

/** Relaxed SIMD where the browser has it (Chrome 114, Firefox 146), else the vectors that all supported browsers have. */
export function moduleName() {
  return WebAssembly.validate(RELAXED_MULTIPLY_ADD) ? 'nod_wasm_relaxed' : 'nod_wasm';
}
