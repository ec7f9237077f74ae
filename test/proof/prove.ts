// The proof: a ring of real processes lives through everything that may happen to it while clients
// write and read; then every key is read, and the simulator's own checker judges the history.
import { seededRng } from '../../core/rng.ts';
import type { Rng } from '../../core/rng.ts';
import { Connection, requestBytes } from '../live/connection.ts';
import { OperatedRing } from '../live/operated-ring.ts';
import { until } from '../live/until.ts';
import { pick } from '../sim/chance.ts';
import { ProofClient } from './clients.ts';
import { readEverything } from './final-reading.ts';
import { Havoc, pause } from './havoc.ts';
import { Journal } from './journal.ts';
import { Outages } from './outages.ts';
import { judge } from './verdict.ts';
import type { Done, Verdict } from './verdict.ts';
import { Watcher } from './watcher.ts';

export interface ProofOptions {
  readonly seed: number;
  /** Rounds of 3 → 5 → 3 go on until so much time is over; there is always one. */
  readonly minutes: number;
  readonly clients: number;
  /** Of all clients together, at most. */
  readonly callsPerSecond: number;
  /** Told now and then how it goes. */
  readonly progressed: (line: string) => void;
  /** Ends the proof early, as a failure. */
  readonly signal: AbortSignal;
}

const FEW = 3;
const MANY = 5;
/** ms that the ring may take to become what is wished under blows, and once it is left alone. */
const BEATEN_MS = 20_000;
const ALONE_MS = 90_000;
/** ms after the last change until all replicas are equal. */
const REST_MS = 60_000;
const CALM_MS = 3_000;
const PROGRESS_MS = 1_000;

/** What one proof runs on. */
interface Stage {
  readonly options: ProofOptions;
  readonly ring: OperatedRing;
  readonly journal: Journal;
  readonly outages: Outages;
  readonly watcher: Watcher;
  readonly havoc: Havoc;
  readonly rng: Rng;
  readonly counts: { scales: number; wipes: number };
}

export interface Proof {
  readonly verdict: Verdict;
  readonly journal: Journal;
  readonly done: Done;
}

/** Throws where the ring does not become what is wished; everything else is in the verdict. */
export async function prove(options: ProofOptions): Promise<Proof> {
  const ring = await OperatedRing.start({ replicas: FEW, replicationFactor: 3 });
  try {
    const journal = new Journal();
    const outages = new Outages();
    const watcher = new Watcher(ring, outages, () => journal.now());
    const rng = seededRng(options.seed);
    const havoc = new Havoc(ring, watcher, rng);
    const stage = {
      options,
      ring,
      journal,
      outages,
      watcher,
      havoc,
      rng,
      counts: { scales: 0, wipes: 0 },
    };
    await withClients(stage, () => rounds(stage));
    const keysRead = await readAtRest(stage);
    const exitCode = await ring.stop();
    const done = { ...stage.counts, blows: havoc.blows, kills: havoc.kills };
    const verdict = judge({
      ...done,
      journal,
      outages,
      keysRead,
      exchanged: watcher.exchanged,
      exitCode,
    });
    return { verdict, journal, done };
  } finally {
    await ring.destroy();
  }
}

/** Runs the scene while clients call and the watcher looks; both have ended when it resolves. */
async function withClients(stage: Stage, scene: () => Promise<void>): Promise<void> {
  const { options, journal, watcher, rng } = stage;
  const calling = new AbortController();
  const looking = new AbortController();
  const watching = watcher.run(looking.signal);
  await firstLook(watcher);
  const clients = Array.from({ length: options.clients }, (_, index) =>
    new ProofClient({
      index,
      journal,
      rng: seededRng(rng.below(2 ** 32)),
      targets: () => watcher.targets(),
      thinkMs: (options.clients / options.callsPerSecond) * 1000,
    }).run(calling.signal),
  );
  const progress = setInterval(() => options.progressed(progressLine(stage)), PROGRESS_MS);
  try {
    await scene();
  } finally {
    clearInterval(progress);
    calling.abort();
    await Promise.all(clients);
    looking.abort();
    await watching;
  }
}

async function firstLook(watcher: Watcher): Promise<void> {
  while (watcher.ready.length < FEW) await pause(20);
}

async function rounds(stage: Stage): Promise<void> {
  const { options, journal } = stage;
  await pause(CALM_MS, options.signal);
  do {
    await beaten(stage, 'grows', () => scaleTo(stage, MANY));
    await beaten(stage, 'loses a volume', () => wipeOne(stage));
    await beaten(stage, 'shrinks', () => scaleTo(stage, FEW));
  } while (journal.now() < options.minutes * 60_000 && !options.signal.aborted);
  await pause(CALM_MS, options.signal);
}

/** Changes the ring under blows; where it does not end in time, the blows do. */
async function beaten(stage: Stage, what: string, change: () => void): Promise<void> {
  const { ring, havoc, options } = stage;
  if (options.signal.aborted) throw new Error(`stopped before the ring ${what}`);
  const ending = new AbortController();
  change();
  const blows = havoc.run(ending.signal);
  await pause(BEATEN_MS / 2, options.signal);
  await ring.untilConverged(BEATEN_MS / 2, options.signal).catch(() => undefined);
  ending.abort();
  await blows;
  await ring.untilConverged(ALONE_MS, options.signal);
  stage.watcher.rebuilt();
}

function scaleTo({ ring, counts }: Stage, replicas: number): void {
  ring.scale(replicas);
  counts.scales++;
}

/** One copy of three is gone for good; the ring is at rest, so the others hold everything. */
function wipeOne({ watcher, rng, counts }: Stage): void {
  watcher.wipe(pick(rng, watcher.ready));
  counts.wipes++;
}

/** Reads every key through the proxy and through each node, once all replicas are equal (I8). */
async function readAtRest({ journal, ring, watcher }: Stage): Promise<number> {
  const { proxy, nodes } = watcher.targets();
  for (const { port } of nodes)
    await until('every member finds the ring whole', REST_MS, () => isWhole(port), 500);
  const keys = await readEverything(journal, [proxy, ...nodes]);
  if (!ring.isConverged()) throw new Error('the ring was at rest and is no longer');
  return keys;
}

async function isWhole(port: number): Promise<boolean> {
  const connection = new Connection(port);
  const { body } = await connection.ask(requestBytes('GET', '/v1/ring/check'));
  connection.close();
  return (JSON.parse(body.toString('utf8')) as { ok: boolean }).ok;
}

function progressLine({ journal, ring, havoc, outages, counts }: Stage): string {
  const status = ring.status();
  const away = [...outages.away('killed'), ...outages.away('wiped').map((id) => `${id}'s volume`)];
  const waits = [...new Set(status?.waits.map(({ reason }) => reason))].join(', ');
  return (
    `${String(Math.round(journal.now() / 1000)).padStart(5)} s  ` +
    `${status?.members.length ?? 0} members, ` +
    `epoch ${status?.ring.epoch ?? 0} ${status?.ring.phase ?? ''}; ` +
    `${journal.calls.length} calls, ${journal.failures.length} errors; ` +
    `${havoc.kills} kills, ${counts.scales} scales, ${counts.wipes} volumes lost; ` +
    `away: ${away.join(', ') || 'nobody'}${waits === '' ? '' : `; waits: ${waits}`}`
  );
}
