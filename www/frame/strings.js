// The texts of the frame: a flat JSON file a language, `{name}` stands for a value.
//
// A language is complete or a test fails; a text that is missing at run time is a defect, so it shows
// its key instead of hiding behind English.

/** Languages there is a complete file for; the first is the one the others are compared with. */
export const LANGUAGES = ['en'];
const RIGHT_TO_LEFT = new Set(['ar', 'fa', 'he', 'ur']);

let texts = {};

/** Loads the best language for a wish (BCP 47, or null for the browser's own). */
export async function useLanguage(wish) {
  const language = bestLanguage(wish ? [wish, ...navigator.languages] : navigator.languages);
  if (document.documentElement.lang === language && texts['app.title']) return;
  const reply = await fetch(new URL(`./strings/${language}.json`, import.meta.url));
  texts = await reply.json();
  document.documentElement.lang = language;
  document.documentElement.dir = RIGHT_TO_LEFT.has(language) ? 'rtl' : 'ltr';
  document.title = t('app.title');
}

/** The text of a key with its values put in. */
export function t(key, values = {}) {
  const text = texts[key] ?? key;
  return text.replaceAll(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

/** Whether there is a text for this key: codes a newer authority sends may have none yet. */
export function has(key) {
  return key in texts;
}

/** First wish with an exact or a primary-subtag match, else the first language. */
function bestLanguage(wishes) {
  for (const wish of wishes) {
    const exact = LANGUAGES.find((language) => language.toLowerCase() === wish.toLowerCase());
    const primary = LANGUAGES.find((language) => language.split('-')[0] === wish.toLowerCase().split('-')[0]);
    if (exact ?? primary) return exact ?? primary;
  }
  return LANGUAGES[0];
}
