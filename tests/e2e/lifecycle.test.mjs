// Ends: however an attempt ends, the camera is off, exactly one terminal event was seen, and the page or
// the resident has a next step.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, it } from 'node:test';
import { Browser } from './support/browser.mjs';
import { begin, cameraRuns, ended, frameOf, recordEvents, step } from './support/journey.mjs';
import { World } from './support/world.mjs';

const TERMINAL = ['unsupported', 'denied', 'answer', 'alternative', 'timeout', 'cancel', 'error'].map((name) => `nod-${name}`);
const WHO = { claimedId: 'NOD-LIFE-0001' };

let world;
let browser;

before(async () => {
  world = await World.start();
  browser = await Browser.start();
});
after(async () => {
  await browser?.stop();
  await world?.stop();
});

it('third-party cookies are blocked here, and the frame works without them', async () => {
  const { page, frame } = await atHotel();
  const kept = await frame.evaluate(() => {
    document.cookie = 'probe=1; SameSite=None; Secure';
    return document.cookie;
  });
  assert.equal(kept, '');
  await step(frame, 'consent');
  await page.close();
});

it('check() finds this browser fit, without asking for anything', async () => {
  const { page, frame } = await atHotel();
  const found = await page.evaluate(() => customElements.get('nod-verify').check());
  assert.deepEqual(found, { supported: true, code: null, simd: true, relaxedSimd: true });
  assert.equal(await cameraRuns(frame), false);
  await page.close();
});

it('cancel() resolves with the camera off', async () => {
  const { page, frame } = await positioning();
  assert.equal(await cameraRuns(frame), true);
  await page.evaluate(() => document.querySelector('nod-verify').cancel());
  assert.equal(await cameraRuns(frame), false);
  assert.deepEqual(await terminals(page), ['nod-cancel']);
  await step(frame, 'idle');
  await page.close();
});

it('the resident\'s own Cancel and Start again work too', async () => {
  const { page, frame } = await positioning();
  await frame.click('footer .quiet:last-child');
  await step(frame, 'idle');
  assert.equal(await cameraRuns(frame), false);
  await frame.click('button.primary');
  await step(frame, 'consent');
  assert.deepEqual(await terminals(page), ['nod-cancel']);
  assert.equal((await page.evaluate(() => window.events)).filter(({ type }) => type === 'nod-start').length, 2);
  await page.close();
});

it('the other way is one button away, and the camera is off on it', async () => {
  const { page, frame } = await positioning();
  await frame.click('footer .quiet:first-child');
  assert.equal(await ended(frame), 'alternative');
  assert.equal(await cameraRuns(frame), false);
  assert.equal(await frame.getAttribute('a.button', 'href'), `${world.origins.hotel}/desk`);
  assert.deepEqual(await terminals(page), ['nod-alternative']);
  await page.close();
});

it('remove() ends the attempt, and the frame with its camera is gone', async () => {
  const { page, frame } = await positioning();
  // Another process tells of it, at its own time.
  const gone = page.waitForEvent('framedetached', (detached) => detached === frame);
  await page.evaluate(() => {
    const element = document.querySelector('nod-verify');
    window.kept = element;
    element.remove();
  });
  assert.deepEqual(await terminals(page), ['nod-cancel']);
  await page.waitForFunction(() => window.frames.length === 0);
  await gone;
  // Put back, it begins anew.
  await page.evaluate(() => document.querySelector('form').append(window.kept));
  await step(await frameOf(page, world), 'consent');
  await page.close();
});

it('leaving the page releases the camera, and coming back begins anew', async () => {
  const { page } = await positioning();
  await page.goto(`${world.origins.hotel}/desk`);
  await page.goBack();
  const frame = await frameOf(page, world);
  await step(frame, 'consent');
  assert.equal(await cameraRuns(frame), false);
  await page.close();
});

