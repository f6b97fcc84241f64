// A wire that keeps all that goes over it: what whoever stands there can read, and no more.

import { connect, createServer } from 'node:net';

export class Tap {
  /** Listens on a port and speaks with another one, both on loopback. */
  static async between(port, onTo) {
    const tap = new Tap();
    tap.#server = createServer((from) => {
      const to = connect(onTo, '127.0.0.1');
      tap.peers.add(from.remoteAddress);
      tap.#sockets.add(from).add(to);
      from.on('data', (data) => tap.#there.push(data)).on('error', () => to.destroy());
      to.on('data', (data) => tap.#back.push(data)).on('error', () => from.destroy());
      from.pipe(to);
      to.pipe(from);
    });
    await new Promise((resolve, reject) => tap.#server.once('error', reject).listen(port, '127.0.0.1', resolve));
    return tap;
  }

  peers = new Set();
  #server;
  #sockets = new Set();
  #there = [];
  #back = [];

  /** Everything that came to the port, as bytes. */
  there() {
    return Buffer.concat(this.#there);
  }

  /** Everything that went back from it. */
  back() {
    return Buffer.concat(this.#back);
  }

  /** Begins anew. */
  forget() {
    this.#there = [];
    this.#back = [];
  }

  async stop() {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
