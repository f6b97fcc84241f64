// Medians, and how far apart the quartiles are.

/** The value below which the part `q` of the samples lies, between two samples by proportion. */
export function quantile(samples, q) {
  if (samples.length === 0) throw new Error('no samples');
  const sorted = [...samples].sort((a, b) => a - b);
  const at = q * (sorted.length - 1);
  const below = Math.floor(at);
  const above = Math.ceil(at);
  return sorted[below] + (sorted[above] - sorted[below]) * (at - below);
}

/** `{median, low, high}`: low and high are the quartiles. */
export function summary(samples) {
  return { median: quantile(samples, 0.5), low: quantile(samples, 0.25), high: quantile(samples, 0.75) };
}

/**
 * How long one takes in units of the other: the ratio of the medians, and the quartiles of the ratios round by round.
 * Both were measured on the same picture, one shortly after the other: what slows the machine slows both.
 */
export function ratio(ours, theirs) {
  if (ours.length !== theirs.length) throw new Error('rounds without a partner');
  const { low, high } = summary(ours.map((sample, round) => sample / theirs[round]));
  return { median: quantile(ours, 0.5) / quantile(theirs, 0.5), low, high };
}

/** The largest absolute difference, and the largest absolute value that it is to be held against. */
export function difference(ours, theirs) {
  if (ours.length !== theirs.length) throw new Error(`${ours.length} outputs and ${theirs.length}`);
  let [most, largest] = [0, 0];
  ours.forEach((value, i) => {
    most = Math.max(most, Math.abs(value - theirs[i]));
    largest = Math.max(largest, Math.abs(theirs[i]));
  });
  if (!Number.isFinite(most)) throw new Error('an output is not a number');
  return { most, largest };
}

/** Of two vectors of any length. */
export function cosine(a, b) {
  const dot = (p, q) => p.reduce((sum, value, i) => sum + value * q[i], 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}
