// The texts and the codes: complete in every language, and as in the project's one table of codes.

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { it } from 'node:test';
import { LOCAL_CODES as FRAME_CODES } from '../../www/frame/problem.js';
import { LANGUAGES } from '../../www/frame/strings.js';

const FRAME = new URL('../../www/frame/', import.meta.url);
const texts = (language) => JSON.parse(readFileSync(new URL(`strings/${language}.json`, FRAME), 'utf8'));
const english = texts('en');

/** `Variant = "code", status, retryable, Next, "title";` of protocol/src/codes.rs. */
const CODES = new Map(
  [...readFileSync(new URL('../../protocol/src/codes.rs', import.meta.url), 'utf8').matchAll(
    /^ +\w+ = "([a-z_.0-9]+)", \d+, (true|false), (\w+), "/gm,
  )].map(([, code, retryable, next]) => [code, [retryable === 'true', snake(next)]]),
);

it('finds the table of codes', () => {
  assert.ok(CODES.size > 40, `${CODES.size} codes`);
  assert.deepEqual(CODES.get('camera.denied'), [true, 'check_camera']);
});

it('has a file for every language, and every language for a file', () => {
  const files = readdirSync(new URL('strings/', FRAME)).map((name) => name.replace('.json', ''));
  assert.deepEqual(files.sort(), [...LANGUAGES].sort());
});

for (const language of LANGUAGES) {
  it(`${language} has every text, with the same values in it`, () => {
    const other = texts(language);
    assert.deepEqual(Object.keys(other), Object.keys(english));
    for (const [key, text] of Object.entries(english)) {
      assert.ok(other[key].trim(), key);
      assert.deepEqual(values(other[key]), values(text), key);
    }
  });
}

it('has a text for every code that a resident can meet', () => {
  const elsewhere = /^(answer|capture)\.|^user\.(cancelled|alternative|consent_declined)$|^config\.bad_import_key$/;
  for (const code of CODES.keys()) {
    if (code.startsWith('hint.')) assert.ok(english[code], code);
    else if (!elsewhere.test(code)) assert.ok(english[`error.${code}`] && english[`error.${code}.title`], code);
  }
  for (const [, next] of CODES.values()) assert.ok(english[`next.${next}`], next);
});

it('has a text for every movement that a challenge can ask for', () => {
  const challenge = readFileSync(new URL('../../protocol/src/challenge.rs', import.meta.url), 'utf8');
  const movements = [...challenge.matchAll(/Movement::\w+ => "(\w+)"/g)].map(([, name]) => `cue.${name}`);
  assert.deepEqual([...movements, 'cue.straight'].sort(), Object.keys(english).filter((key) => key.startsWith('cue.')).sort());
});

it('has no text that nothing shows', () => {
  const source = readdirSync(FRAME).filter((name) => name.endsWith('.js')).map((name) => readFileSync(new URL(name, FRAME), 'utf8')).join('\n');
  const made = /^(error|next|hint|position|cue)\.|^consent\.(verify|enrol)\.|^result\.(no\.text|unseen)/;
  for (const key of Object.keys(english)) assert.ok(made.test(key) || source.includes(`'${key}'`), key);
  for (const [, key] of source.matchAll(/\bt\('([\w.]+)'/g)) assert.ok(english[key], `${key} is shown but has no text`);
  for (const key of Object.keys(english)) {
    const code = /^error\.((?!other\.)\w+\.\w+)/.exec(key)?.[1] ?? (key.startsWith('hint.') ? key : null);
    assert.ok(!code || CODES.has(code), `${key} is about a code that does not exist`);
  }
});

it('knows the frame\'s and the element\'s own codes as the table has them', () => {
  const element = readFileSync(new URL('../../www/element/nod.js', import.meta.url), 'utf8');
  const table = /LOCAL_CODES = \{([^}]+)\}/.exec(element)[1];
  const own = [...table.matchAll(/'([\w.]+)': \[(true|false), '(\w+)'\]/g)].map(([, code, retryable, next]) => [code, [retryable === 'true', next]]);
  assert.ok(own.length >= 10);
  for (const [code, meaning] of [...Object.entries(FRAME_CODES), ...own]) assert.deepEqual(meaning, CODES.get(code), code);
});

function values(text) {
  return [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();
}

function snake(name) {
  return name.replaceAll(/(?!^)([A-Z])/g, '_$1').toLowerCase();
}
