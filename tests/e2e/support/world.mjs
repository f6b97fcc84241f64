// The real thing, started for one test file: an authority on its own copy of the data directory, and the
// three relying parties on sites of their own.

import { execFile, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { Tap } from './tap.mjs';

const REPOSITORY = resolve(import.meta.dirname, '../../..');
const AUTHORITY = process.env.NOD_E2E_AUTHORITY ?? join(REPOSITORY, 'target/debug/nod-authority');
const EVIDENCE = process.env.NOD_E2E_EVIDENCE ?? join(REPOSITORY, 'target/debug/nod-evidence');
const IMPORT = process.env.NOD_E2E_IMPORT ?? join(REPOSITORY, 'target/debug/nod-import');
const RELAY = process.env.NOD_E2E_RELAY ?? join(REPOSITORY, 'target/debug/nod-relay');
const DEMO = process.env.NOD_E2E_DEMO ?? join(REPOSITORY, 'target/debug/nod-demo');
/** An initialised data directory whose root key the build in DIST pins; copied, never written to. */
const DATA = process.env.NOD_E2E_DATA ?? join(REPOSITORY, 'target/e2e/data');
export const DIST = process.env.NOD_E2E_DIST ?? join(REPOSITORY, 'target/e2e/dist');
export const RESULTS = join(REPOSITORY, 'test-results');

/** The model set that the authority makes live: the one for production where it could be fetched, else the fallback. */
const { sets } = JSON.parse(readFileSync(join(DIST, 'models/manifest.json'), 'utf8'));
export const MODEL_SET = sets.find((set) => set.production) ?? sets[0];

/**
 * Photographs on which the person of obama.jpg is to be known again. At the fallback's strict threshold
 * obama2, turned and speaking, is not (cosine 0.966 against 0.968): its weakness, stated in the manifest.
 */
export const GENUINE = MODEL_SET.production ? ['obama3', 'obama2'] : ['obama3'];

/** A passcode the authority takes: no date, no run, no repeats. */
export const PASSCODE = '27182818';

const SITES = {
  court: {
    level: 'full',
    actions: [
      'efile-submit=File a claim in your name', 'efile-pay=Pay a court fee', 'efile-mandate=Let an attorney act for you in court',
    ],
    alternative: '/counter',
  },
  benefits: {
    level: 'full',
    actions: ['benefits-status=Yearly confirmation for your pension', 'coverage=See what you are insured for'],
    ask: ['pension', 'medical', 'unemployment', 'maternity', 'work_injury', 'housing_fund'].map((one) => `benefit_active:${one}`),
    alternative: '/counter',
  },
  hotel: { level: 'light', actions: ['check-in=Check in to your room'], alternative: '/desk' },
  // The kiosk at the same hotel's reception.
  hotel_desk: { level: 'light', actions: ['check-in=Check in to your room'], alternative: '/desk', kiosk: true },
  cafe: { level: 'light', actions: ['log-on=Go online at this seat'], alternative: '/desk', kiosk: true },
};

export class World {
  /**
   * @param crops names of the sites that ask for evidence crops; with any, a nod-evidence runs beside the authority
   * @param relayed whether the sites embed the frame of a relay, with a tap on either side of it
   * @param tapped whether there is a tap between the sites' back ends and the authority
   */
  static async start({ crops = [], relayed = false, tapped = false } = {}) {
    const world = new World();
    try {
      await world.#start(crops, relayed, tapped);
      return world;
    } catch (error) {
      await world.stop();
      throw error;
    }
  }

  #children = [];
  secrets = {};

  async #start(crops, relayed, tapped) {
    this.directory = await mkdtemp(join(tmpdir(), 'nod-e2e-'));
    this.data = join(this.directory, 'data');
    await cp(DATA, this.data, { recursive: true });
    const [authority, court, benefits, hotel, front, relay, behind, terminal, cafe, start, tap] = await freePorts(11);
    this.address = `http://127.0.0.1:${authority}`;
    this.issuer = `http://id.localhost:${authority}`;
    /** Where operators of terminals work. */
    this.terminal = `http://terminal.localhost:${terminal}`;
    this.origins = {
      court: `http://court.localhost:${court}`,
      benefits: `http://benefits.localhost:${benefits}`,
      hotel: `http://hotel.localhost:${hotel}`,
      hotel_desk: `http://hotel.localhost:${hotel}`,
      cafe: `http://cafe.localhost:${cafe}`,
    };
    /** The page that leads to everything. */
    this.startPage = `http://start.localhost:${start}`;
    this.environment = {
      ...process.env,
      NOD_AUTHORITY_LISTEN: `127.0.0.1:${authority}`,
      NOD_AUTHORITY_ISSUER: this.issuer,
      NOD_AUTHORITY_DIST: DIST,
      NOD_AUTHORITY_TERMINAL_LISTEN: `127.0.0.1:${terminal}`,
      NOD_AUTHORITY_TERMINAL_ORIGIN: this.terminal,
    };
    /** Where the frame comes from. */
    this.front = relayed ? `http://relay.localhost:${front}` : this.issuer;
    if (relayed) this.environment.NOD_AUTHORITY_RELAYS = this.front;
    if (crops.length > 0) await this.#startEvidence();
    for (const name of Object.keys(SITES)) await this.#register(name, crops.includes(name) ? 'crops' : 'none');
    await this.#spawn('authority', AUTHORITY, ['serve', '--data', this.data], this.environment);
    await answers(`${this.address}/healthz`);

    if (relayed) await this.#startRelay(front, relay, behind, authority);
    if (tapped) this.taps = { sites: await Tap.between(tap, authority) };
    const secrets = join(this.directory, 'secrets');
    await writeFile(secrets, Object.entries(this.secrets).map(([name, secret]) => `${name}=${secret}\n`).join(''));
    await this.#spawn('demo', DEMO, [
      '--authority', this.front, '--authority-address', tapped ? `http://127.0.0.1:${tap}` : this.address, '--dist', join(DIST, 'build.json'),
      '--secrets', secrets, '--court-port', court, '--benefits-port', benefits, '--hotel-port', hotel,
      '--cafe-port', cafe, '--start-port', start, '--terminal', this.terminal,
    ], process.env);
    for (const port of [court, benefits, hotel, cafe, start]) await answers(`http://127.0.0.1:${port}/healthz`);
    this.build = JSON.parse(await readFile(join(DIST, 'build.json'), 'utf8'));
  }

  /** Browser → tap → relay → tap → authority. */
  async #startRelay(front, relay, behind, authority) {
    this.taps = { residents: await Tap.between(front, relay), authority: await Tap.between(behind, authority) };
    await this.#spawn('relay', RELAY, [
      '--listen', `127.0.0.1:${relay}`, '--origin', this.front, '--authority', `http://127.0.0.1:${behind}`, '--log', 'trace',
    ], process.env);
    await answers(`http://127.0.0.1:${relay}/healthz`);
  }

  /** It says on the standard error that it listens; the authority then asks it. */
  async #startEvidence() {
    const socket = join(this.directory, 'evidence.sock');
    this.environment.NOD_AUTHORITY_EVIDENCE_SOCKET = socket;
    const { child } = await this.#spawn('evidence', EVIDENCE, ['serve', '--socket', socket, '--models', join(DIST, 'models')], process.env);
    await new Promise((resolve, reject) => {
      child.stderr.once('data', resolve);
      child.once('exit', () => reject(new Error('nod-evidence does not serve')));
    });
  }

  /** Ends nod-evidence as its operator would. */
  async endEvidence() {
    const { child, ended } = this.#children.find(({ name }) => name === 'evidence');
    child.kill('SIGTERM');
    await ended;
  }

  async #register(name, evidence) {
    const { level, actions, ask = [], alternative, kiosk = false } = SITES[name];
    const origin = this.origins[name];
    const added = await this.authority(
      'site', 'add', '--sitekey', `pk_${name}`, '--name', TITLES[name], '--origin', origin,
      '--alternative', origin + alternative, ...actions.flatMap((action) => ['--action', action]),
      ...ask.flatMap((question) => ['--ask', question]), '--level', level,
      '--evidence', evidence, '--still', '--json', ...(kiosk ? ['--kiosk'] : []),
    );
    this.secrets[name] = JSON.parse(added).secret;
  }

  /** Runs a command of the authority's own tool on this data directory. */
  async authority(...args) {
    const at = args.findIndex((arg) => arg.startsWith('--'));
    const [command, flags] = [args.slice(0, at), args.slice(at)];
    const { stdout } = await promisify(execFile)(AUTHORITY, [...command, '--data', this.data, ...flags], { env: this.environment });
    return stdout;
  }

  /** Imports a photograph of tests/faces under a claimed ID, as an authority does with the portraits that it has. */
  async importPortrait(claimedId, photograph) {
    const { key } = JSON.parse(await this.authority('import-key', 'new', '--issuer', 'Population register', '--json'));
    const [keyFile, csv] = ['import.key', 'people.csv'].map((name) => join(this.directory, name));
    await writeFile(keyFile, key, { mode: 0o600 });
    await writeFile(csv, `id,photograph\n${claimedId},${photograph}\n`);
    await promisify(execFile)(IMPORT, [
      '--authority', this.address, '--key-file', keyFile, '--root-key', join(this.data, 'root.pub'), '--models', join(DIST, 'models'),
      '--csv', csv, '--photos', join(REPOSITORY, 'tests/faces'),
    ]);
  }

  /** An operator of terminals, and their secret. */
  async operator(name) {
    return JSON.parse(await this.authority('operator', 'add', '--name', name, '--json'));
  }

  /** How many messages were sent to telephones. */
  messages() {
    return this.logs().split('message to a phone: ').length - 1;
  }

  /** The code that was sent to a telephone last: on a development machine it is printed. */
  async codeByMessage() {
    const until = Date.now() + 10_000;
    for (;;) {
      const sent = [...this.logs().matchAll(/^message to a phone: (.*)$/gm)].at(-1);
      if (sent) return /code is (\d{6})/.exec(JSON.parse(sent[1]).text)[1];
      if (Date.now() > until) throw new Error('no message was sent');
      await new Promise((resolve) => { setTimeout(resolve, 50); });
    }
  }

  /** A fresh enrolment ticket for a claimed ID. */
  async ticket(claimedId, level = 'full') {
    return JSON.parse(await this.authority('ticket', 'new', '--id', claimedId, '--level', level, '--json'));
  }

  /** JSON to the authority, as a back end or a script outside a browser would send it. */
  async post(path, body, headers = {}) {
    const sealed = body instanceof Uint8Array;
    const reply = await fetch(this.address + path, {
      method: 'POST',
      headers: { 'content-type': sealed ? 'application/nod-sealed' : 'application/json', ...headers },
      body: sealed ? body : JSON.stringify(body),
    });
    return { status: reply.status, body: await reply.json().catch(() => null) };
  }

  /** The number of a process, by its name here. */
  processOf(name) {
    return this.#children.find((kept) => kept.name === name).child.pid;
  }

  /** What the authority and the demo wrote while they ran. */
  logs() {
    return this.#children.map(({ name, output }) => `--- ${name}\n${output.join('')}`).join('\n');
  }

  async #spawn(name, program, args, env) {
    const child = spawn(program, args.map(String), { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const kept = { name, child, output: [], ended: new Promise((resolve) => child.once('exit', resolve)) };
    child.stdout.on('data', (data) => kept.output.push(String(data)));
    child.stderr.on('data', (data) => kept.output.push(String(data)));
    this.#children.push(kept);
    await new Promise((resolve, reject) => child.once('spawn', resolve).once('error', reject));
    return kept;
  }

  async stop() {
    for (const { child, ended } of this.#children.reverse()) {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
      await ended;
      clearTimeout(timer);
    }
    for (const tap of Object.values(this.taps ?? {})) await tap.stop();
    if (this.directory) await rm(this.directory, { recursive: true, force: true });
  }
}

const TITLES = { court: 'Riverbend District Court', benefits: 'Social Security Office', hotel: 'Hotel Lindenhof', hotel_desk: 'Hotel Lindenhof', cafe: 'Café Lumen' };

/** Ports nobody listens on right now; taken together so that they differ. */
async function freePorts(count) {
  const servers = await Promise.all(Array.from({ length: count }, () => new Promise((resolve, reject) => {
    const server = createServer().once('error', reject).listen(0, '127.0.0.1', () => resolve(server));
  })));
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

async function answers(address) {
  const until = Date.now() + 20_000;
  for (;;) {
    const reply = await fetch(address).catch(() => null);
    if (reply?.ok) return;
    if (Date.now() > until) throw new Error(`${address} does not answer`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
