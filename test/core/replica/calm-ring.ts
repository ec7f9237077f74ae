// Replicas on a calm network: everything arrives at once and in order, disks sync at once, unless a
// test stalls or loses it. For what the replica does; what it withstands is the simulator's to show.
import { clusterId, incarnation, nodeId, requestId, zone } from '../../../core/api/ids.ts';
import type { Incarnation } from '../../../core/api/ids.ts';
import type { VersionedObject } from '../../../core/api/object.ts';
import type { ClientRequest, ClientResult, WriteRequest } from '../../../core/api/requests.ts';
import type { RingDocument } from '../../../core/api/ring-document.ts';
import type { Envelope } from '../../../core/api/messages.ts';
import { TICK_MS } from '../../../core/limits.ts';
import { slotSets } from '../../../core/membership/document.ts';
import type { SlotSets } from '../../../core/membership/document.ts';
import type { Effect, Input, ReplicaEvent } from '../../../core/replica/effects.ts';
import { openReplica, step } from '../../../core/replica/replica.ts';
import type { Replica } from '../../../core/replica/replica.ts';
import { claim } from '../../../core/ring/claim.ts';
import { keyOf, slotOf } from '../../../core/ring/hash.ts';
import { seededRng } from '../../../core/rng.ts';
import { atRest } from '../membership/at-rest.ts';
import {
  SLOT_BITS,
  apply,
  copyOf,
  emptyDisk,
  load,
  scan,
  stateOf,
  type Disk,
} from './calm-disk.ts';

/** One node with its disk. */
export interface CalmNode extends Disk {
  readonly incarnation: Incarnation;
  replica: Replica;
  up: boolean;
}

type Job = { readonly node: CalmNode; readonly input: Input };

interface Stall {
  readonly is: (node: CalmNode, input: Input) => boolean;
  readonly jobs: Job[];
}

export class CalmRing {
  readonly nodes = new Map<Incarnation, CalmNode>();
  readonly events: { at: Incarnation; event: ReplicaEvent }[] = [];
  readonly halted: string[] = [];
  /** What was ordered behind a halt; nothing ever should be (R9). */
  readonly afterHalt: Effect[] = [];
  readonly sent: Envelope[] = [];
  nowMs = 1_700_000_000_000;
  readonly #replies = new Map<string, ClientResult>();
  readonly #jobs: Job[] = [];
  readonly #stalls = new Set<Stall>();
  readonly #losses = new Set<(envelope: Envelope) => boolean>();
  #requests = 0;
  #boots = 0;

  /** A stable ring of these members, N=3 unless told otherwise. */
  static of(
    names: readonly string[],
    change: Partial<RingDocument> = {},
    quorums: Partial<Quorums> = {},
  ): CalmRing {
    const ring = new CalmRing();
    for (const name of names) ring.start(name);
    ring.post({ ...documentOf(names, quorums), ...change });
    return ring;
  }

  start(name: string): CalmNode {
    const node: CalmNode = {
      incarnation: incarnation(name),
      replica: undefined as unknown as Replica,
      up: false,
      ...emptyDisk(),
    };
    this.nodes.set(node.incarnation, node);
    this.boot(node);
    return node;
  }

