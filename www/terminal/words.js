// What the operator reads of an error.

import { Problem } from '../problem.js';

const WORDS = {
  'net.offline': 'There is no connection to the authority. Try again.',
  'net.busy': 'The authority is busy. Try again in a moment.',
  'limit.address': 'Too many requests from here. Wait a moment.',
  'terminal.nothing': 'This enrolment is over: it was decided, or its time was up.',
  'terminal.portrait': 'The photograph shows another face.',
};

/** One sentence; the code where nobody foresaw it. */
export function said(error, own = {}) {
  const { code } = Problem.of(error);
  return own[code] ?? WORDS[code] ?? `This did not work (${code}).`;
}