it('a lost camera is said, and can be tried again', async () => {
  const { page, frame } = await positioning();
  await frame.evaluate(() => {
    // What the browser does when the plug is pulled: the track ends by itself.
    const [track] = window.cameraTracks;
    track.stop();
    track.dispatchEvent(new Event('ended'));
  });
  assert.equal(await ended(frame), 'error camera.ended');
  assert.deepEqual(await terminals(page), ['nod-error']);
  await frame.click('button.primary');
  await step(frame, 'consent');
  await page.close();
});

it('the ID number need not be typed twice, and no more than its end is shown', async () => {
  const { page, frame } = await positioning();
  await frame.evaluate(() => window.cameraTracks[0].dispatchEvent(new Event('ended')));
  assert.equal(await ended(frame), 'error camera.ended');
  const again = async () => {
    await frame.getByRole('button', { name: 'Try again' }).click();
    await step(frame, 'consent');
    await frame.click('button.primary');
    return step(frame, 'identity');
  };
  const shown = await (await again()).innerText();
  assert.match(shown, /ending in .?001/);
  assert.equal(shown.includes(WHO.claimedId), false);
  assert.equal(await frame.$('#claimed-id'), null);
  // It can be exchanged; then the field is empty and has the focus.
  await frame.getByRole('button', { name: 'Use another number' }).click();
  assert.equal(await frame.inputValue('#claimed-id:focus'), '');
  // Who leaves is forgotten.
  await frame.getByRole('button', { name: 'Cancel' }).click();
  await step(frame, 'idle');
  await frame.getByRole('button', { name: 'Start' }).click();
  await step(frame, 'consent');
  await frame.click('button.primary');
  await step(frame, 'identity');
  assert.equal(await frame.$('.known'), null);
  assert.equal(await frame.inputValue('#claimed-id'), '');
  await page.close();
});

it('a hidden tab switches the camera off', async () => {
  const { page, frame } = await positioning();
  const other = await browser.page();
  await other.bringToFront();
  await frame.evaluate(() => {
    // Headless Chromium keeps background tabs visible; the event is what a real one would get.
    Object.defineProperty(document, 'hidden', { value: true });
    document.dispatchEvent(new Event('visibilitychange'));
  });
  assert.equal(await ended(frame), 'error user.inactive');
  assert.equal(await cameraRuns(frame), false);
  await other.close();
  await page.close();
});

it('offline midway is said, with the camera off', async () => {
  const { page, frame } = await positioning('obama', { stay: false });
  await browser.context.setOffline(true);
  try {
    assert.match(await ended(frame), /^error net\./);
    assert.equal(await cameraRuns(frame), false);
  } finally {
    await browser.context.setOffline(false);
  }
  await page.close();
});

it('a time limit of the page ends with nod-timeout', async () => {
  const { page, frame } = await atHotel('no-face', { timeout: '600' }, holdTheLimit);
  await begin(frame, WHO);
  await frame.waitForSelector('[data-hint="hint.no_face"]');
  assert.equal(await frame.evaluate(() => window.limits.length), 1, 'the frame has set a timer of ten minutes');
  await frame.evaluate(() => window.limits[0]());
  await ended(frame);
  assert.deepEqual(await terminals(page), ['nod-timeout']);
  assert.equal(await cameraRuns(frame), false);
  await page.close();
});

it('a denied camera ends with nod-denied', async () => {
  const denying = await Browser.start({ prompt: 'deny' });
  try {
    const page = await denying.page();
    await recordEvents(page);
    await page.goto(world.origins.hotel);
    const frame = await frameOf(page, world);
    await begin(frame, WHO);
    assert.equal(await ended(frame), 'error camera.denied');
    assert.deepEqual(await terminals(page), ['nod-denied']);
    assert.deepEqual(denying.violations, []);
  } finally {
    await denying.stop();
  }
});

