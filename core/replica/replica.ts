// The node's state machine: one input in, its effects out. The driver and the simulator both call
// exactly this; nothing else touches the state.
import type { Incarnation, NodeId } from '../api/ids.ts';
import type { NodeReport } from '../api/admin.ts';
import { HEARTBEAT_TICKS, PROTOCOL_VERSION, TAKEN_OVER_TICKS } from '../limits.ts';
import { memberOf } from '../membership/document.ts';
import { Suspicion } from '../membership/suspicion.ts';
import type { Rng } from '../rng.ts';
import { actorAtStart, beginTerm, cleanStop } from './actor.ts';
import { consider, greetMembers, watchMembers } from './adoption.ts';
import { lastingMismatches, tickAntiEntropy } from './anti-entropy.ts';
import { tickCleanUp } from './cleanup.ts';
import { tickClocks } from './clocks.ts';
import { tickCollection } from './collection.ts';
import { newCounts } from './counters.ts';
import type { Effect, Input, StoredState } from './effects.ts';
import { beginGain, tickGain } from './gain.ts';
import { healCorrupt, tickHeal } from './heal.ts';
import { hintsHeld, newCount, tickHints } from './hints.ts';
import { beginReadBack, tickReadBack } from './read-back.ts';
import { disconnected, receive } from './receive.ts';
import { serveRequest } from './requests.ts';
import { NO_RULES_OFF } from './rules.ts';
import type { Rule } from './rules.ts';
import type { Replica } from './state.ts';
import { announce, hashOf, isServing, store } from './state.ts';

export type { Replica } from './state.ts';

/** What a process starts with. */
export interface Boot {
  readonly id: NodeId;
  readonly incarnation: Incarnation;
  readonly stored: StoredState;
  readonly rng: Rng;
  /** Bytes that streams may pull per tick (handoff.maxBytesPerSecond); absent: unlimited. */
  readonly streamBytesPerTick?: number;
  readonly without?: ReadonlySet<Rule>;
}

/** A replica as it starts, and the first effects to carry out. */
export function openReplica(boot: Boot): { replica: Replica; effects: Effect[] } {
  const { stored, without = NO_RULES_OFF, streamBytesPerTick = Infinity } = boot;
  const life = boot.rng.below(0x7fffffff) + 1;
  const r: Replica = {
    id: boot.id,
    incarnation: boot.incarnation,
    life,
    rng: boot.rng,
    without,
    streamBytesPerTick,
    counts: newCounts(),
    effects: [],
    nowMs: 0,
    tick: 0,
    clock: 0,
    peerClocks: new Map(),
    lives: new Map(),
    document: stored.document,
    hash: hashOf(stored.document),
    adopting: null,
    queued: null,
    split: false,
    halted: false,
    draining: false,
    drained: false,
    diskFull: false,
    diskFreeBytes: 0,
    actor: actorAtStart(stored.actor, !without.has('R13')),
    altered: new Float64Array(0),
    suspicion: new Suspicion(),
    fetchTick: 0,
    // Calls of one process life never meet answers to those of another.
    nextCall: life * 0x10000,
    calls: new Map(),
    nextTicket: 1,
    waiting: new Map(),
    stores: new Map(),
    newestStore: 0,
    cells: new Map(),
    digests: new Map(),
    operations: new Set(),
    locks: new Map(),
    corrupt: [],
    healing: new Set(),
    unhealed: new Map(),
    tombstones: new Map(),
    owed: 0,
    holding: new Map(),
    takenOver: new Map(),
    deferred: [],
    redo: [],
    hints: countsOf(stored.hints),
    gain: null,
    readBack: null,
    streamBudget: streamBytesPerTick,
    unclean: new Map(),
    cleaning: new Set(),
    mismatches: new Map(),
    compareCursor: 0,
    collectCursor: 0,
    comparing: false,
    collecting: false,
  };
  resume(r, stored);
  greetMembers(r);
  beginTerm(r);
  return { replica: r, effects: take(r) };
}

function countsOf(stored: StoredState['hints']): Replica['hints'] {
  const counts = [...stored].map(
    ([target, { items, bytes }]) => [target, { ...newCount(Infinity), items, bytes }] as const,
  );
  return new Map(counts);
}

/** Goes on where the last process of this incarnation stopped. */
function resume(r: Replica, stored: StoredState): void {
  const { document } = stored;
  if (document === null) return;
  // Which epoch altered which slot is not stored: everything older is refused (R4).
  r.altered = new Float64Array(1 << document.slotBits).fill(document.epoch);
  const covered = new Set<number>();
  for (const [name, value] of stored.marks) {
    const [kind, slot] = name.split('/');
    if (kind === 'unclean') r.unclean.set(Number(slot), Number(value) as typeof document.epoch);
    if (kind === 'covered' && value === document.change?.id) covered.add(Number(slot));
  }
  watchMembers(r);
  beginGain(r, { covered, emptied: new Set() });
  beginReadBack(r);
}

