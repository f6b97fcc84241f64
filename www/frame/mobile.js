// At a terminal: the resident's mobile number, confirmed by a code that is sent there (docs/terminal.md).

import { ask as request } from './authority.js';
import { plainDigits } from './digits.js';
import { ask, field } from './form.js';
import { Problem } from './problem.js';
import { orAbort } from './screen.js';
import { t } from './strings.js';
import { endOf } from './typed.js';

const CODE = /^\d{6}$/;
/** What is said beside the field, so that it can be mended there. */
const MENDED_HERE = new Set(['enrol.number', 'enrol.wrong_code', 'enrol.code_spent', 'enrol.not_sent']);

/** Resolves once the number is confirmed. */
export async function confirmMobile(screen, session, signal) {
  let fault = null;
  for (;;) {
    const number = await askNumber(screen, fault, signal);
    fault = await faultOf(request('POST', '/v1/enrol/phone', { body: { session, number } }), signal);
    if (fault) continue;
    if (await confirmCode(screen, session, endOf(number), signal)) return;
  }
}

/** Resolves to false where the resident wants another code, or another number. */
async function confirmCode(screen, session, end, signal) {
  let fault = null;
  for (;;) {
    const code = await askCode(screen, end, fault, signal);
    if (code === null) return false;
    fault = await faultOf(request('POST', '/v1/enrol/code', { body: { session, code } }), signal);
    if (!fault) return true;
  }
}

function askNumber(screen, fault, signal) {
  const number = field('mobile', { label: t('mobile.number'), hint: t('mobile.number.hint'), type: 'tel', autocomplete: 'tel', maxlength: '40', dir: 'ltr' });
  const asked = ask(screen, signal, {
    name: 'mobile',
    title: t('mobile.title'),
    lead: t('mobile.lead'),
    fields: [number],
    check: () => number.complain(number.value().trim() ? null : t('mobile.number.missing')),
    read: () => plainDigits(number.value().trim()),
  });
  if (fault) number.complain(fault);
  return asked;
}

function askCode(screen, end, fault, signal) {
  const code = field('code', { label: t('mobile.code'), hint: t('join.code.hint'), inputmode: 'numeric', autocomplete: 'one-time-code', maxlength: '6' });
  const typed = () => plainDigits(code.value().trim());
  const asked = ask(screen, signal, {
    name: 'mobile-code',
    title: t('mobile.code.title'),
    lead: t('mobile.code.lead', { end }),
    fields: [code],
    check: () => code.complain(CODE.test(typed()) ? null : t('join.code.missing')),
    read: typed,
    back: t('mobile.again'),
  });
  if (fault) code.complain(fault);
  return asked;
}

/** Resolves to what is to be said beside the field, or to null where all went well. */
async function faultOf(asked, signal) {
  try {
    await orAbort(asked, signal);
    return null;
  } catch (error) {
    if (signal.aborted) throw error;
    const { code } = Problem.of(error);
    if (!MENDED_HERE.has(code)) throw error;
    return t(`error.${code}`);
  }
}
