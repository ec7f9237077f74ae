// A tiny synchronous world for the planner: nodes that adopt documents at once, copy slots at once
// and clean up as soon as they may. It carries out actions and complains about unsafe ones.
import { changeId, clusterId, epoch, incarnation, nodeId, zone } from '../../../core/api/ids.ts';
import type { Incarnation, NodeId } from '../../../core/api/ids.ts';
import type { RingDocument } from '../../../core/api/ring-document.ts';
import { assert } from '../../../core/assert.ts';
import { DATA_LIMITS } from '../../../core/limits.ts';
import { gainsOf } from '../../../core/membership/coverage.ts';
import {
  checkDocument,
  documentHash,
  isNewer,
  memberOf,
  slotSets,
} from '../../../core/membership/document.ts';
import type { Action } from '../../../operator/planner/actions.ts';
import type { Desired, Observed, ObservedNode } from '../../../operator/planner/observed.ts';
import { plan } from '../../../operator/planner/plan.ts';
import type { Plan } from '../../../operator/planner/plan.ts';
import { adopt, reportOf } from './ideal-node.ts';
import type { IdealNode } from './ideal-node.ts';

export const DESIRED: Desired = {
  replicas: 3,
  replicationFactor: 3,
  readQuorum: 2,
  writeQuorum: 2,
  mode: 'strict',
  conflicts: 'siblings',
  slotBits: 4,
  limits: DATA_LIMITS,
  paused: false,
  decommission: [],
  revision: 'r1',
  replaceAfterMs: null,
  abortAfterMs: 60_000,
  barrierWaitMs: 10_000,
};

export class IdealRing {
  desired: Desired;
  nowMs = 1_000_000;
  document: RingDocument | null = null;
  readonly nodes = new Map<NodeId, IdealNode>();
  readonly lost = new Set<Incarnation>();
  readonly removed: Action[] = [];
  /** Volumes that are being deleted. */
  released: readonly string[] = [];
  readonly named = new Set<Incarnation>();
  zones = 1;
  #drawn = 0;
  /** Without a host until they run. */
  readonly #hostless = new Set<NodeId>();
  /** I2: the hash of each epoch that was ever stored. */
  readonly #hashes = new Map<number, string>();
  readonly history: RingDocument[] = [];

  constructor(desired: Partial<Desired> = {}) {
    this.desired = { ...DESIRED, ...desired };
  }

  static settledAt(replicas: number, desired: Partial<Desired> = {}, zones = 1): IdealRing {
    const ring = new IdealRing({ ...desired, replicas });
    ring.zones = zones;
    ring.settle();
    return ring;
  }

  node(ordinal: number): IdealNode {
    return this.nodes.get(nodeId(`dev-${ordinal}`))!;
  }

  ids(): string[] {
    return [...this.nodes.keys()].sort();
  }

  seats(): string[] {
    return this.document!.current.seats.map(
      (seat) => memberOf(this.document!, seat.incarnation)!.id,
    ).sort();
  }

  observe(): Observed {
    const nodes = [...this.nodes.values()].sort(
      (a, b) => Number(a.id.slice(4)) - Number(b.id.slice(4)),
    );
    const held = nodes
      .filter((n) => n.process === 'running' && n.document !== null)
      .map((n) => n.document!);
    this.#drawn += 1;
    return {
      nowMs: this.nowMs,
      document: this.document,
      highest: held.reduce<RingDocument | null>((best, d) => (isNewer(d, best) ? d : best), null),
      nodes: nodes.map((node) => this.#observed(node)),
      lostIncarnations: [...this.lost],
      releasedVolumes: this.released,
      loads: new Map(),
      fresh: {
        clusterId: clusterId(`ring-${this.#drawn}`),
        changeId: changeId(`change-${this.#drawn}`),
      },
      nameOf: (ordinal) => nodeId(`dev-${ordinal}`),
    };
  }

  /** One pass: observe, plan, apply. */
  pass(): Plan {
    const decided = plan(this.desired, this.observe());
    this.apply(decided.action);
    this.nowMs += 100;
    return decided;
  }

  /** Passes until nothing is left to do; fails when that takes too many. Time jumps over waits. */
  settle(passesMax = 200): Plan {
    let idle = 0;
    for (let i = 0; i < passesMax; i++) {
      const decided = this.pass();
      idle = decided.action.kind === 'none' ? idle + 1 : 0;
      if (idle > 0) this.nowMs += this.desired.barrierWaitMs;
      if (idle === 2) return decided;
    }
    throw new Error(`not settled after ${passesMax} passes: ${JSON.stringify(this.pass().waits)}`);
  }

  apply(action: Action): void {
    switch (action.kind) {
      case 'none':
        return;
      case 'start-node':
        return this.#start(action.id);
      case 'restart-node': {
        const node = this.nodes.get(action.id)!;
        node.revision = this.desired.revision;
        node.process = 'running';
        return;
      }
      case 'store-document':
        return this.#store(action.document, action.replaces);
      case 'post-document':
        for (const id of action.to) this.#adopt(this.nodes.get(id)!, action.document);
        return;
      case 'remove-node':
        return this.#remove(action);
    }
  }

  stop(ordinal: number): void {
    const node = this.node(ordinal);
    node.process = 'stopped';
    node.silentSinceMs = this.nowMs;
  }

  /** It goes on, but the operator does not hear it; `starting`: it has never been heard. */
  cut(ordinal: number, process: 'starting' | 'stopping' = 'stopping'): void {
    const node = this.node(ordinal);
    if (node.process !== 'running') return;
    node.process = process;
    node.silentSinceMs = this.nowMs;
  }

  /** A newcomer that no host takes: it has neither a process nor a volume yet. */
  strand(ordinal: number): void {
    this.cut(ordinal, 'starting');
    this.#hostless.add(this.node(ordinal).id);
  }

  /** Its volume is gone, with proof; the process comes back empty under a new incarnation. */
  wipe(ordinal: number): void {
    const node = this.node(ordinal);
    if (this.named.has(node.incarnation)) this.lost.add(node.incarnation);
    this.#empty(node);
    this.#forgetUnheld();
  }

  /** The store comes back older, or empty. What no node ever saw is as if it had never been. */
  restore(older: RingDocument | null): void {
    this.document = older;
    this.#forgetUnheld();
  }

  /** Later than what is stored and on no volume any more: nobody can ever prove that it was. */
  #forgetUnheld(): void {
    const held = new Set([...this.nodes.values()].map((node) => node.document?.epoch));
    for (const known of this.#hashes.keys()) {
      if (known > (this.document?.epoch ?? 0) && !held.has(epoch(known)))
        this.#hashes.delete(known);
    }
  }

