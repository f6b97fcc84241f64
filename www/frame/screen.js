// What the resident sees: one step at a time, its heading focused, its changes spoken.

import { t } from './strings.js';

const THEMES = new Set(['auto', 'light', 'dark', 'contrast']);

export class Screen {
  #root;
  #footer = null;

  constructor(root) {
    this.#root = root;
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
    this.#root.replaceChildren(step, ...(footer && this.#footer ? [this.#ways()] : []));
    // On the first paint the page keeps its own focus; afterwards each step begins at its heading.
    if (document.hasFocus()) heading.focus();
    return step;
  }

  /** Sets what the footer's two buttons do. */
  onFooter(actions) {
    this.#footer = actions;
  }

  useTheme(theme) {
    document.documentElement.dataset.theme = THEMES.has(theme) ? theme : 'auto';
  }

  /** Calls back with the height this document needs, whenever a step or the width changes it. */
  onHeight(callback) {
    new ResizeObserver(() => callback(Math.ceil(document.documentElement.getBoundingClientRect().height))).observe(
      document.documentElement,
    );
  }

  #ways() {
    const { alternative, cancel } = this.#footer;
    return el(
      'footer',
      { class: 'ways' },
      alternative && button(t('way.alternative'), alternative, 'quiet'),
      cancel && button(t('way.cancel'), cancel, 'quiet'),
    );
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
