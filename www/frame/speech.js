// Spoken instructions, for who cannot watch the screen while the head is turned away from it.
//
// Only voices of the device itself are used: others would send what is said, and when, to their makers.

import { isReadAs, likely } from './languages.js';

const voices = () => globalThis.speechSynthesis?.getVoices() ?? [];

// Browsers collect their voices after the first question, which is therefore asked early.
voices();

/** Whether the device itself can speak the frame's language. */
export function canSpeak() {
  return Boolean(ownVoice());
}

/** Speaks a text; what was being said before is cut off, since it no longer holds. */
export function say(text) {
  const voice = ownVoice();
  if (!voice) return;
  const utterance = new SpeechSynthesisUtterance(text);
  [utterance.voice, utterance.lang] = [voice, voice.lang];
  // Some browsers lose what follows a cancel too closely: only if there is something to cut off.
  if (speechSynthesis.speaking || speechSynthesis.pending) hush();
  speechSynthesis.speak(utterance);
}

/** Silence. */
export function hush() {
  globalThis.speechSynthesis?.cancel();
}

/** The device's voice for the frame's language; of several one of its script's regions, and the one that it prefers. */
function ownVoice() {
  const spoken = likely(document.documentElement.lang);
  const rank = (voice) => 2 * isReadAs(likely(voice.lang), spoken) + Boolean(voice.default);
  return voices()
    .filter((voice) => voice.localService && likely(voice.lang)?.language === spoken.language)
    .sort((one, other) => rank(other) - rank(one))[0];
}
