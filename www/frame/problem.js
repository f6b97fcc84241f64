// Failures as the contract names them: a code, whether trying again can help, and what to do next.
//
// The authority and the wasm module send all three; the table holds those the frame itself finds.

// generated: codes by `cargo xtask generate` from protocol/src/codes.rs
/** Codes that this file finds itself: whether trying again can help, and what to do next. */
export const LOCAL_CODES = {
  'env.insecure_context': [false, 'fix_integration'],
  'env.unsupported': [false, 'other_device'],
  'env.no_wasm': [false, 'other_device'],
  'env.policy_blocked': [false, 'fix_integration'],
  'env.csp_blocked': [false, 'fix_integration'],
  'env.asset_fetch': [true, 'retry'],
  'env.asset_integrity': [false, 'contact_operator'],
  'env.out_of_memory': [true, 'other_device'],
  'camera.none': [true, 'check_camera'],
  'camera.denied': [true, 'check_camera'],
  'camera.in_use': [true, 'check_camera'],
  'camera.too_small': [true, 'check_camera'],
  'camera.ended': [true, 'check_camera'],
  'capture.positioning': [true, 'adjust'],
  'capture.holding': [true, 'adjust'],
  'user.cancelled': [true, 'restart'],
  'user.alternative': [true, 'alternative'],
  'user.inactive': [true, 'restart'],
  'net.offline': [true, 'retry'],
  'net.server': [true, 'retry'],
  'session.expired': [true, 'restart'],
  'handoff.unknown': [true, 'restart'],
  'handoff.expired': [true, 'restart'],
  'handoff.ended': [true, 'restart'],
  'handoff.refused': [true, 'restart'],
  'handoff.failed': [true, 'restart'],
};
// end of generated

export class Problem extends Error {
  /** @param shown the text for it where the code's own would say too little; stays in the frame */
  constructor({ code, retryable, next }, shown = null) {
    super(code);
    this.detail = { code, retryable, next };
    this.shown = shown;
  }

  get code() {
    return this.detail.code;
  }

  /** A problem of the table above. */
  static local(code, shown) {
    return new Problem(Problem.detail(code), shown);
  }

  static detail(code) {
    const [retryable, next] = LOCAL_CODES[code];
    return { code, retryable, next };
  }

  /** Whatever was thrown, as a problem; what nobody foresaw is a fault of ours, not of the resident. */
  static of(error) {
    if (error instanceof Problem) return error;
    if (typeof error?.code === 'string' && typeof error.next === 'string') return new Problem(error);
    return Problem.local(navigator.onLine ? 'net.server' : 'net.offline');
  }
}
