// Numbers as residents type them: keyboards of many languages write digits of their own (٤, ४, ４), and mean the same number.

const DIGIT = /\p{Nd}/u;

/** The text with every decimal digit of Unicode written as one of 0 to 9. */
export function plainDigits(text) {
  return text.replaceAll(/\p{Nd}/gu, (digit) => String(valueOf(digit.codePointAt(0))));
}

/** Unicode has its decimal digits in rows from zero to nine, some rows right behind others (Unicode Standard, section 4.6). */
function valueOf(point) {
  let first = point;
  while (DIGIT.test(String.fromCodePoint(first - 1))) first -= 1;
  return (point - first) % 10;
}
