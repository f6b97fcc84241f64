// What the resident sees: one step at a time, its heading focused, its changes spoken.

import { t } from './strings.js';

/** What Escape goes to; told to assistive technology by the same attribute. */
const WAY = '[aria-keyshortcuts=Escape]';

export class Screen {
  #root;
  #place = el('div');
  // There from the beginning and filled later: a live region that arrives with its text often goes unread.
  #news = el('p', { class: 'unseen', role: 'status' });
  #footer = null;
  #visited = false;
  #owed = null;
  #before = null;

  constructor(root) {
    this.#root = root;
    root.append(this.#place, this.#news);
    root.addEventListener('focusin', () => { this.#visited = true; });
    addEventListener('focus', () => this.#payFocus());
    addEventListener('keydown', (event) => this.#onEscape(event));
  }

  /**
   * Replaces the step.
   *
   * @param {{name: string, title: string, alert?: boolean, footer?: boolean, keep?: boolean}} step `alert`
   *   interrupts a screen reader; `footer` offers the ways out (on unless it is false); `keep` leaves the step at
   *   least as high as the one before, so that the page cannot tell from the frame's height that it came
   */
  show({ name, title, alert = false, footer = true, keep = false }, ...content) {
    this.#root.style.minHeight = keep ? `${this.#root.getBoundingClientRect().height}px` : '';
    const heading = el('h1', { id: 'step-title', tabindex: '-1' }, title);
    const step = el(
      'section',
      { class: `step step-${name}`, 'data-step': name, 'aria-labelledby': 'step-title', ...(alert && { role: 'alert' }) },
      heading,
      ...content,
    );
    const wasHere = this.#place.contains(document.activeElement);
    this.#place.replaceChildren(step, ...(footer && this.#footer ? [this.#ways()] : []));
    this.#arrive(heading, step, wasHere);
    return step;
  }

  /** Each step begins at its heading, unless the resident is in the page around this frame, or was never here. */
  #arrive(heading, step, wasHere) {
    const here = document.hasFocus();
    if (here) heading.focus();
    // The browser's own question for the camera has the focus meanwhile; it comes back to an element that is gone.
    this.#owed = wasHere && !here ? heading : null;
    const lead = step.querySelector('.lead')?.textContent ?? '';
    const unread = this.#visited && !here && step.role !== 'alert';
    this.#news.textContent = unread ? `${heading.textContent}. ${lead}` : '';
  }

  #payFocus() {
    if (this.#owed?.isConnected && document.activeElement === document.body) this.#owed.focus();
    this.#owed = null;
  }

  /** Escape goes to the way without a face (else to the way out), and back: from anywhere, that is one key away. */
  #onEscape(event) {
    const way = this.#place.querySelector(WAY);
    if (event.key !== 'Escape' || event.isComposing || !way) return;
    event.preventDefault();
    const focused = document.activeElement;
    if (focused === way) return (this.#before?.isConnected ? this.#before : this.#place.querySelector('h1')).focus();
    this.#before = this.#place.contains(focused) ? focused : null;
    way.focus();
  }

  /** Sets what the footer's two buttons do. */
  onFooter(actions) {
    this.#footer = actions;
  }

  /** Calls back with the height this document needs, whenever a step or the width changes it. */
  onHeight(callback) {
    new ResizeObserver(() => callback(Math.ceil(document.documentElement.getBoundingClientRect().height))).observe(
      document.documentElement,
    );
  }

  #ways() {
    const { alternative, cancel } = this.#footer;
    const ways = [
      alternative && button(t('way.alternative'), alternative, 'quiet'),
      cancel && button(t('way.cancel'), cancel, 'quiet'),
    ].filter(Boolean);
    onEscape(ways[0]);
    return el('footer', { class: 'ways' }, ...ways);
  }
}

/** An element with attributes and children; text is always text, never markup. */
export function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

export function button(label, onClick, kind = 'primary') {
  const made = el('button', { type: 'button', class: kind }, label);
  made.addEventListener('click', onClick);
  return made;
}

/** Makes this the step's element that Escape goes to. */
export function onEscape(way) {
  way?.setAttribute('aria-keyshortcuts', 'Escape');
  return way;
}

/** An icon of one stroked path in a 24×24 box; decoration only. */
export function icon(path) {
  const made = svg('svg', { viewBox: '0 0 24 24', 'aria-hidden': 'true', class: 'icon' });
  made.append(svg('path', { d: path }));
  return made;
}

/** An element of a drawing. */
export function svg(tag, attributes) {
  const made = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

/** Settles with the promise, or rejects with the signal's reason, whichever is first. */
export function orAbort(promise, signal) {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
