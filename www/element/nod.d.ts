// generated: codes by `cargo xtask generate` from protocol/src/codes.rs and xtask/src/contract/element.rs
/** What happened, for a program. The page on troubleshooting explains each. */
export type NodCode =
  | 'config.bad_sitekey'
  | 'config.bad_action'
  | 'config.bad_session'
  | 'config.bad_import_key'
  | 'config.bad_metrics_token'
  | 'config.bad_method'
  | 'config.origin_not_allowed'
  | 'env.insecure_context'
  | 'env.unsupported'
  | 'env.no_wasm'
  | 'env.policy_blocked'
  | 'env.csp_blocked'
  | 'env.asset_fetch'
  | 'env.asset_integrity'
  | 'env.out_of_memory'
  | 'camera.none'
  | 'camera.denied'
  | 'camera.in_use'
  | 'camera.too_small'
  | 'camera.too_slow'
  | 'camera.ended'
  | 'user.cancelled'
  | 'user.consent_declined'
  | 'user.alternative'
  | 'user.inactive'
  | 'net.offline'
  | 'net.timeout'
  | 'net.server'
  | 'net.busy'
  | 'session.unknown'
  | 'session.expired'
  | 'session.spent'
  | 'seal.malformed'
  | 'seal.too_large'
  | 'seal.unknown_key'
  | 'seal.open_failed'
  | 'handoff.unknown'
  | 'handoff.expired'
  | 'handoff.spent'
  | 'handoff.ended'
  | 'handoff.wrong_code'
  | 'handoff.refused'
  | 'handoff.failed'
  | 'limit.site'
  | 'limit.address'
  | 'limit.device'
  | 'enrol.ticket_unknown'
  | 'enrol.ticket_spent'
  | 'enrol.ticket_mismatch'
  | 'enrol.exists'
  | 'enrol.quality'
  | 'enrol.key_refused'
  | 'enrol.phone'
  | 'enrol.number'
  | 'enrol.wrong_code'
  | 'enrol.code_spent'
  | 'enrol.no_more_codes'
  | 'enrol.not_sent'
  | 'terminal.not_signed_in'
  | 'terminal.nothing'
  | 'terminal.portrait'
  | 'answer.expired'
  | 'answer.already_used'
  | 'answer.invalid'
  | 'capture.positioning'
  | 'capture.holding';

/** What would help. */
export type NodNext =
  | 'fix_integration'
  | 'contact_operator'
  | 'other_device'
  | 'retry'
  | 'check_camera'
  | 'restart'
  | 'alternative'
  | 'wait'
  | 'adjust';

/** What an event of `<nod-verify>` may carry; never a face, a score, a hint or an ID. */
export interface NodDetail {
  /** Counts the attempts of this element, from 1. */
  readonly attempt: number;
  /** What happened, for a program: docs/troubleshooting.md explains each. */
  readonly code?: NodCode;
  /** Whether the same person can try again. */
  readonly retryable?: boolean;
  /** What would help. */
  readonly next?: NodNext;
  /** 0 to 1. */
  readonly progress?: number;
  /** The signed answer, for the site's server. */
  readonly token?: string;
  /** A hint for the page; the site's server checks the token. */
  readonly yes?: boolean;
}
// end of generated

/** A detail in which these are there. */
export type NodWith<K extends keyof NodDetail> = NodDetail & Required<Pick<NodDetail, K>>;

// generated: events by `cargo xtask generate` from xtask/src/contract/element.rs
/** Events of `<nod-verify>`. None bubbles; exactly one of `NodOutcome['event']` follows every `nod-start`. */
export interface NodVerifyEventMap {
  /** an attempt has begun */
  'nod-start': CustomEvent<NodDetail>;
  /** the frame is there */
  'nod-load': CustomEvent<NodDetail>;
  /** the resident agreed */
  'nod-consent': CustomEvent<NodDetail>;
  /** the browser is asked for the camera */
  'nod-permission': CustomEvent<NodDetail>;
  /** positioning or holding; why it takes long stays in the frame */
  'nod-progress': CustomEvent<NodWith<'code' | 'retryable' | 'next' | 'progress'>>;
  /** a face is in place; the challenge is drawn */
  'nod-ready': CustomEvent<NodDetail>;
  /** a link to continue on a phone is shown; what ends the attempt follows as ever */
  'nod-handoff': CustomEvent<NodDetail>;
  /** the camera is off, and the sealed capture on its way */
  'nod-sealed': CustomEvent<NodDetail>;
  /** the signed answer, yes or no */
  'nod-answer': CustomEvent<NodWith<'token' | 'yes'>>;
  /** the resident chose the way without a face */
  'nod-alternative': CustomEvent<NodWith<'code' | 'retryable' | 'next'>>;
  /** the camera was not allowed */
  'nod-denied': CustomEvent<NodWith<'code' | 'retryable' | 'next'>>;
  /** this browser or page cannot do it */
  'nod-unsupported': CustomEvent<NodWith<'code' | 'retryable' | 'next'>>;
  /** the time of timeout is over, or at a kiosk the resident has gone */
  'nod-timeout': CustomEvent<NodWith<'code' | 'retryable' | 'next'>>;
  /** cancelled by the resident, the page, or leaving the document */
  'nod-cancel': CustomEvent<NodWith<'code' | 'retryable' | 'next'>>;
  /** anything else that ended the attempt */
  'nod-error': CustomEvent<NodWith<'code' | 'retryable' | 'next'>>;
  /** an earlier answer's time is over; the element's value is empty again */
  'nod-expired': CustomEvent<NodWith<'code' | 'retryable' | 'next'>>;
  /** at a kiosk: everything of the resident is forgotten, the element's value too, and another attempt begins */
  'nod-wiped': CustomEvent<NodDetail>;
}

