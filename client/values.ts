// What a key holds, as an application sees it: one value as a rule, several where writers were
// concurrent; and what an application gives to be stored, as bytes with a content type.
import { RingkeeperError } from './errors.ts';

/** What can be stored: text, bytes, or anything that JSON can say. */
export type Storable = string | Uint8Array | ArrayBuffer | JsonValue;
export type JsonValue =
  string | number | boolean | null | readonly JsonValue[] | { readonly [name: string]: JsonValue };

const DECODER = new TextDecoder();

/** One value of a key. */
export class Value {
  readonly bytes: Uint8Array;
  readonly contentType: string;
  /** Known where several values were written concurrently; null: the ring was not asked. */
  readonly writtenAt: Date | null;
  /** null: it stays. */
  readonly expiresAt: Date | null;

  constructor(
    bytes: Uint8Array,
    contentType: string,
    { writtenAt = null, expiresAt = null }: { writtenAt?: Date | null; expiresAt?: Date | null },
  ) {
    this.bytes = bytes;
    this.contentType = contentType;
    this.writtenAt = writtenAt;
    this.expiresAt = expiresAt;
  }

  text(): string {
    return DECODER.decode(this.bytes);
  }

  /** Throws SyntaxError where the value is no JSON. */
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the caller's word
  json<T = JsonValue>(): T {
    return JSON.parse(this.text()) as T;
  }
}

/** What a read found. */
export class Found {
  readonly key: string;
  /** One as a rule; several, the latest first, where writers were concurrent. Never two equal ones. */
  readonly values: readonly Value[];
  /** What was read: a write that is given it replaces exactly this. */
  readonly context: string;
  /** Equal exactly for the same versions. */
  readonly etag: string;

  constructor(key: string, values: readonly Value[], { context, etag }: Versions) {
    this.key = key;
    this.values = distinct(values);
    this.context = context;
    this.etag = etag;
  }

  /** The only value. Throws CONFLICTING_VALUES where there are several: none is silently dropped. */
  get value(): Value {
    if (this.values.length === 1) return this.values[0]!;
    throw new RingkeeperError(
      'CONFLICTING_VALUES',
      `${this.values.length} values of "${this.key}" were written concurrently: merge them with ` +
        'update(), look at values, or read with { resolve: "latest" }',
    );
  }

  /** Of the only value; see `value`. */
  text(): string {
    return this.value.text();
  }

  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the caller's word
  json<T = JsonValue>(): T {
    return this.value.json<T>();
  }

  get bytes(): Uint8Array {
    return this.value.bytes;
  }
}

export interface Versions {
  readonly context: string;
  readonly etag: string;
}

/** A write that was sent twice leaves its value twice: that is no conflict. */
function distinct(values: readonly Value[]): readonly Value[] {
  return values.filter((value, i) => !values.slice(0, i).some((other) => isEqual(other, value)));
}

function isEqual(a: Value, b: Value): boolean {
  return (
    a.contentType === b.contentType &&
    a.bytes.length === b.bytes.length &&
    a.bytes.every((byte, i) => byte === b.bytes[i])
  );
}

export interface Encoded {
  readonly body: string | Uint8Array<ArrayBuffer>;
  readonly contentType: string;
}

/** Text stays text, bytes stay bytes, all else becomes JSON. Throws TypeError for what JSON cannot say. */
export function encoded(value: Storable, contentType?: string): Encoded {
  if (typeof value === 'string')
    return { body: value, contentType: contentType ?? 'text/plain; charset=utf-8' };
  if (value instanceof Uint8Array || value instanceof ArrayBuffer) {
    const body = new Uint8Array(value as Uint8Array<ArrayBuffer>);
    return { body, contentType: contentType ?? 'application/octet-stream' };
  }
  const body = JSON.stringify(value) as string | undefined;
  if (body === undefined) throw new TypeError('JSON cannot say this value');
  return { body, contentType: contentType ?? 'application/json' };
}

/** A value as the ring's JSON shows it. */
export interface ShownValue {
  readonly value?: string;
  readonly value64?: string;
  readonly metadata: {
    readonly contentType: string;
    readonly writtenAt: string;
    readonly expiresAt: string | null;
  };
}

export function valueFrom({ value, value64, metadata }: ShownValue): Value {
  const bytes = value === undefined ? fromBase64(value64 ?? '') : new TextEncoder().encode(value);
  return new Value(bytes, metadata.contentType, {
    writtenAt: new Date(metadata.writtenAt),
    expiresAt: metadata.expiresAt === null ? null : new Date(metadata.expiresAt),
  });
}

/** Latest first. */
export function valuesFrom(shown: readonly ShownValue[]): readonly Value[] {
  const time = ({ writtenAt }: Value): number => writtenAt?.getTime() ?? 0;
  return shown.map(valueFrom).sort((a, b) => time(b) - time(a));
}

function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
}

/** Characters at a time: `apply` takes no more arguments than a stack holds. */
const CHUNK = 8192;

export function toBase64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += CHUNK)
    text += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  return btoa(text);
}
