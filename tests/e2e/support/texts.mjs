// The texts of the frame, read strictly: what Fluent's runtime would skip in silence is an error here.

import { readFileSync } from 'node:fs';
import { parse } from '@fluent/syntax';

const FOLDER = new URL('../../../www/frame/strings/', import.meta.url);

/** The Fluent source of a language. */
export function sourceOf(language) {
  return readFileSync(new URL(`${language}.ftl`, FOLDER), 'utf8');
}

/** A language's texts by the keys that the frame's code uses: `{ text, values }`, in the file's order. */
export function textsOf(language) {
  const source = sourceOf(language);
  const texts = {};
  for (const entry of parse(source, { withSpans: true }).body) {
    if (entry.type.endsWith('Comment')) continue;
    const said = source.slice(entry.span.start, entry.span.end);
    // Junk is what could not be read. Attributes and terms nobody uses: a text hidden in one would not be shown.
    if (entry.type !== 'Message' || !entry.value || entry.attributes.length > 0) throw new Error(`${language}: not a text: ${said}`);
    const key = entry.id.name.replaceAll('-', '.');
    if (key in texts) throw new Error(`${language}: twice: ${key}`);
    texts[key] = { text: source.slice(entry.value.span.start, entry.value.span.end), values: valuesIn(entry.value) };
  }
  return texts;
}

/** The English text of a key as the frame shows it: values isolated (Unicode's FSI and PDI), as Fluent puts them in. */
export function english(key, values = {}) {
  return textsOf('en')[key].text.replaceAll(/\{ *\$(\w+) *\}/g, (_, name) => `\u2068${values[name]}\u2069`);
}

/** The names of the values that a pattern puts in, in whatever expression. */
function valuesIn(node) {
  const names = new Set();
  const walk = (part) => {
    if (part?.type === 'VariableReference') names.add(part.id.name);
    for (const child of Object.values(part ?? {})) if (child && typeof child === 'object') walk(child);
  };
  walk(node);
  return [...names].sort();
}
