import assert from 'node:assert/strict';
import { it } from 'node:test';
import { cosine, difference, quantile, ratio, summary } from './statistics.mjs';

it('takes quantiles between the samples, in whatever order they are', () => {
  assert.equal(quantile([9, 1, 5], 0.5), 5);
  assert.equal(quantile([4, 1, 3, 2], 0.5), 2.5);
  assert.deepEqual(summary([5, 4, 3, 2, 1]), { median: 3, low: 2, high: 4 });
  assert.throws(() => quantile([], 0.5));
});

it('compares round by round, so that a slow moment is nobody’s fault', () => {
  assert.deepEqual(ratio([10, 20, 300], [20, 40, 600]), { median: 0.5, low: 0.5, high: 0.5 });
  assert.throws(() => ratio([1, 2], [1]));
});

it('finds the largest difference, and refuses outputs that are none', () => {
  assert.deepEqual(difference([1, -2, 3], [1, -2.5, 3]), { most: 0.5, largest: 3 });
  assert.throws(() => difference([1], [1, 2]));
  assert.throws(() => difference([NaN], [1]));
});

it('knows vectors of one direction, and of two', () => {
  assert.ok(Math.abs(cosine([1, 2], [2, 4]) - 1) < 1e-12);
  assert.equal(cosine([1, 0], [0, 3]), 0);
});
