// The measurements: everybody in turn on the same picture, in an order that changes from round to round, so that what
// slows the machine for a while slows everybody.

import { setTimeout } from 'node:timers/promises';
import { MODULES, NAMES, embedders, key, lookers, runners, title } from './contestants.mjs';
import { order } from './order.mjs';
import { cosine, difference } from './statistics.mjs';

/** Runs of a network for one sample: a clock that a page may read ticks in tenths of a millisecond. */
const RUNS = 3;
/** Milliseconds between two samples: what one leaves behind (garbage being collected) is not the next one's burden. */
const PAUSE = 20;

/**
 * Milliseconds of networks alone, of looking at a frame and of embedding one.
 *
 * @returns `{networks: {name: entries}, look: entries, embed: entries}`, each entry with its `samples`, one a round; and
 *   what the browser can do at most: `multiply` and `copy`, whose samples are numbers and bytes in a millisecond
 */
export async function steady(pages, { sets, networks, portraits, rounds, warmUp }, say) {
  const groups = {
    ...Object.fromEntries(networks.map((network) => [network, runners(network).map((entry) => ({
      ...entry, sample: (page) => page.evaluate(([name, runs]) => window.bench.run(name, runs), [network, RUNS]),
    }))])),
    multiply: MODULES.map((peer) => ({ peer, sample: (page) => page.evaluate(() => window.bench.limit('multiply')) })),
    copy: [{ peer: 'nod', sample: (page) => page.evaluate(() => window.bench.limit('copy')) }],
    look: lookers(sets).map((entry) => ({
      ...entry, sample: (page, frame) => page.evaluate(([set, at]) => window.bench.look(set, at), [entry.set, frame]),
    })),
    embed: embedders(sets).map((entry) => ({
      ...entry,
      sample: (page, frame) => page.evaluate(([set, way, at]) => window.bench.embed(set, way, at), [entry.set, entry.way, frame]),
    })),
  };
  const entries = Object.values(groups).flat();
  entries.forEach((entry) => { entry.samples = []; });
  for (let round = -warmUp; round < rounds; round += 1) {
    const frame = (round + warmUp) % portraits;
    for (const group of Object.values(groups)) {
      for (const entry of order(group, round + warmUp)) {
        await setTimeout(PAUSE);
        const millis = await entry.sample(pages[entry.peer], frame);
        if (round >= 0) entry.samples.push(millis);
      }
    }
    say(round < 0 ? `warming up, ${-round} to go` : `round ${round + 1} of ${rounds}`);
  }
  const { multiply, copy, look, embed, ...alone } = groups;
  return { networks: alone, multiply, copy, look, embed };
}

/** What a run of each network has to do at least: `{name: {multiplications, bytes}}`. */
export async function work(pages, { networks }) {
  const each = networks.map(async (name) => [name, await pages.nod.evaluate((network) => window.bench.work(network), name)]);
  return Object.fromEntries(await Promise.all(each));
}

/** Whether both answer alike: outputs of networks on the same input, and embeddings of the same pictures. */
export async function agreement(pages, { sets, networks, portraits }) {
  const outputs = {};
  for (const network of networks) {
    const of = (peer) => pages[peer].evaluate((name) => window.bench.outputs(name), network);
    outputs[network] = difference(await of('nod'), await of('onnxruntime'));
  }
  const embeddings = {};
  for (const { set, way } of embedders(sets).filter(({ peer }) => peer === 'nod')) {
    const of = (peer, frame) => pages[peer].evaluate((given) => window.bench.embedding(...given), [set, way, frame]);
    const cosines = [];
    for (let frame = 0; frame < portraits; frame += 1) cosines.push(cosine(await of('nod', frame), await of('onnxruntime', frame)));
    embeddings[`${set} ${way}`] = Math.min(...cosines);
  }
  return { outputs, embeddings };
}

/** A page for each library, with everything loaded that it is to run. */
export async function pagesOf(browser, { sets, networks }, say) {
  const pages = {};
  for (const peer of Object.keys(NAMES)) {
    say(`loading ${NAMES[peer]}`);
    pages[peer] = await browser.page();
    await pages[peer].evaluate((given) => window.bench.start(...given), [peer, peer === 'fixed' ? [] : sets, networks]);
  }
  return pages;
}

/**
 * Milliseconds from nothing to the first embedding, each time in a new page; the very first time, when the browser has
 * kept nothing yet, is not counted but tells which files are fetched.
 *
 * @returns entries with `samples` and with `files`, the paths that the first start asked the server for
 */
export async function coldStarts(browser, server, { sets, coldStarts: count }, say) {
  const entries = lookers(sets).map((entry) => ({ ...entry, samples: [] }));
  const start = async (entry, watch = () => {}) => {
    const page = await browser.page();
    page.on('response', (response) => watch(new URL(response.url()).pathname));
    const millis = await page.evaluate((given) => window.bench.cold(...given), [entry.peer, entry.set]);
    await page.close();
    return millis;
  };
  for (const entry of entries) {
    say(`first start of ${title(entry)}`);
    const paths = new Set();
    await start(entry, (path) => paths.add(path));
    entry.files = [...paths];
  }
  const before = server.requests();
  for (let round = 0; round < count; round += 1) {
    for (const entry of order(entries, round)) entry.samples.push(await start(entry));
    say(`cold start ${round + 1} of ${count}`);
  }
  return { entries, requests: server.requests() - before };
}

/** Bytes of WebAssembly memory, each in a new page: `{key: bytes}`. */
export async function memories(browser, { sets }) {
  const bytes = {};
  for (const entry of lookers(sets)) {
    const page = await browser.page({ memory: true });
    bytes[key(entry)] = await page.evaluate((given) => window.bench.memory(...given), [entry.peer, entry.set]);
    await page.close();
  }
  return bytes;
}
