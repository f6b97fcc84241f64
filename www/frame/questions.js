// Questions beyond identity in plain words: names are for programs, and the words are the authority's, never the site's.

import { has, t } from './strings.js';

/** The words for a question such as `benefit_active:pension`; its name, if a newer authority asks what this frame does not know. */
export function worded(question) {
  const key = `question.${question.replaceAll(':', '.')}`;
  return has(key) ? t(key) : question;
}
