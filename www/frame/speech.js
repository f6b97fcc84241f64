// Spoken instructions, for who cannot watch the screen while the head is turned away from it.
//
// Only voices of the device itself are used: others would send what is said, and when, to their makers.

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

/** The device's voice for the frame's language; the one it prefers, if there are several. */
function ownVoice() {
  const language = primary(document.documentElement.lang);
  const own = voices().filter((voice) => voice.localService && primary(voice.lang) === language);
  return own.find((voice) => voice.default) ?? own[0];
}

/** `en` of `en-GB` and of `en_GB`, as some systems write it. */
function primary(tag) {
  return tag.toLowerCase().split(/[-_]/)[0];
}
