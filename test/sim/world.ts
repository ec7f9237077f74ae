// The simulated world: one queue of events, the site with its nodes, the network, operators, clients
// and the judges that watch them all. What happens is decided by the seed alone.
import type { Incarnation, NodeId, RequestId, Slot } from '../../core/api/ids.ts';
import type { Envelope } from '../../core/api/messages.ts';
import type { KeyRecord } from '../../core/api/object.ts';
import type { ClientRequest, ClientResult, WriteRequest } from '../../core/api/requests.ts';
import { epoch } from '../../core/api/ids.ts';
import type { RingDocument } from '../../core/api/ring-document.ts';
import { memberOf } from '../../core/membership/document.ts';
import type { Rule } from '../../core/replica/rules.ts';
import { seededRng, type Rng } from '../../core/rng.ts';
import type { Desired } from '../../operator/planner/observed.ts';
import { between, mixSeeds } from './chance.ts';
import { AnswerJudge } from './checkers/answers.ts';
import { CopyJudge } from './checkers/copies.ts';
import { DocumentJudge } from './checkers/documents.ts';
import type { Violation } from './checkers/violation.ts';
import { Clients } from './clients.ts';
import { START_MS, type Machine, type Surroundings } from './machine.ts';
import { Network } from './network.ts';
import { DocumentStore, Operator, type OperatorWorld } from './operator.ts';
import { EventQueue } from './queue.ts';
import type { Setting } from './setting.ts';
import { Site, type Removal } from './site.ts';
import { inBrief } from './words.ts';

export interface WorldOptions {
  readonly seed: number;
  readonly setting: Setting;
  readonly without: ReadonlySet<Rule>;
  readonly trace: ((line: string) => void) | null;
  /** Traces every message, too. */
  readonly verbose?: boolean;
}

/** A grace period that no schedule outlives. */
const LONG_GRACE_MS = 60_000;

/** Violations of one schedule that are kept; the first one tells most. */
const VIOLATIONS_MAX = 5;

export class World implements OperatorWorld {
  readonly queue = new EventQueue();
  readonly rng: Rng;
  readonly setting: Setting;
  readonly without: ReadonlySet<Rule>;
  readonly site: Site;
  readonly network: Network;
  readonly store = new DocumentStore();
  readonly clients: Clients;
  readonly operators: Operator[] = [];
  readonly violations: Violation[] = [];
  readonly documents: DocumentJudge;
  readonly copies: CopyJudge;
  readonly answers: AnswerJudge;
  desired: Desired;
  habits = { deaths: 0, staleReads: 0 };
  trace: ((line: string) => void) | null;
  /** Faults that were really done. */
  faults = 0;
  readonly counters = { steps: 0 };
  /** Told when a phase begins. */
  onPhase: () => void = () => undefined;
  /** 2W > N in every set so far: writes without a context leave no acknowledged siblings (§5). */
  everReplacesAll = true;
  /** One member of any set may be away, so far, without a quorum missing. */
  everToleratesOne = true;
  private texts = 0;
  /** Requests handed to a coordinator elsewhere: their reply is not this node's word. */
  private readonly handedOver = new Set<RequestId>();
  private readonly writes = new Map<RequestId, WriteRequest>();
  private readonly seed: number;
  private readonly isVerbose: boolean;

  constructor(options: WorldOptions) {
    const { seed, setting } = options;
    this.seed = seed;
    this.setting = setting;
    this.without = options.without;
    this.rng = seededRng(mixSeeds(seed, 1));
    this.isVerbose = options.verbose === true;
    this.trace = options.trace === null ? null : this.timed(options.trace);
    const around = this.surroundings();
    this.site = new Site(around, seededRng(mixSeeds(seed, 2)));
    this.site.zones = setting.zones;
    this.site.slotBits = setting.slotBits;
    this.network = new Network(this.queue, seededRng(mixSeeds(seed, 3)), {
      homeOf: (own) => this.site.homes.get(own)?.id ?? null,
      deliver: (envelope) => {
        this.deliver(envelope);
      },
      disconnected: (at, peer) => {
        this.site.homes.get(at)?.input({ kind: 'disconnected', peer });
      },
    });
    this.clients = new Clients({
      queue: this.queue,
      rng: seededRng(mixSeeds(seed, 4)),
      setting,
      targets: () => this.site.running(),
      wallMs: this.wallMs,
      trace: this.trace,
      submitting: (request) => {
        this.submitting(request);
      },
      unanswered: (request, machine) => this.unanswered(request, machine),
    });
    this.documents = new DocumentJudge(this.accuse, (own) =>
      epoch(this.site.volumeOf(own)?.durable.document?.epoch ?? 0),
    );
    this.answers = new AnswerJudge(this.accuse);
    this.copies = new CopyJudge(this.accuse, this.site);
    this.desired = desiredOf(setting);
  }

