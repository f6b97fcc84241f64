import assert from 'node:assert/strict';
import { it } from 'node:test';
import { embedders, lookers, pairs } from './contestants.mjs';
import { order } from './order.mjs';

it('has everybody at each place once, and after each of the others once', () => {
  const all = [...'abcdef'];
  const rounds = all.map((_, round) => order(all, round));
  for (const place of all.keys()) assert.equal(new Set(rounds.map((row) => row[place])).size, 6);
  const neighbours = rounds.flatMap((row) => row.slice(1).map((one, i) => row[i] + one));
  assert.equal(neighbours.length, 30);
  assert.equal(new Set(neighbours).size, 30);
});

it('holds a set and a way against the same elsewhere, and against whoever has networks of their own', () => {
  const sets = ['open-1', 'everywhere-1'];
  assert.equal(pairs(lookers(sets)).length, 2 * 3);
  const ways = pairs(embedders(sets));
  assert.equal(ways.length, 4 * 3);
  for (const { nod, other } of ways.filter(({ other }) => other.set)) {
    assert.deepEqual([nod.set, nod.way], [other.set, other.way]);
  }
});
