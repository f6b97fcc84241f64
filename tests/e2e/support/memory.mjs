// What a process holds.

import { open, readFile } from 'node:fs/promises';

/** Everything that a process holds in memory that can be written; Linux shows it to whoever started it. */
export async function memoryOf(process) {
  const maps = await readFile(`/proc/${process}/maps`, 'utf8');
  const memory = await open(`/proc/${process}/mem`);
  const parts = [];
  for (const line of maps.split('\n')) {
    const [, from, to] = /^([0-9a-f]+)-([0-9a-f]+) rw/.exec(line) ?? [];
    if (!from) continue;
    // Addresses have 47 bits, which a number holds.
    const [start, end] = [from, to].map((address) => Number.parseInt(address, 16));
    const part = Buffer.alloc(end - start);
    // What the kernel keeps for itself cannot be read.
    const { bytesRead } = await memory.read(part, 0, part.length, start).catch(() => ({ bytesRead: 0 }));
    parts.push(part.subarray(0, bytesRead));
  }
  await memory.close();
  return Buffer.concat(parts);
}
