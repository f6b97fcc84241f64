// A puppet before the camera: a portrait turned in depth (rendered by the project's bench) that follows the
// instructions on the screen. The browser's getUserMedia is replaced from outside, by the browser's driver; what is served is
// what ships, there is no build for tests.

import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DIST, RESULTS } from './world.mjs';

const REPOSITORY = new URL('../../../', import.meta.url).pathname;
const BENCH = process.env.NOD_E2E_BENCH ?? join(REPOSITORY, 'target/debug/nod-bench');

/** Renders a portrait of tests/faces looking in many directions. @returns [{yaw, pitch, jpeg: base64}] */
export async function turned(portrait) {
  const out = join(RESULTS, `puppet-${portrait}`);
  const picture = join(REPOSITORY, `tests/faces/${portrait}.jpg`);
  await promisify(execFile)(BENCH, ['puppet', '--portrait', picture, '--models', join(DIST, 'models'), '--out', out]);
  const { pictures } = JSON.parse(await readFile(join(out, 'index.json'), 'utf8'));
  return Promise.all(pictures.map(async ({ file, yaw, pitch }) => (
    { yaw, pitch, jpeg: (await readFile(join(out, file))).toString('base64') }
  )));
}

/**
 * Puts it before the camera of every frame of a page.
 *
 * @param part 'person' follows the instructions; 'print' moves, tilts and nears a flat picture of the same face instead;
 *   'film' shows what `film` kept of an earlier attempt, whatever is asked for
 */
export async function play(page, pictures, part, film = null) {
  await page.addInitScript(puppet, { pictures, part, film });
}

/** The same for one page or frame that is there already, by a driver that cannot be in time for every document. */
export function playHere(pane, pictures, part) {
  return pane.evaluate(puppet, { pictures, part, film: null });
}

/** What the puppet showed, to be played again. */
export function filmed(frame) {
  return frame.evaluate(() => window.puppetFilm);
}

/**
 * How the frame kept up: `{looks}` of them, milliseconds between two of them (`interval`) and from a picture's arrival to what is
 * said of it (`hint`), medians; and how many tasks held the page for more than 50 ms meanwhile (`long`).
 */
export function pace(frame) {
  return frame.evaluate(() => {
    const median = (values) => Math.round(values.sort((a, b) => a - b)[Math.floor(values.length / 2)]);
    const looks = [...window.puppetLooks.values()];
    return {
      looks: looks.length,
      interval: median(looks.map(({ posted }, i) => posted - looks[i - 1]?.posted).slice(1)),
      hint: median(looks.filter(({ said }) => said).map(({ taken, said }) => said - taken)),
      long: window.puppetLongTasks,
    };
  });
}

