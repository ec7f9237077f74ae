// One canonical text of a ring document: what is stored, what travels and, without its progress,
// what is hashed. Equal documents have equal texts.
import type { Incarnation } from '../api/ids.ts';
import type { Assignment, Member, Receipt, RingDocument, Seat } from '../api/ring-document.ts';
import { RingError } from '../errors.ts';
import { utf8, xxh64 } from '../xxh64.ts';

const texts = new WeakMap<RingDocument, string>();
const hashes = new WeakMap<RingDocument, string>();

/** The document as JSON with fields in one order; owner arrays as four hexadecimal digits a slot. */
export function encodeDocument(document: RingDocument): string {
  let text = texts.get(document);
  if (text === undefined) {
    text = JSON.stringify({ ...hashed(document), progress: progressOf(document) });
    texts.set(document, text);
  }
  return text;
}

/** 16 hexadecimal digits of xxh64 over everything but the progress (protocol §2). */
export function documentHash(document: RingDocument): string {
  let hash = hashes.get(document);
  if (hash === undefined) {
    const { high, low } = xxh64(utf8(JSON.stringify(hashed(document))));
    hash = high.toString(16).padStart(8, '0') + low.toString(16).padStart(8, '0');
    hashes.set(document, hash);
  }
  return hash;
}

function hashed(d: RingDocument): object {
  return {
    clusterId: d.clusterId,
    epoch: d.epoch,
    phase: d.phase,
    slotBits: d.slotBits,
    hash: d.hash,
    protocolVersion: d.protocolVersion,
    mode: d.mode,
    conflicts: d.conflicts,
    limits: {
      keyBytesMax: d.limits.keyBytesMax,
      valueBytesMax: d.limits.valueBytesMax,
      hintAgeMs: d.limits.hintAgeMs,
      tombstoneGraceMs: d.limits.tombstoneGraceMs,
      operationMs: d.limits.operationMs,
    },
    members: d.members.map((m: Member) => ({
      id: m.id,
      incarnation: m.incarnation,
      address: m.address,
      zone: m.zone,
      state: m.state,
      lost: m.lost,
    })),
    current: assignmentOf(d.current),
    next: d.next === null ? null : assignmentOf(d.next),
    change:
      d.change === null
        ? null
        : { id: d.change.id, summary: d.change.summary, began: d.change.began },
    settled: d.settled ? { change: d.settled.change, epoch: d.settled.epoch } : null,
    uncleaned: d.uncleaned,
    receipts: d.receipts.map((r: Receipt) => ({
      id: r.id,
      incarnation: r.incarnation,
      change: r.change,
      epoch: r.epoch,
      volume: r.volume,
    })),
  };
}

function progressOf(d: RingDocument): object {
  return { sinceMs: d.progress.sinceMs, fullBarrier: d.progress.fullBarrier };
}

function assignmentOf(a: Assignment): object {
  return {
    layout: a.layout.kind === 'flat' ? { kind: 'flat' } : { kind: 'zoned', zones: a.layout.zones },
    replicationFactor: a.replicationFactor,
    readQuorum: a.readQuorum,
    writeQuorum: a.writeQuorum,
    seats: a.seats.map((s: Seat) => ({ incarnation: s.incarnation, zone: s.zone })),
    owners: a.owners.map(ownersText),
  };
}

function ownersText(owners: Uint16Array): string {
  let text = '';
  for (const seat of owners) text += (seat + 0x10000).toString(16).slice(1);
  return text;
}

/** Throws RingError BAD_REQUEST where the text is no ring document, naming the field. */
export function decodeDocument(text: string): RingDocument {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw new RingError('BAD_REQUEST', 'the ring document is not JSON', { cause });
  }
  const d = new Reader(parsed, 'document');
  const limits = d.object('limits');
  const change = d.optional('change');
  const progress = d.object('progress');
  const next = d.optional('next');
  const settled = d.optional('settled');
  return {
    clusterId: d.text('clusterId') as RingDocument['clusterId'],
    epoch: d.count('epoch') as RingDocument['epoch'],
    phase: d.oneOf('phase', ['stable', 'write-both', 'read-new']),
    slotBits: d.count('slotBits'),
    hash: d.oneOf('hash', ['xxh64']),
    protocolVersion: d.count('protocolVersion'),
    members: d.list('members').map(memberFrom),
    current: assignmentFrom(d.object('current')),
    next: next === null ? null : assignmentFrom(next),
    change:
      change === null
        ? null
        : {
            id: change.text('id') as NonNullable<RingDocument['change']>['id'],
            summary: change.text('summary'),
            began: change.count('began') as RingDocument['epoch'],
          },
    settled:
      settled === null
        ? null
        : {
            change: settled.text('change') as NonNullable<RingDocument['change']>['id'],
            epoch: settled.count('epoch') as RingDocument['epoch'],
          },
    mode: d.oneOf('mode', ['strict', 'sloppy']),
    conflicts: d.oneOf('conflicts', ['siblings', 'lastWriterWins']),
    limits: {
      keyBytesMax: limits.count('keyBytesMax'),
      valueBytesMax: limits.count('valueBytesMax'),
      hintAgeMs: limits.count('hintAgeMs'),
      tombstoneGraceMs: limits.count('tombstoneGraceMs'),
      operationMs: limits.count('operationMs'),
    },
    uncleaned: d.texts('uncleaned') as Incarnation[],
    receipts: d.list('receipts').map(receiptFrom),
    progress: {
      sinceMs: progress.count('sinceMs'),
      fullBarrier: progress.count('fullBarrier') as RingDocument['epoch'],
    },
  };
}

