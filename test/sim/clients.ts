// Clients: each calls, waits for its answer, thinks, and calls again; every call is recorded for the
// history checker. A client whose node dies, or who waits too long, does not know what became of it.
import { requestId, type RequestId } from '../../core/api/ids.ts';
import type { Key, Vector } from '../../core/api/object.ts';
import type { ClientRequest, ClientResult, WriteCondition } from '../../core/api/requests.ts';
import { keyOf, slotOf } from '../../core/ring/hash.ts';
import { utf8 } from '../../core/xxh64.ts';
import type { Rng } from '../../core/rng.ts';
import { between, chance, pick } from './chance.ts';
import type { Call } from './checkers/history.ts';
import type { Machine } from './machine.ts';
import type { EventQueue } from './queue.ts';
import type { Setting } from './setting.ts';
import { textOf } from './words.ts';

/** What a read gave its client to send back. */
export interface Seen {
  readonly call: Call;
  readonly context: Vector;
  readonly etag: string;
}

interface Open {
  readonly machine: Machine;
  readonly life: number;
  readonly answered: (result: ClientResult | null) => void;
}

export interface ClientWorld {
  readonly queue: EventQueue;
  readonly rng: Rng;
  readonly setting: Setting;
  /** Nodes that a client may try: also some that just died. */
  targets(): readonly Machine[];
  readonly wallMs: () => number;
  trace: ((line: string) => void) | null;
  /** Every request passes here on its way to a node. */
  submitting(request: ClientRequest): void;
  /** A node that lived on left a request without a verdict. */
  unanswered(request: ClientRequest, machine: Machine): void;
}

/** The clients' common ground: requests under way, the recorded calls, the keys. */
export class Clients {
  readonly history: Call[] = [];
  readonly keys: readonly Key[];
  /** Calls whose outcome is `ok`, and calls that failed, by code. */
  readonly failures = new Map<string, number>();
  calls = 0;
  isOpen = true;
  private readonly world: ClientWorld;
  private readonly open = new Map<RequestId, Open>();
  private nextRequest = 0;
  private nextValue = 0;

  constructor(world: ClientWorld) {
    this.world = world;
    this.keys = Array.from({ length: world.setting.keys }, (_, i) => keyOf(`key-${i}`));
  }

  /** Requests that wait for their answers. */
  get underWay(): number {
    return this.open.size;
  }

  begin(): void {
    for (let i = 0; i < this.world.setting.clients; i++) new Client(this, this.world, i).think();
  }

  replied(machine: Machine, id: RequestId, result: ClientResult): void {
    const open = this.open.get(id);
    if (open?.machine !== machine) return;
    this.open.delete(id);
    open.answered(result);
  }

  died(machine: Machine): void {
    for (const [id, open] of this.open) {
      if (open.machine !== machine) continue;
      this.open.delete(id);
      open.answered(null);
    }
  }

  nextId(): RequestId {
    return requestId(`request-${this.nextRequest++}`);
  }

  nextText(): string {
    return `v${this.nextValue++}`;
  }

  /** `answered` is called once; null: no answer, nothing is known. */
  submit(
    machine: Machine,
    request: ClientRequest,
    answered: (result: ClientResult | null) => void,
  ): void {
    const { queue, setting } = this.world;
    this.calls++;
    this.open.set(request.id, { machine, life: machine.starts, answered });
    queue.after(setting.limits.operationMs * 2 + 3_000, () => {
      const still = this.open.get(request.id);
      if (still === undefined) return;
      this.open.delete(request.id);
      if (machine.isUp && machine.starts === still.life) this.world.unanswered(request, machine);
      still.answered(null);
    });
    this.world.submitting(request);
    machine.submit(request);
  }

  note(result: ClientResult | null): void {
    const code = result === null ? 'no answer' : result.kind === 'failed' ? result.code : 'ok';
    this.failures.set(code, (this.failures.get(code) ?? 0) + 1);
  }

  /** Reads a key, records the call, and hands it on; null: there was no successful answer. */
  read(
    client: number,
    key: Key,
    machine: Machine,
    then: (seen: Seen | null, result: ClientResult | null) => void,
  ): void {
    const call = this.record({
      kind: 'read',
      client,
      key: key.text,
      value: null,
      basedOn: null,
      expiresAtMs: 0,
    });
    this.submit(machine, { kind: 'read', id: this.nextId(), key, quorum: null }, (result) => {
      this.finish(call, result);
      if (result?.kind !== 'value') {
        this.trace(call, result?.kind === 'failed' ? result.code : 'no answer');
        return then(null, result);
      }
      call.seen = result.siblings.map((sibling) => textOf(sibling.value!));
      this.trace(call, `[${call.seen.join(' ')}]`);
      then({ call, context: result.context, etag: result.etag }, result);
    });
  }

