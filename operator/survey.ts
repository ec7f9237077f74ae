// What the planner is told about nodes, whatever they run on: each is asked for its report, and what
// their volumes and processes prove about lost incarnations is added (R9).
import { randomBytes } from 'node:crypto';
import type { NodeLoad, NodeReport } from '../core/api/admin.ts';
import { changeId, clusterId, nodeId } from '../core/api/ids.ts';
import type { Incarnation, NodeId, Zone } from '../core/api/ids.ts';
import type { RingDocument } from '../core/api/ring-document.ts';
import { LOAD_MS } from '../core/limits.ts';
import type { NodeClient } from './node-client.ts';
import type { Observed, ObservedNode } from './planner/observed.ts';

/** `crashed`: it starts again by itself. */
export type ProcessState = 'absent' | 'running' | 'stopping' | 'crashed' | 'stopped';

/** One node as its volume and its process tell, before it was asked anything. */
export interface NodeFacts {
  readonly id: NodeId;
  readonly process: ProcessState;
  /** When this life of its process began, wall clock in ms. */
  readonly startedMs: number;
  readonly revision: string;
  /** host:port of its peer port; empty: none is known. */
  readonly address: string;
  /** null: its volume is gone. */
  readonly volume: string | null;
  /** null: there is nobody to ask. */
  readonly client: NodeClient | null;
  readonly zone: Zone;
}

interface Heard {
  readonly report: NodeReport;
  /** When it last answered, wall clock in ms. */
  readonly atMs: number;
}

export class Survey {
  private readonly cluster: string;
  /** When each node that exists was first seen here, wall clock in ms. */
  private readonly seenMs = new Map<NodeId, number>();
  private readonly heard = new Map<NodeId, Heard>();
  private readonly loads = new Map<
    Incarnation,
    { readonly load: NodeLoad; readonly atMs: number }
  >();

  constructor(cluster: string) {
    this.cluster = cluster;
  }

  async observe(
    document: RingDocument | null,
    facts: readonly NodeFacts[],
    nowMs: number,
  ): Promise<Observed> {
    this.meet(facts, nowMs);
    const answers = await Promise.all(
      facts.map(async (node) => ({ node, report: await askReport(node) })),
    );
    const nodes = answers.map(({ node, report }) => this.nodeOf(node, report, nowMs));
    await this.refreshLoads(answers, nowMs);
    return {
      nowMs,
      document,
      nodes,
      highest: await highestDocument(document, answers),
      lostIncarnations: lostIncarnations(document, answers),
      releasedVolumes: [],
      loads: new Map([...this.loads].map(([member, { load }]) => [member, load])),
      fresh: {
        clusterId: clusterId(randomBytes(8).toString('hex')),
        changeId: changeId(randomBytes(6).toString('hex')),
      },
      nameOf: (ordinal) => nodeId(`${this.cluster}-${ordinal}`),
    };
  }

  /** The node's last word, however old; null: never heard of. */
  lastReport(id: NodeId): NodeReport | null {
    return this.heard.get(id)?.report ?? null;
  }

  /** A node that went away and comes back is a new one: what its forerunner said is forgotten. */
  private meet(facts: readonly NodeFacts[], nowMs: number): void {
    const present = new Set(facts.map(({ id }) => id));
    for (const id of this.seenMs.keys()) {
      if (present.has(id)) continue;
      this.seenMs.delete(id);
      this.heard.delete(id);
    }
    for (const id of present) if (!this.seenMs.has(id)) this.seenMs.set(id, nowMs);
  }

  private nodeOf(facts: NodeFacts, report: NodeReport | null, nowMs: number): ObservedNode {
    if (report !== null) this.heard.set(facts.id, { report, atMs: nowMs });
    const heardMs = this.heard.get(facts.id)?.atMs ?? Number.NEGATIVE_INFINITY;
    // Silence is counted by this observer alone: what went on before it came is unknown to it. One
    // that was never heard is as old as its first sight: a joiner that starts is not a silent one.
    const silentMs =
      report === null ? nowMs - Math.max(heardMs, this.seenMs.get(facts.id) ?? nowMs) : 0;
    return {
      id: facts.id,
      address: facts.address,
      zone: facts.zone,
      process: processOf(facts, heardMs),
      volume: report?.volume ?? facts.volume,
      revision: facts.revision,
      report,
      silentMs,
    };
  }

  /** Loads are large and change slowly: asked for one after the other, and only when they grew old. */
  private async refreshLoads(answers: readonly Answer[], nowMs: number): Promise<void> {
    const present = new Set(answers.map(({ report }) => report?.incarnation));
    for (const member of this.loads.keys()) if (!present.has(member)) this.loads.delete(member);
    for (const { node, report } of answers) {
      if (report === null || node.client === null || !report.serving) continue;
      const known = this.loads.get(report.incarnation);
      if (known !== undefined && nowMs - known.atMs < LOAD_MS) continue;
      const load = await node.client.load().catch(() => null);
      if (load !== null) this.loads.set(report.incarnation, { load, atMs: nowMs });
    }
  }
}

interface Answer {
  readonly node: NodeFacts;
  readonly report: NodeReport | null;
}

async function askReport(node: NodeFacts): Promise<NodeReport | null> {
  if (node.client === null || node.process === 'stopped' || node.process === 'absent') return null;
  const report = await node.client.report().catch(() => null);
  // Somebody else may have taken the port: only the node's own word counts.
  if (report?.id !== node.id) return null;
  // Who is being stopped may not know it yet, and still serves: it is nobody to rely on any more.
  return node.process === 'stopping' ? { ...report, draining: true } : report;
}

function processOf(facts: NodeFacts, heardMs: number): ObservedNode['process'] {
  switch (facts.process) {
    case 'absent':
    case 'stopped':
      return 'stopped';
    case 'stopping':
      return 'stopping';
    // A restart is on its way; to the planner that is a node that starts.
    case 'crashed':
      return 'starting';
    case 'running':
      return heardMs >= facts.startedMs ? 'running' : 'starting';
  }
}

/** Asks a node only where its report says that it holds a higher epoch than the stored one. */
async function highestDocument(
  stored: RingDocument | null,
  answers: readonly Answer[],
): Promise<RingDocument | null> {
  const ahead = answers
    .filter(({ report }) => report !== null && report.epoch > (stored?.epoch ?? 0))
    .sort((a, b) => (b.report?.epoch ?? 0) - (a.report?.epoch ?? 0));
  for (const { node } of ahead) {
    const document = await node.client?.document().catch(() => null);
    if (document !== null && document !== undefined) return document;
  }
  return stored;
}

/**
 * Incarnations of which the volume proves that they cannot act again: another one lives there, or the
 * volume is gone and no process is left that has it open. Silence proves nothing.
 */
function lostIncarnations(
  document: RingDocument | null,
  answers: readonly Answer[],
): readonly Incarnation[] {
  const lost: Incarnation[] = [];
  for (const member of document?.members ?? []) {
    if (member.lost) continue;
    const answer = answers.find(({ node }) => node.id === member.id);
    const other =
      answer?.report !== null &&
      answer?.report !== undefined &&
      answer.report.incarnation !== member.incarnation;
    const volumeGone =
      answer === undefined ||
      (answer.node.volume === null &&
        answer.node.process !== 'running' &&
        answer.node.process !== 'stopping');
    if (other || volumeGone) lost.push(member.incarnation);
  }
  return lost;
}
