// The ID number for a second try, so that nobody types it twice for one check (WCAG 2.2, 3.3.7).
//
// In this frame's memory only, for two minutes, and shown by its last characters: the next person at a shared screen
// learns no number. Forgotten once there is a yes, once the resident leaves, and with the page. Passcodes are never kept.

const LASTING = 120_000;

/** @returns {{keep: Function, known: Function, linger: Function, forget: Function}} a place for one number */
export function typedBefore() {
  let kept = null;
  let timer = 0;
  const forget = () => {
    clearTimeout(timer);
    kept = null;
  };
  addEventListener('pagehide', forget);
  return {
    keep(id) {
      forget();
      kept = id;
    },
    /** The number, or null. */
    known: () => kept,
    /** The try is over: two minutes for another one. */
    linger() {
      timer = setTimeout(forget, LASTING);
    },
    forget,
  };
}

/** As much of a number as may be shown: its last three characters, fewer of a short one. */
export function endOf(id) {
  const characters = [...id];
  return characters.slice(characters.length - Math.min(3, Math.floor(characters.length / 3))).join('');
}
