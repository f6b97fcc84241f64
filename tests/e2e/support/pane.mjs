// A page or frame of a browser that Playwright does not drive, with the few of Playwright's methods that the steps in
// journey.mjs use. What a driver must be able to do is less: run a function in the document, click and type as a person does.

const LIMIT_MS = 60_000;
const PAUSE_MS = 50;

export class Pane {
  #driver;

  /** @param driver `{evaluate(fn, arg), click(selector), type(selector, text)}` of one document */
  constructor(driver) {
    this.#driver = driver;
  }

  /** What `fn(arg)` returns in the document, or what its promise gives. */
  evaluate(fn, arg) {
    return this.#driver.evaluate(fn, arg);
  }

  /** Waits until something visible matches. Between two documents there is nothing to ask: that is waited for as well. */
  async waitForSelector(selector, { timeout = LIMIT_MS } = {}) {
    const until = Date.now() + timeout;
    for (;;) {
      const found = await this.evaluate(visible, selector).catch(() => false);
      if (found) return;
      if (Date.now() > until) throw new Error(`no ${selector}; there is ${await this.evaluate(shown).catch(String)}`);
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }

  async click(selector) {
    await this.waitForSelector(selector);
    await this.#driver.click(selector);
  }

  /** Types into a field that is empty. */
  async fill(selector, text) {
    await this.waitForSelector(selector);
    await this.#driver.type(selector, text);
  }

  /** Whether something matches now. */
  $(selector) {
    return this.evaluate((wanted) => document.querySelector(wanted) !== null, selector);
  }

  async textContent(selector) {
    await this.waitForSelector(selector);
    return this.evaluate((wanted) => document.querySelector(wanted).textContent, selector);
  }

  async getAttribute(selector, name) {
    await this.waitForSelector(selector);
    return this.evaluate(([wanted, attribute]) => document.querySelector(wanted).getAttribute(attribute), [selector, name]);
  }

  /** Buttons by the words on them, the only role that the steps ask for. */
  getByRole(_button, { name }) {
    return {
      click: async () => {
        await this.evaluate(mark, name);
        await this.click('[data-pressed]');
      },
    };
  }

  waitForTimeout(millis) {
    return new Promise((resolve) => setTimeout(resolve, millis));
  }
}

/** Runs in the document. */
function visible(selector) {
  return document.querySelector(selector)?.checkVisibility() ?? false;
}

/** Runs in the document: which it is and which step it shows, for a test that waited in vain. */
function shown() {
  return `${location.href} ${document.querySelector('[data-step]')?.outerHTML ?? document.body?.innerText}`;
}

/** Runs in the document: gives the button of these words an attribute to find it by. */
function mark(name) {
  for (const button of document.querySelectorAll('button')) {
    button.toggleAttribute('data-pressed', button.textContent.trim() === name);
  }
}