  private timed(trace: (line: string) => void): (line: string) => void {
    return (line) => {
      trace(`${String(this.queue.nowMs).padStart(6)}  ${line}`);
    };
  }

  readonly accuse = (invariant: string, message: string): void => {
    this.trace?.(`VIOLATION ${invariant}: ${message}`);
    if (this.violations.length < VIOLATIONS_MAX) {
      this.violations.push({ invariant, message, atMs: this.queue.nowMs });
    }
  };

  readonly wallMs = (): number => START_MS + this.queue.nowMs;

  readonly freshText = (): string =>
    mixSeeds(this.seed, ++this.texts).toString(16).padStart(8, '0') +
    this.texts.toString(16).padStart(8, '0');

  private surroundings(): Surroundings {
    return {
      queue: this.queue,
      rng: seededRng(mixSeeds(this.seed, 5)),
      without: this.without,
      disk: this.setting.disk,
      send: (from, envelope) => {
        this.sent(from, envelope);
      },
      replied: (machine, id, result) => {
        this.replied(machine, id, result);
      },
      adopted: (machine, document) => {
        this.adopted(machine, document);
      },
      erasing: (machine, slot, records) => {
        this.erasing(machine, slot, records);
      },
      died: (machine, why) => {
        this.died(machine, why);
      },
      trace: this.trace,
      isVerbose: this.isVerbose,
      freshText: this.freshText,
      counters: this.counters,
      lost: (own, volume) => {
        if (!this.site.lost.has(own)) this.site.lost.set(own, volume);
      },
      rolledBack: (own, to) => {
        this.documents.rolledBack(own, to);
      },
    };
  }

  private deliver(envelope: Envelope): void {
    const machine = this.site.homes.get(envelope.to);
    if (this.isVerbose && envelope.body.kind !== 'heartbeat') {
      const sender = this.site.homes.get(envelope.from)?.id ?? envelope.from;
      this.trace?.(
        `${sender} → ${machine?.id ?? envelope.to} e${envelope.epoch} ${inBrief(envelope.body)}`,
      );
    }
    if (machine === undefined) return;
    this.answers.delivered(envelope, machine.adopted);
    machine.input({ kind: 'envelope', envelope });
  }

  private sent(from: Machine, envelope: Envelope): void {
    const { body } = envelope;
    this.answers.sent(envelope, from.adopted);
    if (body.kind === 'coordinate') {
      this.handedOver.add(body.request.id);
      if (body.request.kind === 'write')
        this.questions.set(`${envelope.from}/${body.call}`, body.request);
    }
    if (body.kind === 'coordinated' && body.result.kind === 'written') this.vouched(from, envelope);
    this.network.send(envelope);
  }

  /** Coordinated for another node: which request it was stands in the question that it answers. */
  private vouched(from: Machine, envelope: Envelope): void {
    const question = this.questions.get(`${envelope.to}/${callOf(envelope)}`);
    if (
      question !== undefined &&
      envelope.body.kind === 'coordinated' &&
      envelope.body.result.kind === 'written'
    ) {
      this.judgeWritten(from, question, envelope.body.result.context);
    }
  }

  private readonly questions = new Map<string, WriteRequest>();

  private judgeWritten(
    machine: Machine,
    request: WriteRequest,
    context: Parameters<CopyJudge['vouched']>[3],
  ): void {
    const document = machine.adopted;
    if (this.setting.disaster || document === null || machine.incarnation === null) return;
    const what = `the ${request.value === null ? 'delete' : 'put'} ${request.id} of ${request.key.text}`;
    this.copies.vouched(machine.incarnation, document, request.key, context, what);
  }

  private replied(machine: Machine, id: RequestId, result: ClientResult): void {
    const request = this.writes.get(id);
    if (request !== undefined && result.kind === 'written' && !this.handedOver.has(id)) {
      this.judgeWritten(machine, request, result.context);
    }
    this.clients.replied(machine, id, result);
  }

  private adopted(machine: Machine, document: RingDocument): void {
    this.trace?.(`${machine.id} adopts epoch ${document.epoch} ${document.phase}`);
    if (machine.incarnation !== null) this.documents.adopted(machine.incarnation, document);
  }

