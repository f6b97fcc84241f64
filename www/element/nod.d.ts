/** What an event of `<nod-verify>` may carry; never a face, a score, a hint or an ID. */
export interface NodDetail {
  /** Counts the attempts of this element, from 1. */
  readonly attempt: number;
  /** A code of the contract, for example `camera.denied`. */
  readonly code?: string;
  readonly retryable?: boolean;
  /** What to do next. */
  readonly next?:
    | 'retry' | 'restart' | 'wait' | 'adjust' | 'check_camera' | 'alternative' | 'other_device' | 'fix_integration' | 'contact_operator';
  /** 0 to 1. */
  readonly progress?: number;
  /** The signed answer, for the site's server. */
  readonly token?: string;
  /** A hint for the page; the site's server checks the token. */
  readonly yes?: boolean;
}

/** Detail of the event that ended an attempt, with its name. */
export interface NodOutcome extends NodDetail {
  readonly event:
    | 'nod-unsupported' | 'nod-denied' | 'nod-answer' | 'nod-alternative' | 'nod-timeout' | 'nod-cancel' | 'nod-error';
}

export interface NodSupport {
  readonly supported: boolean;
  /** Why not; null when supported. */
  readonly code: string | null;
  readonly simd: boolean;
  readonly relaxedSimd: boolean;
}

/** Events of `<nod-verify>`. None bubbles; exactly one of `NodOutcome['event']` follows every `nod-start`. */
export interface NodVerifyEventMap {
  'nod-load': CustomEvent<NodDetail>;
  'nod-start': CustomEvent<NodDetail>;
  'nod-consent': CustomEvent<NodDetail>;
  'nod-permission': CustomEvent<NodDetail>;
  'nod-ready': CustomEvent<NodDetail>;
  'nod-progress': CustomEvent<NodDetail>;
  /** A link to continue on a phone is shown; the terminal event follows as ever. */
  'nod-handoff': CustomEvent<NodDetail>;
  'nod-sealed': CustomEvent<NodDetail>;
  'nod-answer': CustomEvent<NodDetail>;
  'nod-alternative': CustomEvent<NodDetail>;
  'nod-denied': CustomEvent<NodDetail>;
  'nod-unsupported': CustomEvent<NodDetail>;
  'nod-timeout': CustomEvent<NodDetail>;
  'nod-cancel': CustomEvent<NodDetail>;
  'nod-error': CustomEvent<NodDetail>;
  'nod-expired': CustomEvent<NodDetail>;
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