/** Detail of the event that ended an attempt, with its name. */
export type NodOutcome =
  | (NodWith<'token' | 'yes'> & { readonly event: 'nod-answer' })
  | (NodWith<'code' | 'retryable' | 'next'> & { readonly event: 'nod-alternative' })
  | (NodWith<'code' | 'retryable' | 'next'> & { readonly event: 'nod-denied' })
  | (NodWith<'code' | 'retryable' | 'next'> & { readonly event: 'nod-unsupported' })
  | (NodWith<'code' | 'retryable' | 'next'> & { readonly event: 'nod-timeout' })
  | (NodWith<'code' | 'retryable' | 'next'> & { readonly event: 'nod-cancel' })
  | (NodWith<'code' | 'retryable' | 'next'> & { readonly event: 'nod-error' });
// end of generated

// generated: attributes by `cargo xtask generate` from xtask/src/contract/element.rs
/** Attributes of `<nod-verify>`, for frameworks that type their templates. */
export interface NodVerifyAttributes {
  /** required: the site's public key */
  'sitekey': string;
  /** a session that your server minted; it fixes action, rp-nonce, bind, level and ask */
  'session'?: string;
  /** what is confirmed: one of the site's registered actions (default: its first) */
  'action'?: string;
  /** your server's one-time value, up to 128 characters; it comes back in the answer */
  'rp-nonce'?: string;
  /** up to 128 characters that the answer signs for, such as the hash of a document */
  'bind'?: string;
  /** light or full, never below what the site is registered for */
  'level'?: 'light' | 'full';
  /** questions beyond identity that the site is registered for, with spaces between: age_over_18 benefit_active:pension */
  'ask'?: string;
  /** form field of the token */
  'name'?: string;
  /** render (default: an attempt begins as soon as the element is in the document) or manual (start()) */
  'execution'?: 'render' | 'manual';
  /** language of the frame (BCP 47; default: the browser's own) */
  'lang'?: string;
  /** auto (default), light, dark or contrast */
  'theme'?: 'auto' | 'light' | 'dark' | 'contrast';
  /** user (default), environment or a device id */
  'camera'?: string;
  /** auto (default: a phone is offered, and used where this device has no camera), only or off */
  'handoff'?: 'auto' | 'only' | 'off';
  /** your words for what stands above the start button: one plain line of up to 160 characters, in the resident's language. Consent, data, errors and instructions are the authority's words everywhere */
  'text-intro'?: string;
  /** likewise, on the start button */
  'text-start'?: string;
  /** likewise, after a yes */
  'text-done'?: string;
  /** seconds after which an attempt ends with nod-timeout (default: none) */
  'timeout'?: string;
  /** the authority's origin (default: where this script came from); required where the element was bundled with your own code */
  'authority'?: string;
}
// end of generated

/** Whether this browser can run the journey. */
export interface NodSupport {
  readonly supported: boolean;
  /** Why not; null when supported. */
  readonly code: NodCode | null;
  readonly simd: boolean;
  readonly relaxedSimd: boolean;
}

/** `<nod-verify>`: form-associated; its form value is the token, and it is invalid until there is one. */
export class NodVerify extends HTMLElement {
  /** Whether this browser can run the journey. Spends no session and asks no permission. */
  static check(): Promise<NodSupport>;
  /** Begins an attempt; resolves with how it ended, camera off. */
  start(): Promise<NodOutcome>;
  /** Ends the running attempt; resolves when the camera is off. */
  cancel(): Promise<void>;
  /** As `cancel`, then forgets the token and begins anew. */
  reset(): Promise<void>;
  /** As `cancel`, then removes the element. */
  destroy(): Promise<void>;
  /** The token while it is valid, else the empty string. */
  getResponse(): string;
  /** Whether there was an answer and its time has run out. */
  isExpired(): boolean;
  readonly form: HTMLFormElement | null;
  readonly name: string;
  readonly value: string;
  readonly validity: ValidityState;
  readonly validationMessage: string;
  checkValidity(): boolean;
  reportValidity(): boolean;
  addEventListener<K extends keyof NodVerifyEventMap>(
    type: K, listener: (this: NodVerify, event: NodVerifyEventMap[K]) => unknown, options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(type: string, listener: EventListenerOrEventListenerObject, options?: boolean | AddEventListenerOptions): void;
}

declare global {
  interface HTMLElementTagNameMap {
    'nod-verify': NodVerify;
  }
}
