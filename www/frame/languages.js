// Which language the frame speaks: the first wish that there are texts for, by language and script (BCP 47).

/** Languages there is a complete file of texts for; the first is what is spoken where no wish can be met. */
export const LANGUAGES = ['en', 'ar', 'de', 'es', 'fr', 'hi', 'ja', 'ko', 'pt', 'ru', 'zh-Hans', 'zh-Hant'];

const RIGHT_TO_LEFT = new Set(['Arab', 'Hebr']);

/**
 * The best of `LANGUAGES` for some wishes, the dearest first.
 *
 * A tag that names no script has that of most of its writers (Unicode's likely subtags, which the browser knows): who
 * wishes zh-TW or zh-HK reads zh-Hant, who wishes zh or zh-SG reads zh-Hans, and hi-Latn is not hi.
 */
export function bestLanguage(wishes) {
  for (const wish of wishes) {
    const wanted = likely(wish);
    const found = wanted && LANGUAGES.find((language) => isReadAs(wanted, likely(language)));
    if (found) return found;
  }
  return LANGUAGES[0];
}

/** `rtl` or `ltr`, by the script that a language is written in. */
export function directionOf(language) {
  return RIGHT_TO_LEFT.has(likely(language)?.script) ? 'rtl' : 'ltr';
}

/** Whether both are the same language in the same script, in whatever region. */
export function isReadAs(one, other) {
  return one.language === other.language && one.script === other.script;
}

/** A tag with its likely script and region; null for what is no tag. Some systems write `en_GB`. */
export function likely(tag) {
  try {
    return new Intl.Locale(tag.replaceAll('_', '-')).maximize();
  } catch {
    return null;
  }
}