/** Takes one input; returns what must be carried out, in this order. `nowMs`: wall clock, ms since 1970. */
export function step(r: Replica, input: Input, nowMs: number): Effect[] {
  if (r.halted) return [];
  r.nowMs = nowMs;
  handle(r, input);
  while (r.redo.length > 0) receive(r, r.redo.shift()!);
  if (r.corrupt.length > 0) healCorrupt(r);
  if (r.draining && !r.drained) finishDrain(r);
  return take(r);
}

/** A node that must not go on orders nothing behind the word that says so (R9). */
function take(r: Replica): Effect[] {
  const effects = r.effects;
  r.effects = [];
  if (!r.halted) return effects;
  return effects.slice(0, effects.findIndex((effect) => effect.kind === 'halt') + 1);
}

function handle(r: Replica, input: Input): void {
  switch (input.kind) {
    case 'tick':
      return tick(r);
    case 'request':
      return serveRequest(r, input.request);
    case 'envelope':
      return receive(r, input.envelope);
    case 'document':
      return consider(r, input.document);
    case 'stored':
      return stored(r, input.ticket);
    case 'loaded':
    case 'scanned':
    case 'scanned-hints': {
      const then = r.waiting.get(input.ticket);
      r.waiting.delete(input.ticket);
      return then?.(input);
    }
    case 'damaged':
      r.corrupt.push(...input.keys);
      return;
    case 'disk':
      r.diskFull = input.full;
      r.diskFreeBytes = input.freeBytes;
      return;
    case 'disconnected':
      return disconnected(r, input.peer);
    case 'drain':
      r.draining = true;
      return;
  }
}

function stored(r: Replica, ticket: number): void {
  const waiting = r.stores.get(ticket) ?? [];
  r.stores.delete(ticket);
  for (const durable of waiting) durable();
}

function tick(r: Replica): void {
  r.tick++;
  tickClocks(r);
  for (const peer of r.suspicion.fellSilent(r.tick)) announce(r, { kind: 'peer-silent', peer });
  if (r.tick % HEARTBEAT_TICKS === 0) greetMembers(r);
  for (const [call, { deadlineTick, answered }] of r.calls) {
    if (r.tick < deadlineTick) continue;
    r.calls.delete(call);
    answered(null);
  }
  for (const [taken, since] of r.takenOver) {
    if (r.tick - since <= TAKEN_OVER_TICKS) break;
    r.takenOver.delete(taken);
  }
  for (const operation of [...r.operations]) operation.tick();
  r.deferred = r.deferred.filter(({ untilTick }) => r.tick < untilTick);
  tickHeal(r);
  tickGain(r);
  tickReadBack(r);
  tickCleanUp(r);
  tickHints(r);
  tickAntiEntropy(r);
  tickCollection(r);
}

/** Once nothing is in flight, the actor is closed, so that the next process keeps its term (R13). */
function finishDrain(r: Replica): void {
  if (r.operations.size > 0 || r.locks.size > 0) return;
  r.drained = true;
  store(r, [cleanStop(r)], () => announce(r, { kind: 'drained' }));
}

/** What only the shell knows is left out: the volume, counts of the store, free disk. */
export type ReplicaReport = Omit<NodeReport, 'volume' | 'keys' | 'bytes' | 'diskFreeBytes'>;

/** This node's word to the operator: its acknowledgement of an epoch and how far it is with its work (R5, R7, R8). */
export function reportOf(r: Replica): ReplicaReport {
  const { document, gain } = r;
  return {
    id: r.id,
    incarnation: r.incarnation,
    clusterId: document?.clusterId ?? null,
    epoch: (document?.epoch ?? 0) as NodeReport['epoch'],
    documentHash: r.hash,
    protocolVersionMax: PROTOCOL_VERSION,
    serving: isServing(r),
    gains:
      gain === null || document?.change == null
        ? null
        : {
            change: document.change.id,
            needed: gain.jobs.size,
            covered: gain.covered,
            keys: gain.keys,
            bytes: gain.bytes,
            waitingFor: gain.waitingFor,
          },
    uncleanSlots: r.unclean.size,
    hints: hintsHeld(r),
    diskFull: r.diskFull,
    draining: r.draining,
    silentPeers: r.suspicion
      .silent()
      .filter((peer) => document !== null && memberOf(document, peer)?.lost === false),
    damagedRecords: r.healing.size + r.unhealed.size,
    slotsToReadBack: r.readBack?.slots.size ?? 0,
    unequalSlots: lastingMismatches(r),
    splitRing: r.split,
    fullBarrier: (document?.progress.fullBarrier ?? 0) as NodeReport['fullBarrier'],
  };
}
