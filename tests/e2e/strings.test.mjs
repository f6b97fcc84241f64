// The texts and the codes: complete in every language, and as in the project's one table of codes.

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { describe, it } from 'node:test';
import { plainDigits } from '../../www/frame/digits.js';
import { LANGUAGES, bestLanguage, directionOf } from '../../www/frame/languages.js';
import { LOCAL_CODES as FRAME_CODES } from '../../www/frame/problem.js';
// The files that the authority serves, as `npm ci` in www/ puts them there.
import { FluentBundle, FluentResource } from '../../www/node_modules/@fluent/bundle/esm/index.js';
import { sourceOf, textsOf } from './support/texts.mjs';

const FRAME = new URL('../../www/frame/', import.meta.url);
const english = textsOf('en');

/** What the letters of a language are, by its script. */
const SCRIPTS = {
  Arab: /\p{Script=Arabic}/u,
  Cyrl: /\p{Script=Cyrillic}/u,
  Deva: /\p{Script=Devanagari}/u,
  Hans: /\p{Script=Han}/u,
  Hant: /\p{Script=Han}/u,
  Jpan: /\p{Script=Han}|\p{Script_Extensions=Hiragana}|\p{Script_Extensions=Katakana}/u,
  Kore: /\p{Script=Hangul}/u,
  Latn: /\p{Script=Latin}/u,
};

/** `Variant = "code", status, retryable, Next, "title",` of protocol/src/codes.rs. */
const TABLE = [...readFileSync(new URL('../../protocol/src/codes.rs', import.meta.url), 'utf8').matchAll(
  /^ +\w+ = "([a-z_.0-9]+)", \d+, (true|false), (\w+), "(.+)",$/gm,
)];
const CODES = new Map(TABLE.map(([, code, retryable, next]) => [code, [retryable === 'true', snake(next)]]));

it('finds the table of codes', () => {
  assert.ok(CODES.size > 40, `${CODES.size} codes`);
  assert.deepEqual(CODES.get('camera.denied'), [true, 'check_camera']);
});

it('has a file for every language, and every language for a file', () => {
  const files = readdirSync(new URL('strings/', FRAME)).map((name) => name.replace(/\.ftl$/, ''));
  assert.deepEqual(files.sort(), [...LANGUAGES].sort());
});

for (const language of LANGUAGES) {
  describe(language, () => {
    const texts = textsOf(language);

    it('has every text and no other, in the order of English', () => {
      assert.deepEqual(Object.keys(texts), Object.keys(english));
    });

    it('has the same values in each text', () => {
      for (const [key, { values }] of Object.entries(english)) assert.deepEqual(texts[key].values, values, key);
    });

    it('is formatted by Fluent as served, with every value put in and set apart', () => {
      const bundle = new FluentBundle(language);
      assert.deepEqual(bundle.addResource(new FluentResource(sourceOf(language))), []);
      for (const [key, { values }] of Object.entries(texts)) {
        const errors = [];
        const given = Object.fromEntries(values.map((name) => [name, `<${name}>`]));
        const said = bundle.formatPattern(bundle.getMessage(key.replaceAll('.', '-')).value, given, errors);
        assert.deepEqual(errors, [], key);
        for (const value of Object.values(given)) assert.ok(said.includes(`\u2068${value}\u2069`), `${key}: ${said}`);
      }
    });

    it('has no blanks that nobody meant, and no marks of direction of its own', () => {
      for (const [key, { text }] of Object.entries(texts)) {
        assert.equal(text, text.trim().replaceAll(/ {2,}/g, ' '), key);
        assert.doesNotMatch(text, /[\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffd]/, key);
      }
    });

    if (language !== 'en') {
      it('is not English', () => {
        const same = Object.keys(english).filter((key) => texts[key].text.toLowerCase() === english[key].text.toLowerCase());
        assert.deepEqual(same, []);
      });

      it('is written in its own script', () => {
        const script = SCRIPTS[new Intl.Locale(language).maximize().script];
        assert.ok(script, `no test knows the script of ${language}`);
        for (const [key, { text }] of Object.entries(texts)) {
          const letters = text.replaceAll(/\{[^}]*\}|WebAssembly|QR/g, '').match(/\p{L}/gu) ?? [];
          assert.deepEqual(letters.filter((letter) => !script.test(letter)), [], key);
        }
      });
    }
  });
}