function memberFrom(m: Reader): Member {
  return {
    id: m.text('id') as Member['id'],
    incarnation: m.text('incarnation') as Incarnation,
    address: m.text('address'),
    zone: m.text('zone') as Member['zone'],
    state: m.oneOf('state', ['joining', 'serving', 'leaving', 'left']),
    lost: m.flag('lost'),
  };
}

function receiptFrom(r: Reader): Receipt {
  return {
    id: r.text('id') as Receipt['id'],
    incarnation: r.text('incarnation') as Incarnation,
    change: r.text('change') as Receipt['change'],
    epoch: r.count('epoch') as Receipt['epoch'],
    volume: r.text('volume'),
  };
}

function assignmentFrom(a: Reader): Assignment {
  const layout = a.object('layout');
  return {
    layout:
      layout.oneOf('kind', ['flat', 'zoned']) === 'flat'
        ? { kind: 'flat' }
        : { kind: 'zoned', zones: layout.texts('zones') as Seat['zone'][] },
    replicationFactor: a.count('replicationFactor'),
    readQuorum: a.count('readQuorum'),
    writeQuorum: a.count('writeQuorum'),
    seats: a.list('seats').map((s) => ({
      incarnation: s.text('incarnation') as Incarnation,
      zone: s.text('zone') as Seat['zone'],
    })),
    owners: a.texts('owners').map(ownersFrom),
  };
}

function ownersFrom(text: string): Uint16Array {
  if (text.length % 4 !== 0 || !/^[0-9a-f]*$/.test(text)) {
    throw new RingError('BAD_REQUEST', 'owners is not a row of four hexadecimal digits a slot');
  }
  const owners = new Uint16Array(text.length / 4);
  for (let slot = 0; slot < owners.length; slot++) {
    owners[slot] = parseInt(text.slice(slot * 4, slot * 4 + 4), 16);
  }
  return owners;
}

/** Reads fields of parsed JSON and says which one is wrong. */
class Reader {
  readonly #fields: Readonly<Record<string, unknown>>;
  readonly #where: string;

  constructor(value: unknown, where: string) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new RingError('BAD_REQUEST', `${where} is not an object`);
    }
    this.#fields = value as Record<string, unknown>;
    this.#where = where;
  }

  #wrong(name: string, wanted: string): never {
    throw new RingError('BAD_REQUEST', `${this.#where}.${name} is not ${wanted}`);
  }

  text(name: string): string {
    const value = this.#fields[name];
    return typeof value === 'string' ? value : this.#wrong(name, 'a string');
  }

  count(name: string): number {
    const value = this.#fields[name];
    return Number.isSafeInteger(value) && (value as number) >= 0
      ? (value as number)
      : this.#wrong(name, 'a count');
  }

  flag(name: string): boolean {
    const value = this.#fields[name];
    return typeof value === 'boolean' ? value : this.#wrong(name, 'true or false');
  }

  oneOf<T extends string>(name: string, choices: readonly T[]): T {
    const value = this.#fields[name] as T;
    return choices.includes(value) ? value : this.#wrong(name, `one of ${choices.join(', ')}`);
  }

  texts(name: string): string[] {
    const value = this.#fields[name];
    if (!Array.isArray(value) || !value.every((item) => typeof item === 'string'))
      this.#wrong(name, 'strings');
    return value;
  }

  list(name: string): Reader[] {
    const value = this.#fields[name];
    if (!Array.isArray(value)) this.#wrong(name, 'a list');
    return (value as unknown[]).map((item, i) => new Reader(item, `${this.#where}.${name}[${i}]`));
  }

  object(name: string): Reader {
    return new Reader(this.#fields[name], `${this.#where}.${name}`);
  }

  optional(name: string): Reader | null {
    return (this.#fields[name] ?? null) === null ? null : this.object(name);
  }
}
