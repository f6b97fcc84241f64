// The texts of the frame: a Fluent file a language (https://projectfluent.org), of which only one is downloaded.
//
// A language is complete or the build fails; a text that is missing at run time is a defect, so it shows its key
// instead of hiding behind English.

import { FluentBundle } from './fluent/bundle.js';
import { FluentResource } from './fluent/resource.js';
import { bestLanguage, directionOf } from './languages.js';

let bundle = null;
let wanted = null;

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

/** The text of a key with its values put in. */
export function t(key, values = {}) {
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
