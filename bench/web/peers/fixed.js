// Nod as a browser without relaxed SIMD runs it.

import { Peer as Nod } from './nod.js';

export class Peer extends Nod {
  name() {
    return 'nod_bench_web';
  }
}