  write(
    client: number,
    key: Key,
    machine: Machine,
    wish: WriteWish,
    then: (result: ClientResult | null) => void,
  ): void {
    const { wallMs, setting } = this.world;
    const seen = wish.seen;
    const value = wish.isDelete ? null : (wish.value ?? this.nextText());
    const isMatch = wish.condition === 'matches' && seen !== null;
    const call = this.record({
      kind: 'write',
      client,
      key: key.text,
      value,
      basedOn: seen === null || wish.condition === 'absent' ? null : seen.call,
      expiresAtMs: wish.expiryMs > 0 ? this.world.queue.nowMs + wish.expiryMs : 0,
    });
    const condition: WriteCondition =
      wish.condition === 'absent'
        ? { kind: 'absent' }
        : isMatch
          ? { kind: 'matches', etags: [seen.etag] }
          : { kind: 'any' };
    const request: ClientRequest = {
      kind: 'write',
      id: this.nextId(),
      key,
      value: value === null ? null : utf8(value),
      contentType: 'text/plain',
      expiresAtMs: wish.expiryMs > 0 ? wallMs() + wish.expiryMs : 0,
      context: call.basedOn === null ? null : seen!.context,
      condition,
      quorum: null,
    };
    this.submit(machine, request, (result) => {
      this.finish(call, result);
      // A condition that held tells what its coordinator saw: as good as a read (protocol §5).
      if (call.outcome === 'ok' && condition.kind === 'absent') call.seen = [];
      // Etags are of versions: what expired meanwhile still matches.
      if (call.outcome === 'ok' && isMatch && setting.expiryShare === 0) call.seen = seen.call.seen;
      this.trace(
        call,
        result === null ? 'no answer' : result.kind === 'failed' ? result.code : 'ok',
      );
      then(result);
    });
  }

  /** One page over one slot: each key of ours that is not in it counts as read and not found. */
  list(client: number, slot: number, machine: Machine, then: () => void): void {
    const { setting, queue } = this.world;
    const startMs = queue.nowMs;
    this.submit(
      machine,
      { kind: 'list', id: this.nextId(), slot, after: null, prefix: '', limit: 1000 },
      (result) => {
        this.note(result);
        this.world.trace?.(`client ${client} lists slot ${slot}: ${listOutcome(result)}`);
        if (result?.kind === 'keys' && result.next === null) {
          const listed = new Set(result.keys.map(({ key }) => key.text));
          for (const key of this.keys) {
            if (slotOf(key, setting.slotBits) !== slot || listed.has(key.text)) continue;
            this.history.push({
              kind: 'read',
              client,
              key: key.text,
              startMs,
              endMs: queue.nowMs,
              outcome: 'ok',
              seen: [],
              value: null,
              basedOn: null,
              expiresAtMs: 0,
            });
          }
        }
        then();
      },
    );
  }

  private record(
    part: Pick<Call, 'kind' | 'client' | 'key' | 'value' | 'basedOn' | 'expiresAtMs'>,
  ): Call {
    const startMs = this.world.queue.nowMs;
    const call: Call = { ...part, startMs, endMs: Infinity, outcome: 'unknown', seen: null };
    this.history.push(call);
    return call;
  }

  private finish(call: Call, result: ClientResult | null): void {
    this.note(result);
    if (result === null) return;
    call.endMs = this.world.queue.nowMs;
    if (result.kind !== 'failed') call.outcome = 'ok';
    else if (!result.maybeApplied) call.outcome = 'failed';
  }

  private trace(call: Call, outcome: string): void {
    this.world.trace?.(
      `client ${call.client} ${
        call.kind === 'read' ? 'reads' : call.value === null ? 'deletes' : `puts ${call.value} into`
      } ${call.key}${call.basedOn === null ? '' : ' with context'}: ${outcome}`,
    );
  }
}

function listOutcome(result: ClientResult | null): string {
  if (result === null) return 'no answer';
  if (result.kind === 'failed') return result.code;
  return result.kind === 'keys'
    ? `[${result.keys.map(({ key }) => key.text).join(' ')}]`
    : result.kind;
}

export interface WriteWish {
  readonly isDelete: boolean;
  /** The read whose context or etag goes along; null: none. */
  readonly seen: Seen | null;
  readonly condition: 'any' | 'absent' | 'matches';
  readonly expiryMs: number;
  /** Unique in the history; absent: a fresh one. */
  readonly value?: string;
}

class Client {
  private readonly clients: Clients;
  private readonly world: ClientWorld;
  private readonly index: number;
  private readonly seen = new Map<string, Seen>();

  constructor(clients: Clients, world: ClientWorld, index: number) {
    this.clients = clients;
    this.world = world;
    this.index = index;
  }

  think(): void {
    const { rng, queue, setting } = this.world;
    queue.after(between(rng, 1, setting.thinkMs * 2), () => {
      if (this.clients.isOpen) this.call();
    });
  }

  private call(): void {
    const { rng, setting } = this.world;
    const targets = this.world.targets();
    if (targets.length === 0) return this.think();
    const machine = pick(rng, targets);
    const key = pick(rng, this.clients.keys);
    const again = (): void => this.think();
    if (chance(rng, setting.listShare)) {
      return this.clients.list(this.index, slotOf(key, setting.slotBits), machine, again);
    }
    if (chance(rng, 0.45)) {
      return this.clients.read(this.index, key, machine, (seen) => {
        if (seen !== null) this.seen.set(key.text, seen);
        this.think();
      });
    }
    this.clients.write(this.index, key, machine, this.drawWish(key), again);
  }

  private drawWish(key: Key): WriteWish {
    const { rng, setting } = this.world;
    const known = this.seen.get(key.text) ?? null;
    const seen = known !== null && chance(rng, setting.contextShare) ? known : null;
    const isConditional = chance(rng, setting.conditionShare);
    const isDelete = chance(rng, setting.deleteShare);
    const condition = !isConditional
      ? 'any'
      : seen !== null
        ? 'matches'
        : isDelete
          ? 'any'
          : 'absent';
    const expiryMs = !isDelete && chance(rng, setting.expiryShare) ? between(rng, 200, 4_000) : 0;
    return { isDelete, seen, condition, expiryMs };
  }
}