  /** A gainer of an aborted change drops what it got with the document that says so; a loser later (R8). */
  private erasing(machine: Machine, slot: Slot, records: readonly KeyRecord[]): void {
    const { adopted, incarnation: own } = machine;
    if (
      adopted === null ||
      own === null ||
      this.setting.mode === 'sloppy' ||
      adopted.phase !== 'stable'
    )
      return;
    this.copies.judgeErased(own, adopted, slot, records);
  }

  private died(machine: Machine, why: string): void {
    this.trace?.(`${machine.id} ${why}`);
    const peers = this.site.running();
    const own = [...this.site.homes].find(([, home]) => home === machine)?.[0];
    this.clients.died(machine);
    this.site.noteDeath(machine, between(this.rng, 50, this.setting.downMs));
    if (own !== undefined) this.resetConnections(own, peers);
  }

  /** Those connected to a dead process learn it soon, unless a cut hides it. */
  private resetConnections(own: Incarnation, peers: readonly Machine[]): void {
    for (const peer of peers) {
      if (this.rng.fraction() < 0.3) continue;
      this.queue.after(between(this.rng, 1, 50), () => {
        peer.input({ kind: 'disconnected', peer: own });
      });
    }
  }

  private submitting(request: ClientRequest): void {
    if (request.kind !== 'write') return;
    this.writes.set(request.id, request);
    const isCollectable = request.value === null || request.expiresAtMs > 0;
    if (isCollectable && this.setting.limits.tombstoneGraceMs < LONG_GRACE_MS)
      this.copies.mayCollect(request.key.text);
  }

  private unanswered(request: ClientRequest, machine: Machine): void {
    this.accuse('verdict', `${machine.id} never answered the ${request.kind} ${request.id}`);
  }

  reaches(operator: string, node: NodeId): boolean {
    return !this.network.isCut(operator, node) && !this.network.isCut(node, operator);
  }

  stored(document: RingDocument, replaces: RingDocument | null): void {
    this.documents.stored(document, replaces);
    if (replaces !== null && replaces.phase !== document.phase) this.onPhase();
    for (const { readQuorum, writeQuorum, replicationFactor, seats } of [
      document.current,
      document.next ?? document.current,
    ]) {
      const size = Math.min(replicationFactor, seats.length);
      if (2 * Math.min(writeQuorum, size) <= size) this.everReplacesAll = false;
      if (Math.max(Math.min(writeQuorum, size), Math.min(readQuorum, size)) === size)
        this.everToleratesOne = false;
    }
    if (this.setting.disaster || this.setting.mode === 'sloppy') return;
    if (replaces === null || replaces.epoch !== document.epoch)
      this.copies.judgeReadable(document, 'when stored');
  }

  removing(removal: Removal): void {
    const document = this.store.document;
    const { incarnation: own, receipt } = removal;
    if (document === null || own === null) return;
    const seats = [...document.current.seats, ...(document.next?.seats ?? [])];
    if (seats.some((seat) => seat.incarnation === own) && !this.site.lost.has(own)) {
      this.accuse(
        'I6',
        `${removal.machine} ${own} was removed while it has a seat at epoch ${document.epoch}`,
      );
    }
    const isNamed = memberOf(document, own) !== undefined;
    if (isNamed && receipt === null && !this.site.lost.has(own)) {
      this.accuse('I6', `${removal.machine} ${own} was removed without a receipt`);
    }
  }

  startOperator(name: string): Operator {
    const operator = new Operator(this, name);
    this.operators.push(operator);
    operator.begin();
    return operator;
  }

  /** Lets time pass until `untilMs`, or until a violation. */
  run(untilMs: number): void {
    while (this.violations.length === 0 && this.queue.next(untilMs));
    this.queue.nowMs = Math.max(this.queue.nowMs, this.violations.length === 0 ? untilMs : 0);
  }
}

function callOf(envelope: Envelope): number {
  return 'call' in envelope.body ? envelope.body.call : -1;
}

function desiredOf(setting: Setting): Desired {
  return {
    replicas: setting.members,
    replicationFactor: setting.replicationFactor,
    readQuorum: setting.readQuorum,
    writeQuorum: setting.writeQuorum,
    mode: setting.mode,
    conflicts: setting.conflicts,
    slotBits: setting.slotBits,
    limits: setting.limits,
    paused: false,
    decommission: [],
    revision: 'one',
    replaceAfterMs: setting.silence?.replaceAfterMs ?? null,
    abortAfterMs: setting.abortAfterMs,
    barrierWaitMs: setting.barrierWaitMs,
  };
}