/** Runs in every document before its own scripts. */
function puppet({ pictures, part, film }) {
  if (!navigator.mediaDevices) return;
  const RATE = 15;
  const REACTION_MILLIS = 450;
  /** Degrees a second, and size a second: an unhurried head. */
  const SPEED = { yaw: 70, pitch: 50, scale: 0.6 };
  const REST = { yaw: 0, pitch: 0, scale: 1 };
  const GOALS = {
    turn_left: { ...REST, yaw: 33 },
    turn_right: { ...REST, yaw: -33 },
    look_up: { ...REST, pitch: -24 },
    look_down: { ...REST, pitch: 24 },
    come_closer: { ...REST, scale: 1.4 },
  };
  // Nobody sits down twice alike: how the head is tilted (radians) and how near it is, for as long as the page is open.
  const seat = { tilt: 0.12 * (Math.random() - 0.5), size: 0.94 + 0.12 * Math.random() };
  let pose = { ...REST };
  let heard = { cue: null, at: 0 };
  window.puppetFilm = [];
  window.puppetLooks = new Map();
  const post = Worker.prototype.postMessage;
  Worker.prototype.postMessage = function noting(message, ...rest) {
    if (message.name === 'look') {
      if (!window.puppetLooks.size) watch(this);
      window.puppetLooks.set(message.id, { taken: message.args[1], posted: performance.now() });
    }
    return post.call(this, message, ...rest);
  };
  /** From the first look on, for whatever the page did before. */
  function watch(worker) {
    // Once the promises that the answer settles have run, and with them the hint.
    worker.addEventListener('message', ({ data }) => {
      const look = window.puppetLooks.get(data.id);
      if (look) setTimeout(() => { look.said = performance.now(); });
    });
    window.puppetLongTasks = 0;
    new PerformanceObserver((list) => { window.puppetLongTasks += list.getEntries().length; }).observe({ entryTypes: ['longtask'] });
  }

  navigator.mediaDevices.getUserMedia = async () => {
    const canvas = document.createElement('canvas');
    canvas.width = 640;
    canvas.height = 480;
    const pencil = canvas.getContext('2d');
    const [album, grain] = await Promise.all([Promise.all(pictures.map(develop)), noise()]);
    const began = performance.now();
    let last = began;
    const draw = () => {
      const now = performance.now();
      const seconds = (now - last) / 1000;
      last = now;
      pose = film ? frameOf(film, now - began) : towards(goal(now), seconds);
      window.puppetFilm.push({ at: now - began, ...pose });
      show(pencil, album, grain);
    };
    draw();
    const timer = setInterval(draw, 1000 / RATE);
    const stream = canvas.captureStream(RATE);
    const [track] = stream.getVideoTracks();
    const stop = track.stop.bind(track);
    track.stop = () => {
      clearInterval(timer);
      stop();
    };
    (window.cameraTracks ??= []).push(track);
    return stream;
  };

  async function develop({ yaw, pitch, jpeg }) {
    const bytes = Uint8Array.from(atob(jpeg), (letter) => letter.charCodeAt(0));
    return { yaw, pitch, image: await createImageBitmap(new Blob([bytes], { type: 'image/jpeg' })) };
  }

  /** Four sheets of a sensor's grain. */
  async function noise() {
    const sheet = () => {
      const data = new ImageData(640, 480);
      for (let at = 0; at < data.data.length; at += 4) {
        const grey = 128 + 60 * (Math.random() + Math.random() + Math.random() - 1.5);
        data.data.set([grey, grey, grey, 20], at);
      }
      return createImageBitmap(data);
    };
    return Promise.all([sheet(), sheet(), sheet(), sheet()]);
  }

  /** What the instruction on the screen asks for, once it has been read. */
  function goal(now) {
    const cue = document.querySelector('[role=status][data-cue]')?.dataset.cue ?? null;
    if (cue !== heard.cue) heard = { cue, at: now, before: heard.goal ?? REST };
    const followed = now - heard.at >= REACTION_MILLIS;
    heard.goal = followed ? GOALS[cue] ?? REST : heard.before;
    return heard.goal;
  }

  function towards(wanted, seconds) {
    const next = {};
    for (const [name, speed] of Object.entries(SPEED)) {
      const way = wanted[name] - pose[name];
      next[name] = pose[name] + Math.sign(way) * Math.min(Math.abs(way), speed * seconds);
    }
    return next;
  }

  function frameOf(frames, millis) {
    return frames.findLast((frame) => frame.at <= millis) ?? frames[0];
  }

  function show(pencil, album, grain) {
    const { yaw, pitch, scale } = pose;
    const away = (one) => Math.hypot(one.yaw - yaw, one.pitch - pitch);
    const flat = part === 'print';
    const { image } = album.reduce((best, one) => (
      (flat ? Math.hypot(one.yaw, one.pitch) < Math.hypot(best.yaw, best.pitch) : away(one) < away(best)) ? one : best
    ));
    const trembling = () => 1.2 * (Math.random() - 0.5);
    const narrow = flat ? Math.cos((yaw * Math.PI) / 180) : 1;
    const low = flat ? Math.cos((pitch * Math.PI) / 180) : 1;
    const aside = flat ? 1.5 * yaw : 0;
    const down = flat ? 1.5 * pitch : 0;
    pencil.setTransform(1, 0, 0, 1, 0, 0);
    pencil.fillStyle = '#8d8a84';
    pencil.fillRect(0, 0, 640, 480);
    // As it sits, about the middle of the picture; then turned and neared about the middle of the face.
    const [across, along] = [seat.size * Math.cos(seat.tilt), seat.size * Math.sin(seat.tilt)];
    pencil.setTransform(
      across, along, -along, across, 320 - 320 * across + 240 * along, 240 - 320 * along - 240 * across,
    );
    pencil.transform(
      scale * narrow, 0, 0, scale * low, 320 * (1 - scale * narrow) + aside + trembling(), 240 * (1 - scale * low) + down + trembling(),
    );
    pencil.drawImage(image, 0, 0);
    pencil.setTransform(1, 0, 0, 1, 0, 0);
    pencil.drawImage(grain[Math.floor(4 * Math.random())], 0, 0);
  }
}
