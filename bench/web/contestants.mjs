// Who is measured at what, and what is held against what.

export const NAMES = { nod: 'Nod', fixed: 'Nod without relaxed SIMD', onnxruntime: 'onnxruntime-web', face_api: 'face-api', human: 'human' };

/** Those that run Nod's model sets; the others have networks of their own. */
const WITH_SETS = ['nod', 'onnxruntime'];

/** Nod's two modules. */
export const MODULES = ['nod', 'fixed'];

/** From a picture to an embedding: what is done with a keyframe, or the least that gives an embedding. */
const WAYS = ['still', 'plain'];

/** `[{peer, set}]`: for looking at a frame, for a cold start, for memory. */
export function lookers(sets) {
  const each = WITH_SETS.flatMap((peer) => sets.map((set) => ({ peer, set })));
  return [...each, { peer: 'face_api', set: null }, { peer: 'human', set: null }];
}

/** `[{peer, set, way}]`: for embedding a frame. */
export function embedders(sets) {
  return lookers(sets).flatMap((one) => (one.set ? WAYS.map((way) => ({ ...one, way })) : [{ ...one, way: null }]));
}

/** `[{peer, network}]` */
export function runners(network) {
  return [...WITH_SETS, 'fixed'].map((peer) => ({ peer, network }));
}

/** What each of Nod's entries is held against: the same set and way elsewhere, and whoever has networks of their own. */
export function pairs(entries) {
  const ours = entries.filter(({ peer }) => peer === 'nod');
  return ours.flatMap((nod) => entries
    .filter((other) => other.peer !== 'nod' && sameWork(nod, other))
    .map((other) => ({ nod, other })));
}

function sameWork(nod, other) {
  if (!WITH_SETS.includes(other.peer)) return true;
  return other.set === nod.set && other.way === nod.way && other.network === nod.network;
}

/** As the report calls it. */
export function title({ peer, set, way }) {
  return [NAMES[peer], ...(set ? [set] : []), ...(way ? [way] : [])].join(' ');
}

/** The same for each measurement of the same entry. */
export function key(entry) {
  return [entry.peer, entry.network ?? '', entry.set ?? '', entry.way ?? ''].join('|');
}
