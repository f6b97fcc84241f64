// Forms of a step: labelled fields, each with its hint and its fault.

import { button, el } from './screen.js';
import { t } from './strings.js';

/**
 * A form whose faults are named beside their fields; the first faulty field gets the focus. `back` resolves to null.
 *
 * @param other another way to the same end, or null: `fields` that it needs, how they are checked, and `go`, whose result the form
 *   resolves to; null from it leaves the form as it is, with `fault` said
 */
export function ask(screen, signal, { name, title, lead, fields, check, read, back = null, keep = false, other = null }) {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    const submit = button(t('identity.continue'), () => {});
    submit.type = 'submit';
    const leave = (answer) => {
      for (const one of fields) one.clear();
      resolve(answer);
    };
    const actions = el('div', { class: 'actions' }, submit, back && button(back, () => leave(null), 'secondary'));
    const way = other && otherWay(other, leave);
    const form = el('form', { novalidate: '', autocomplete: 'on' }, ...fields.map((one) => one.element), way, actions);
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      check();
      const faulty = fields.find((one) => one.faulty());
      if (faulty) return faulty.focus();
      leave(read());
    });
    screen.show({ name, title, keep }, el('p', { class: 'lead' }, lead), form);
  });
}

/** A button under the fields, with its hint and its fault. Pressing it twice asks once. */
function otherWay({ label, hint, fault, fields, check, go }, leave) {
  const said = el('p', { id: 'other-fault', class: 'fault', role: 'alert' });
  let asking = false;
  const press = async () => {
    said.textContent = '';
    check();
    const faulty = fields.find((one) => one.faulty());
    if (faulty) return faulty.focus();
    if (asking) return;
    asking = true;
    const answer = await go();
    asking = false;
    if (answer) leave(answer);
    else said.textContent = fault;
  };
  const made = button(label, press, 'secondary');
  made.setAttribute('aria-describedby', 'other-hint other-fault');
  return el('div', { class: 'field other' }, made, el('p', { id: 'other-hint', class: 'hint' }, hint), said);
}

/** One labelled input with its hint and its fault, tied together for assistive technology. */
export function field(name, { label, hint, type = 'text', ...attributes }) {
  const input = el('input', {
    id: name, name, type, dir: 'auto', 'aria-describedby': `${name}-hint ${name}-fault`, 'aria-required': 'true',
    autocapitalize: 'off', spellcheck: 'false', ...attributes,
  });
  const fault = el('p', { id: `${name}-fault`, class: 'fault', role: 'alert' });
  const complain = (text) => {
    fault.textContent = text ?? '';
    if (text) input.setAttribute('aria-invalid', 'true');
    else input.removeAttribute('aria-invalid');
  };
  // A fault that is being mended is no longer one; the next submit looks again.
  input.addEventListener('input', () => complain(null));
  return {
    element: el('div', { class: 'field' }, el('label', { for: name }, label), input, el('p', { id: `${name}-hint`, class: 'hint' }, hint), fault),
    value: () => input.value,
    focus: () => input.focus(),
    clear: () => { input.value = ''; },
    faulty: () => fault.textContent !== '',
    complain,
  };
}