  /** The process starts with what its disk holds. */
  boot(node: CalmNode): void {
    const { replica, effects } = openReplica({
      id: nodeId(node.incarnation),
      incarnation: node.incarnation,
      stored: stateOf(node),
      rng: seededRng(++this.#boots),
    });
    node.replica = replica;
    node.up = true;
    this.#carryOut(node, effects);
    this.settle();
  }

  /**
   * Keeps back what is like this, in order: a slow disk, a slow frame. The returned function lets the
   * first `count` go and goes on, or without a count lets all go and ends.
   */
  stall(at: string, kind: Input['kind']): (count?: number) => void;
  stall(is: Stall['is']): (count?: number) => void;
  stall(is: string | Stall['is'], kind?: Input['kind']): (count?: number) => void {
    const stall: Stall = {
      is:
        typeof is === 'string'
          ? (node, input) => node.incarnation === is && input.kind === kind
          : is,
      jobs: [],
    };
    this.#stalls.add(stall);
    return (count = Infinity) => {
      if (count === Infinity) this.#stalls.delete(stall);
      for (const job of stall.jobs.splice(0, count)) this.#take(job);
      this.settle();
    };
  }

  /** Loses the envelopes that are like this; the returned function ends it. */
  lose(is: (envelope: Envelope) => boolean): () => void {
    this.#losses.add(is);
    return () => void this.#losses.delete(is);
  }

  /** Nothing passes between the two; nobody is told. */
  cut(a: string, b: string): () => void {
    return this.lose(({ from, to }) => (from === a && to === b) || (from === b && to === a));
  }

  /** A copy of what the node's disk holds now. */
  diskOf(name: string): Disk {
    return copyOf(this.node(name));
  }

  /** The process ends and comes back with this disk. */
  restart(name: string, disk: Disk = this.diskOf(name)): void {
    this.kill(name);
    const node = { ...this.node(name), ...disk };
    this.nodes.set(node.incarnation, node);
    this.boot(node);
  }

  /** Envelopes whose body is of this kind, to a node where one is named. */
  asked(kind: Envelope['body']['kind'], to?: string): Envelope[] {
    return this.sent.filter((e) => e.body.kind === kind && (to === undefined || e.to === to));
  }

  /** The process ends; its disk stays. Peers see their connections break. */
  kill(name: string): void {
    this.node(name).up = false;
    for (const node of this.nodes.values()) {
      if (node.up)
        this.#jobs.push({ node, input: { kind: 'disconnected', peer: incarnation(name) } });
    }
    this.settle();
  }

  node(name: string): CalmNode {
    return this.nodes.get(incarnation(name))!;
  }

  post(document: RingDocument, to: Iterable<string> = this.nodes.keys()): void {
    for (const name of to) this.input(name, { kind: 'document', document });
  }

  input(name: string, input: Input): void {
    this.#jobs.push({ node: this.node(name), input });
    this.settle();
  }

  /** Lets so many ticks pass on every node. */
  ticks(count: number): void {
    for (let i = 0; i < count; i++) {
      this.nowMs += TICK_MS;
      for (const node of this.nodes.values()) this.#jobs.push({ node, input: { kind: 'tick' } });
      this.settle();
    }
  }

  put(
    at: string,
    key: string,
    value: string | null,
    change: Partial<WriteRequest> = {},
  ): ClientResult {
    return this.request(at, putOf(key, value, change));
  }

  get(at: string, key: string): ClientResult {
    return this.request(at, { kind: 'read', id: requestId(''), key: keyOf(key), quorum: null });
  }

  /** The values that a read returns, sorted. */
  values(at: string, key: string): string[] {
    const result = this.get(at, key);
    if (result.kind !== 'value') throw new Error(JSON.stringify(result));
    return result.siblings.map((sibling) => Buffer.from(sibling.value!).toString()).sort();
  }

  /** Sends a request and waits, in ticks, for its reply. */
  request(at: string, request: ClientRequest): ClientResult {
    const reply = this.send(at, request);
    for (let i = 0; i < 100 && reply() === undefined; i++) this.ticks(1);
    return reply()!;
  }

  /** Sends a request; the reply is there when the returned function yields it. */
  send(at: string, request: ClientRequest): () => ClientResult | undefined {
    const id = requestId(`request-${this.#requests++}`);
    this.input(at, { kind: 'request', request: { ...request, id } });
    return () => this.#replies.get(id);
  }

  settle(): void {
    for (let job = this.#jobs.shift(); job !== undefined; job = this.#jobs.shift()) {
      const { node, input } = job;
      const stall = [...this.#stalls].find(({ is }) => is(node, input));
      if (stall === undefined) this.#take(job);
      else stall.jobs.push(job);
    }
  }

  #take({ node, input }: Job): void {
    if (node.up) this.#carryOut(node, step(node.replica, input, this.nowMs));
  }

  #carryOut(node: CalmNode, effects: readonly Effect[]): void {
    const halt = effects.findIndex(({ kind }) => kind === 'halt');
    if (halt >= 0) this.afterHalt.push(...effects.slice(halt + 1));
    for (const effect of effects) this.#one(node, effect);
  }

