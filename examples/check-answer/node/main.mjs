// Reads lines of {"how", "token", "rp_nonce"}, writes a line of {"yes", "sub"} or {"refused"} for each.

import { createInterface } from 'node:readline';
import { Nod } from './nod.mjs';

const nod = new Nod(JSON.parse(process.env.NOD_SETTINGS));

for await (const line of createInterface({ input: process.stdin })) {
  const { how, token, rp_nonce: rpNonce } = JSON.parse(line);
  const check = how === 'offline' ? nod.offline(token, rpNonce) : nod.siteverify(token, rpNonce);
  const said = await check.catch((error) => ({ refused: error.message }));
  process.stdout.write(`${JSON.stringify(said)}\n`);
}