it('the frame names the origin that the browser names, whatever the page claims', async () => {
  const page = await browser.page();
  const sessions = [];
  page.on('request', (request) => request.url().endsWith('/v1/sessions') && sessions.push(JSON.parse(request.postData())));
  await page.goto(`${world.origins.hotel}/desk`);
  await page.evaluate(({ authority, claimed }) => {
    // A page that speaks to the frame by itself, without our element.
    const frame = document.createElement('iframe');
    frame.src = `${authority}/frame/pk_hotel`;
    frame.addEventListener('load', () => {
      const { port1, port2 } = new MessageChannel();
      frame.contentWindow.postMessage({ nod: 1, type: 'init', origin: claimed }, '*', [port2]);
      port1.postMessage({ type: 'start', options: { origin: claimed, sitekey: 'pk_court', action: 'check-in' } });
    });
    document.body.append(frame);
  }, { authority: world.issuer, claimed: world.origins.court });
  await step(await frameOf(page, world), 'consent');
  assert.deepEqual(sessions.map(({ sitekey, origin }) => [sitekey, origin]), [['pk_hotel', world.origins.hotel]]);
  await page.close();
});

it('a frame that is no frame stays silent', async () => {
  const page = await browser.page();
  await page.goto(`${world.issuer}/frame/pk_hotel`);
  await page.evaluate(() => {
    window.answered = 0;
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => { window.answered += 1; };
    window.postMessage({ nod: 1, type: 'init' }, '*', [port2]);
  });
  await page.waitForTimeout(1_000);
  assert.equal(await page.evaluate(() => window.answered), 0);
  await page.close();
});

it('no run above met a Content-Security-Policy violation', () => assert.deepEqual(browser.violations, []));

it('a page of an origin that is not registered gets no frame', async () => {
  const nod = `${world.issuer}/v1/${world.build.hash}/nod.js`;
  const server = createServer((_request, reply) => {
    reply.setHeader('content-type', 'text/html');
    reply.end(`<!doctype html><script type="module" src="${nod}"></script><nod-verify sitekey="pk_court">another way</nod-verify>`);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const page = await browser.page();
    await recordEvents(page);
    await page.goto(`http://evil.localhost:${server.address().port}`);
    await page.waitForFunction(() => window.events.some(({ type }) => type === 'nod-error'));
    const [error] = (await page.evaluate(() => window.events)).filter(({ type }) => type === 'nod-error');
    assert.equal(error.detail.code, 'config.origin_not_allowed');
    assert.deepEqual(await terminals(page), ['nod-error']);
    // What the page put inside the element is there instead.
    assert.equal(await page.getByText('another way').isVisible(), true);
    await page.close();
  } finally {
    server.close();
  }
});

/** The hotel's page; `attributes` are set on its element before it is upgraded, `script` runs in every document first. */
async function atHotel(scene = 'no-face', attributes = {}, script = () => {}) {
  await browser.see(scene);
  const page = await browser.page();
  await page.addInitScript(script);
  await recordEvents(page);
  await page.addInitScript((wanted) => {
    new MutationObserver((_records, observer) => {
      const element = document.querySelector('nod-verify');
      if (!element) return;
      observer.disconnect();
      for (const [name, value] of Object.entries(wanted)) element.setAttribute(name, value);
    }).observe(document, { childList: true, subtree: true });
  }, attributes);
  await page.goto(world.origins.hotel);
  return { page, frame: await frameOf(page, world) };
}

/** In every document: timers of ten minutes end when the test says so, however long a busy machine takes to get there. */
function holdTheLimit() {
  const plain = window.setTimeout;
  window.limits = [];
  window.setTimeout = (run, millis, ...rest) => (millis === 600_000 ? window.limits.push(run) : plain(run, millis, ...rest));
}

/** As far as the camera being on and nothing good enough before it (`stay`), or a good face. */
async function positioning(scene = 'no-face', { stay = true } = {}) {
  const { page, frame } = await atHotel(scene);
  await begin(frame, WHO);
  await step(frame, 'position');
  if (stay) await frame.waitForSelector('[data-hint="hint.no_face"]');
  return { page, frame };
}

async function terminals(page) {
  const events = await page.evaluate(() => window.events);
  return events.map(({ type }) => type).filter((type) => TERMINAL.includes(type));
}
