// The texts of the frame: a Fluent file a language (https://projectfluent.org), of which only one is downloaded.
//
// A language is complete or the build fails; a text that is missing at run time is a defect, so it shows its key
// instead of hiding behind English.

import { FluentBundle } from './fluent/bundle.js';
import { FluentResource } from './fluent/resource.js';
import { bestLanguage, directionOf } from './languages.js';

/** What a site may word itself: nothing of consent, of data, of the camera or of an error. */
const WORDED_BY_SITES = { intro: 'idle.text', start: 'idle.start', done: 'result.yes.text' };
const LONGEST = 160;
/** Control characters, and those that turn round the direction of what stands beside them; joiners belong to words. */
const UNPRINTED = /[\p{Cc}\p{Cs}\p{Co}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u;

let bundle = null;
let wanted = null;
/** A site's own texts by our keys. */
const own = new Map();

/** Loads the best language for a wish (BCP 47, or null for the browser's own). */
export async function useLanguage(wish) {
  const language = bestLanguage(wish ? [wish, ...navigator.languages] : navigator.languages);
  wanted = language;
  if (bundle?.locales[0] === language) return;
  let source;
  try {
    source = await sourceOf(language);
  } catch (error) {
    // In another language is better than not at all.
    if (bundle) return;
    throw error;
  }
  // Another was wished for while this one was on its way.
  if (wanted !== language) return;
  // Values are isolated (Unicode's FSI and PDI): a Latin name in an Arabic sentence stays where it belongs.
  bundle = new FluentBundle(language);
  bundle.addResource(new FluentResource(source));
  document.documentElement.lang = language;
  document.documentElement.dir = directionOf(language);
  document.title = t('app.title');
}

/** Takes the texts that the page wishes for; whatever is no plain short line, or for another place, counts as none. */
export function useTextsOfSite(wishes) {
  own.clear();
  for (const [name, key] of Object.entries(WORDED_BY_SITES)) {
    const text = wishes?.[name];
    if (typeof text !== 'string' || !text.trim() || text.length > LONGEST || UNPRINTED.test(text)) continue;
    // In the site's language, which may run the other way.
    own.set(key, `\u2068${text}\u2069`);
  }
}

/** The text of a key with its values put in. */
export function t(key, values = {}) {
  if (own.has(key)) return own.get(key);
  const text = bundle?.getMessage(idOf(key))?.value;
  return text ? bundle.formatPattern(text, values, []) : key;
}

/** Whether there is a text for this key: codes a newer authority sends may have none yet. */
export function has(key) {
  return bundle?.hasMessage(idOf(key)) ?? false;
}

/** Codes have dots, which Fluent keeps for attributes: `hint.too_far` is the message `hint-too_far`. */
function idOf(key) {
  return key.replaceAll('.', '-');
}

async function sourceOf(language) {
  const reply = await fetch(new URL(`./strings/${language}.ftl`, import.meta.url));
  if (!reply.ok) throw new Error(`no texts: ${reply.status}`);
  return reply.text();
}