  #one(node: CalmNode, effect: Effect): void {
    const give = (input: Input): void => void this.#jobs.push({ node, input });
    switch (effect.kind) {
      case 'send': {
        this.sent.push(effect.envelope);
        if ([...this.#losses].some((isLost) => isLost(effect.envelope))) return;
        const to = this.nodes.get(effect.envelope.to);
        if (to?.up === true)
          this.#jobs.push({ node: to, input: { kind: 'envelope', envelope: effect.envelope } });
        return;
      }
      case 'reply':
        return void this.#replies.set(effect.id, effect.result);
      case 'load':
        return give({ kind: 'loaded', ticket: effect.ticket, object: load(node, effect.key) });
      case 'store':
        for (const write of effect.writes) apply(node, write);
        return give({ kind: 'stored', ticket: effect.ticket });
      case 'scan':
        return give({ kind: 'scanned', ticket: effect.ticket, ...scan(node, effect) });
      case 'scan-hints': {
        const hints = [...(node.hints.get(effect.target)?.values() ?? [])];
        return give({ kind: 'scanned-hints', ticket: effect.ticket, hints, next: null });
      }
      case 'event':
        return void this.events.push({ at: node.incarnation, event: effect.event });
      case 'halt':
        return void this.halted.push(effect.reason);
      case 'adopted':
        return;
    }
  }
}

export interface Quorums {
  readonly replicationFactor: number;
  readonly readQuorum: number;
  readonly writeQuorum: number;
}

/** The first document of a ring of these members. */
export function documentOf(names: readonly string[], quorums: Partial<Quorums> = {}): RingDocument {
  const seats = names.map((name) => ({ incarnation: incarnation(name), zone: zone('local') }));
  const wish = { replicationFactor: 3, readQuorum: 2, writeQuorum: 2, ...quorums };
  return atRest({
    clusterId: clusterId('calm'),
    slotBits: SLOT_BITS,
    members: names.map((name) => ({
      id: nodeId(name),
      incarnation: incarnation(name),
      address: `${name}:1`,
      zone: zone('local'),
      state: 'serving',
      lost: false,
    })),
    current: claim({ from: null, seats, slotBits: SLOT_BITS, ...wish }),
  });
}

/** A put, or with null a delete, without a context and a condition unless told otherwise. */
export function putOf(
  key: string,
  value: string | null,
  change: Partial<WriteRequest> = {},
): WriteRequest {
  return {
    kind: 'write',
    id: requestId(''),
    key: keyOf(key),
    value: value === null ? null : Buffer.from(value),
    contentType: 'text/plain',
    expiresAtMs: 0,
    context: null,
    condition: { kind: 'any' },
    quorum: null,
    ...change,
  };
}

/** A key whose slot's sets are like this. */
export function keyWhere(document: RingDocument, is: (sets: SlotSets) => boolean): string {
  for (let i = 0; i < 1000; i++) {
    if (is(slotSets(document, slotOf(keyOf(`k${i}`), SLOT_BITS)))) return `k${i}`;
  }
  throw new Error('no such key');
}

/** The live and dead values that a node's disk holds of a key, sorted; a tombstone reads as null. */
export function valuesAt(ring: CalmRing, name: string, key: string): (string | null)[] {
  const siblings = heldAt(ring, name, key)?.siblings ?? [];
  return siblings
    .map(({ value }) => (value === null ? null : Buffer.from(value).toString()))
    .sort();
}

/** The object that a node's disk holds of a key. */
export function heldAt(ring: CalmRing, name: string, key: string): VersionedObject | null {
  return ring.node(name).records.get(key)?.object ?? null;
}