describe('the language for some wishes', () => {
  for (const [wishes, language] of [
    [['zh-TW'], 'zh-Hant'], [['zh-HK'], 'zh-Hant'], [['zh-MO'], 'zh-Hant'], [['zh-Hant-CN'], 'zh-Hant'], [['zh_TW'], 'zh-Hant'],
    [['zh'], 'zh-Hans'], [['zh-CN'], 'zh-Hans'], [['zh-SG'], 'zh-Hans'], [['ZH-hans-TW'], 'zh-Hans'],
    [['pt-BR'], 'pt'], [['pt-PT'], 'pt'], [['de-CH'], 'de'], [['es-419'], 'es'], [['ar-EG'], 'ar'], [['en-GB'], 'en'],
    [['fr-CA', 'en'], 'fr'], [['it', 'fr'], 'fr'], [['it-IT', 'nl'], 'en'], [['hi-Latn', 'ko'], 'ko'], [['not a tag', '', 'ja'], 'ja'],
    [['fil', 'fi', 'frr', 'arz'], 'en'], [[], 'en'],
  ]) {
    it(`${wishes.join(', ') || 'none'}: ${language}`, () => assert.equal(bestLanguage(wishes), language));
  }

  it('is written from right to left where its script is', () => {
    assert.deepEqual(LANGUAGES.filter((language) => directionOf(language) === 'rtl'), ['ar']);
    assert.deepEqual(['ur', 'fa-IR', 'he', 'ru', 'uz-Latn'].map(directionOf), ['rtl', 'rtl', 'rtl', 'ltr', 'ltr']);
  });
});

it('reads the digits of every script', () => {
  for (const own of ['0123456789', '٠١٢٣٤٥٦٧٨٩', '۰۱۲۳۴۵۶۷۸۹', '०१२३४५६७८९', '０１２３４５６７８９', '𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗', '𝟶𝟷𝟸𝟹𝟺𝟻𝟼𝟽𝟾𝟿']) {
    assert.equal(plainDigits(own), '0123456789', own);
  }
  assert.equal(plainDigits('AB-٤२ Ⅷ²三'), 'AB-42 Ⅷ²三');
});

it('explains every code that leaves the frame, by its own title, on the page for troubleshooting', () => {
  const page = readFileSync(new URL('../../docs/troubleshooting.md', import.meta.url), 'utf8');
  const explained = [...page.matchAll(/^\| `([a-z_.]+)` \| (.+?) \| .+ \|$/gm)].map(([, code, title]) => `${code}: ${title}`);
  const table = TABLE.filter(([, code]) => !code.startsWith('hint.')).map(([, code, , , title]) => `${code}: ${title}`);
  assert.deepEqual(explained.sort(), table.sort());
});

it('has a text for every code that a resident can meet', () => {
  const elsewhere = /^(answer|capture|terminal)\.|^user\.(cancelled|alternative|consent_declined)$|^config\.bad_(import_key|metrics_token|method)$/;
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

it('has words for every question that can be asked', () => {
  const table = readFileSync(new URL('../../protocol/src/questions.rs', import.meta.url), 'utf8');
  const names = [...table.matchAll(/^ +\(?"([a-z0-9_:]+)",/gm)].map(([, name]) => name);
  const keys = names.map((name) => `question.${name.replaceAll(':', '.')}`);
  assert.ok(keys.length >= 16, `${keys.length} questions`);
  assert.deepEqual(keys.sort(), Object.keys(english).filter((key) => key.startsWith('question.')).sort());
});

it('has no text that nothing shows', () => {
  const source = readdirSync(FRAME).filter((name) => name.endsWith('.js')).map((name) => readFileSync(new URL(name, FRAME), 'utf8')).join('\n');
  const made = /^(error|next|hint|position|cue|question)\.|^consent\.(verify|enrol|card|kiosk)\.|^me\.(closed|erased|freeze|revoke|erase)(\.again)?\.(title|text)$|^result\.(no\.text|unseen)/;
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

function snake(name) {
  return name.replaceAll(/(?!^)([A-Z])/g, '_$1').toLowerCase();
}
