// The page's side of onnxruntime-web, where it can be checked without a canvas: the cases of src/detect/*.rs.

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { fivePoints, meanPoints, similarity, unit } from './align.js';
import { suppressed, tinyFace, yunet } from './detect.js';

const near = (a, b, most = 1e-4) => assert.ok(Math.abs(a - b) < most, `${a} and ${b}`);

it('finds the similarity that moved the points', () => {
  const points = [[40, 59], [87, 58], [64, 82], [45, 105], [84, 104]];
  const [a, b, x, y] = [1.5, -0.4, 300, 20];
  const moved = points.map(([px, py]) => [a * px - b * py + x, b * px + a * py + y]);
  const found = similarity(points, moved);
  near(found.a, a);
  near(found.b, b);
  near(found.x, x);
  near(found.y, y);
});

it('takes the five points from the right places', () => {
  const landmarks = Array.from({ length: 68 }, (_, i) => [i, 2 * i]);
  assert.deepEqual(fivePoints(landmarks).map(([x]) => x), [38.5, 44.5, 30, 48, 54]);
  assert.deepEqual(meanPoints([[[0, 2]], [[4, 4]]]), [[2, 3]]);
});

it('makes one face of one cell of YuNet', () => {
  const outputs = [1, 1, 4, 10].flatMap((values) => [8, 16, 32].map((s) => new Float32Array((64 / s) * (32 / s) * values)));
  outputs[1][6] = 0.81;
  outputs[4][6] = 1;
  outputs[7].set([0.5, 0.25, Math.log(2), 0], 24);
  outputs[10].set([-0.5, 0.5], 60);
  const [face, ...others] = yunet(outputs, 64, 32, 0.6);
  assert.equal(others.length, 0);
  near(face.score, 0.9);
  near(face.x, 24);
  near(face.y, 12);
  near(face.w, 32);
  near(face.h, 16);
  assert.deepEqual(face.points[0], [24, 24]);
});

it('makes one face of one anchor of the tiny detector', () => {
  const values = new Float32Array(100);
  for (let anchor = 0; anchor < 5; anchor += 1) values.fill(-9, (anchor * 5 + 4) * 4, (anchor * 5 + 5) * 4);
  values[(2 * 5 + 4) * 4 + 3] = 2;
  const [face, ...others] = tinyFace([values], 64, 64, 0.5);
  assert.equal(others.length, 0);
  near(face.score, 0.880797);
  near(face.x + face.w / 2, 48);
  near(face.w, 2.882459 * 32, 1e-3);
  near(face.h, 3.518061 * 32, 1e-3);
});

it('keeps the strongest of each heap', () => {
  const face = (x, score) => ({ x, y: 0, w: 10, h: 10, score });
  const kept = suppressed([face(0, 0.7), face(1, 0.9), face(2, 0.8), face(30, 0.65)], 0.4);
  assert.deepEqual(kept.map(({ score }) => score), [0.9, 0.65]);
});

it('makes vectors of length 1', () => {
  const [x, y] = unit([3, 4]);
  near(x, 0.6);
  near(y, 0.8);
});
