// A site's own code, as its developers write it: compiled against the package's types, never run.

import { NodVerify, type NodCode, type NodDetail, type NodOutcome, type NodSupport, type NodVerifyAttributes } from 'nod-verify';

declare function send(token: string): Promise<void>;
declare function showOtherWay(code?: NodCode | null): void;

export async function confirm(): Promise<void> {
  const element = document.querySelector('nod-verify');
  if (!element) return;
  const { supported, code }: NodSupport = await NodVerify.check();
  if (!supported) return showOtherWay(code);
  element.addEventListener('nod-progress', ({ detail }) => console.log(detail.progress.toFixed(1), detail.attempt));
  element.addEventListener('nod-error', ({ detail }) => {
    if (detail.code === 'session.spent' && detail.retryable) void element.start();
    if (detail.next === 'alternative') showOtherWay(detail.code);
  });
  element.addEventListener('nod-expired', () => void element.reset());

  const outcome: NodOutcome = await element.start();
  // The event says what is there.
  if (outcome.event === 'nod-answer') await send(outcome.token);
  else showOtherWay(outcome.code);
  const valid: boolean = element.checkValidity() && !element.isExpired() && element.getResponse() === element.value;
  if (!valid) await element.cancel();
}

export const attributes: NodVerifyAttributes = { sitekey: 'pk_court', 'rp-nonce': 'once', level: 'full', theme: 'dark' };

export function misuse(element: NodVerify, detail: NodDetail): void {
  // @ts-expect-error there is no such code
  if (detail.code === 'hint.too_dark') return;
  // @ts-expect-error a no has no token to rely on unless the event is an answer
  const token: string = detail.token;
  // @ts-expect-error no event carries a score
  element.addEventListener('nod-answer', (event) => console.log(event.detail.score));
  // @ts-expect-error a site key is required
  const without: NodVerifyAttributes = { action: 'pay' };
  // @ts-expect-error what the element says is read, not written
  element.value = token;
  void without;
}