  #observed(node: IdealNode): ObservedNode {
    const up = node.process === 'running';
    return {
      id: node.id,
      address: `${node.id}:8082`,
      zone: zone(`z${Number(node.id.slice(4)) % this.zones}`),
      process: node.process,
      volume: up || !this.#hostless.has(node.id) ? node.volume : null,
      revision: node.revision,
      report: up ? reportOf(node) : null,
      silentMs: up ? 0 : this.nowMs - (node.silentSinceMs ?? this.nowMs),
    };
  }

  #start(id: NodeId): void {
    const known = this.nodes.get(id);
    if (known !== undefined) {
      known.process = 'running';
      known.revision = this.desired.revision;
      return;
    }
    const node: IdealNode = {
      id,
      incarnation: incarnation(''),
      volume: '',
      process: 'running',
      revision: this.desired.revision,
      silentSinceMs: null,
      document: null,
      unclean: 0,
      says: {},
      copies: true,
    };
    this.#empty(node);
    this.nodes.set(id, node);
  }

  #empty(node: IdealNode): void {
    this.#drawn += 1;
    node.incarnation = incarnation(`${node.id}#${this.#drawn}`);
    node.volume = `volume-${this.#drawn}`;
    node.document = null;
    node.unclean = 0;
  }

  #store(document: RingDocument, replaces: RingDocument | null): void {
    assert(replaces === this.document, 'compare-and-set: another document is stored');
    assert(checkDocument(document).length === 0, `I9: ${checkDocument(document).join('; ')}`);
    const hash = this.#hashes.get(document.epoch) ?? documentHash(document);
    assert(hash === documentHash(document), `I2: two documents of epoch ${document.epoch}`);
    assert(document.epoch >= (this.document?.epoch ?? 0), 'I2: epochs grow');
    // A known one is stored again where the store had been restored to an older one: no phase is left.
    const isNew = !this.#hashes.has(document.epoch);
    if (this.document !== null && isNew) this.#judgePhase(this.document, document);
    this.#hashes.set(document.epoch, hash);
    this.history.push(document);
    for (const member of document.members) this.named.add(member.incarnation);
    this.document = document;
  }

  /** I4 and R7, counted naively: who of each set lags behind, and who copied nothing. */
  #judgePhase(before: RingDocument, after: RingDocument): void {
    const isWayBack = after.phase === (before.phase === 'read-new' ? 'write-both' : 'stable');
    if (before.phase === after.phase || isWayBack) return;
    const by = new Map([...this.nodes.values()].map((node) => [node.incarnation, node]));
    const lags = (member: Incarnation) =>
      memberOf(before, member)?.lost === false &&
      !this.lost.has(member) &&
      (by.get(member)?.document?.epoch ?? 0) < before.epoch;
    for (let slot = 0; slot < 1 << before.slotBits; slot++) {
      for (const set of slotSets(before, slot).writes) {
        const most = Math.min(set.read, set.write) - 1;
        assert(
          set.members.filter(lags).length <= most,
          `I4: phase ${before.phase} is left before its barrier`,
        );
      }
    }
    if (after.phase !== 'read-new') return;
    for (const member of gainsOf(before.current, before.next!).keys()) {
      if (memberOf(before, member)!.lost) continue;
      assert(by.get(member)?.copies === true, `R7: ${member} is read from before it is covered`);
    }
  }

  #adopt(node: IdealNode, document: RingDocument): void {
    assert(node.process === 'running', 'only a running node can be posted to');
    adopt(node, document);
  }

  #remove(action: Action & { kind: 'remove-node' }): void {
    const node = this.nodes.get(action.id)!;
    const proof = this.document?.receipts.find(
      (receipt) => receipt.incarnation === node.incarnation,
    );
    const harmless = !this.named.has(node.incarnation) || this.lost.has(node.incarnation);
    assert(
      harmless || (proof !== undefined && proof === action.receipt && proof.volume === node.volume),
      `I6: ${action.id} is removed without a receipt`,
    );
    this.removed.push(action);
    this.nodes.delete(action.id);
  }
}
