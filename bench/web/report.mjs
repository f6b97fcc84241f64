// The measurements as a text that names what was measured, when, where and with which command.

import { key, pairs, title } from './contestants.mjs';
import { ratio, summary } from './statistics.mjs';

const WEIGHTS = { wasm: 'wasm', scripts: 'JavaScript', models: 'models', others: 'pages, texts' };

/** @returns the whole report */
export function report(given) {
  return `${[heading(given), networks(given), limits(given), look(given), embed(given), cold(given), memory(given), weights(given)].join('\n\n')}\n`;
}

function heading({ plan, course, machine, packages, commit }) {
  const { processor, cores, chromium, node, load } = machine;
  return [
    `${plan.command}: Nod beside what the web has for faces, in one headless Chromium, one thread each`,
    `${new Date().toISOString().slice(0, 10)}; ${processor}, ${cores} cores, load before and after ${load.map((one) => one.toFixed(1)).join(', ')}; ${chromium}; Node ${node}`,
    `Nod ${commit}; ${packages.join(', ')}`,
    `${course.rounds} rounds after ${course.warmUp} to warm up, ${course.coldStarts} cold starts each; ${course.portraits} portraits, 640×480, one a round, the order changing`,
    'Milliseconds: median (quartiles). Ratios, Nod ÷ the other: of the medians (quartiles of the ratios round by round); below 1 Nod is faster.',
  ].join('\n');
}

function networks({ times, alike, networks: inputs }) {
  const rows = Object.entries(times.networks).map(([name, [nod, other, fixed]]) => {
    const { most, largest } = alike.outputs[name];
    const { width, height } = inputs[name];
    return [`${name} ${width}×${height}`, millis(nod.samples), millis(other.samples), share(nod.samples, other.samples), share(nod.samples, fixed.samples), `${most.toExponential(0)} of ${largest.toPrecision(2)}`];
  });
  return section('One network: the same weights, the same input, outputs read', [
    ['', 'Nod', 'onnxruntime-web', 'Nod ÷ it', 'Nod ÷ without relaxed SIMD', 'outputs differ by'], ...rows,
  ]);
}

/** Where a network's time would end if nothing but its multiplications, or nothing but its bytes, took any. */
function limits({ times, works }) {
  const [nod, fixed] = times.multiply.map(({ samples }) => summary(samples).median);
  const copied = summary(times.copy[0].samples).median;
  const rows = Object.entries(works).map(([name, { multiplications, bytes: moved }]) => {
    const measured = summary(times.networks[name][0].samples).median;
    const [arithmetic, memory] = [multiplications / nod, moved / copied];
    return [name, `${(multiplications / 1e6).toFixed(0)} M`, `${(moved / 1e6).toFixed(1)} MB`, arithmetic.toFixed(1), memory.toFixed(1), round(measured), `${(100 * arithmetic / measured).toFixed(0)} %`];
  });
  return [
    section('The limits: what the browser multiplies and adds in registers, and what it copies', [
      ['', 'multiplications', 'bytes', 'arithmetic alone, ms', 'memory alone, ms', 'Nod, ms', 'arithmetic ÷ Nod'], ...rows,
    ]),
    `  ${(nod / 1e6).toFixed(1)} G multiplications with additions a second (${(fixed / 1e6).toFixed(1)} G without relaxed SIMD), ${(copied / 1e6).toFixed(1)} GB read and written a second`,
  ].join('\n');
}

function look({ times }) {
  return [
    timesOf('A frame: picture → face and landmarks (Nod: and its quality measures)', times.look),
    ratiosOf(times.look),
  ].join('\n');
}

function embed({ times, alike }) {
  const cosines = Object.entries(alike.embeddings).map(([way, least]) => `${way} ${least.toFixed(4)}`);
  return [
    timesOf('Frame → embedding (still: as Nod takes a keyframe, mirrored second opinions and all; plain: one detection, one embedding)', times.embed),
    ratiosOf(times.embed),
    `  Nod and onnxruntime-web, least cosine of their embeddings of one picture: ${cosines.join(', ')}`,
  ].join('\n');
}

function cold({ cold: { entries, requests } }) {
  return [
    timesOf('Cold start: new page, files in the browser’s cache → library loaded → first embedding (plain)', entries),
    ratiosOf(entries),
    `  Requests that reached the server meanwhile: ${requests}`,
  ].join('\n');
}

function memory({ memory: bytes, cold: { entries } }) {
  const rows = entries.map((entry) => [title(entry), `${(bytes[key(entry)] / 2 ** 20).toFixed(1)} MiB`]);
  return section('WebAssembly memory after five frames looked at and embedded (it never shrinks; what JavaScript holds besides is not in it)', rows);
}

function weights({ cold: { entries }, weights: all }) {
  const rows = entries.flatMap((entry) => {
    const kinds = Object.entries(all[key(entry)]).filter(([, { raw }]) => raw > 0);
    const sum = kinds.map(([, sizes]) => sizes).reduce((a, b) => ({ raw: a.raw + b.raw, gzip: a.gzip + b.gzip, brotli: a.brotli + b.brotli }));
    return [...kinds.map(([kind, sizes]) => [title(entry), WEIGHTS[kind], ...bytes(sizes)]), [title(entry), 'in all', ...bytes(sum)]];
  });
  return section('Bytes of a first visit (Nod: the whole widget as it is served; the others: library, wasm and models, without a page of their own)', [
    ['', '', 'raw', 'gzip', 'brotli'], ...rows,
  ]);
}

const bytes = ({ raw, gzip, brotli }) => [raw, gzip, brotli].map((count) => count.toLocaleString('en'));

function timesOf(name, entries) {
  return section(name, entries.map((entry) => [title(entry), millis(entry.samples)]));
}

function ratiosOf(entries) {
  return table(pairs(entries).map(({ nod, other }) => [`${title(nod)} ÷ ${title(other)}`, share(nod.samples, other.samples)]));
}

function millis(samples) {
  const { median, low, high } = summary(samples);
  return `${round(median)} (${round(low)}–${round(high)})`;
}

function share(ours, theirs) {
  const { median, low, high } = ratio(ours, theirs);
  return `${median.toFixed(2)} (${low.toFixed(2)}–${high.toFixed(2)})`;
}

const round = (value) => (value < 100 ? value.toFixed(1) : value.toFixed(0));

function section(name, rows) {
  return `${name}\n${table(rows)}`;
}

/** Columns by their widest cell: the first to the left, the others to the right. */
function table(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) => `  ${row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]))).join('   ')}`).join('\n');
}
