// Layouts of a client's request and its result, as a node hands them to the one that coordinates.
import type { RequestId } from '../../core/api/ids.ts';
import type {
  ClientRequest,
  ClientResult,
  FailedResult,
  WriteCondition,
  WriteRequest,
} from '../../core/api/requests.ts';
import { invalid, type ByteReader, type ByteWriter } from './bytes.ts';
import { readErrorCode } from './layout.ts';
import {
  readKey,
  readObject,
  readSlot,
  readVector,
  writeKey,
  writeObject,
  writeVector,
} from './records.ts';

/** Wire codes are places in these lists: only ever append. */
const REQUESTS = ['read', 'write', 'list'] as const;
const RESULTS = ['value', 'written', 'keys', 'failed'] as const;
const CONDITIONS = ['any', 'absent', 'matches'] as const;

const writeCount = (writer: ByteWriter, value: number): void => writer.count(value);
const writeBlob = (writer: ByteWriter, value: Uint8Array): void => writer.blob(value);
const readCount = (reader: ByteReader): number => reader.count();
const readBlob = (reader: ByteReader): Uint8Array => reader.blob();

export function writeRequest(writer: ByteWriter, request: ClientRequest): void {
  writer.byte(REQUESTS.indexOf(request.kind));
  writer.text(request.id);
  switch (request.kind) {
    case 'read':
      writeKey(writer, request.key);
      writer.optional(request.quorum, writeCount);
      return;
    case 'write':
      writeKey(writer, request.key);
      writer.optional(request.value, writeBlob);
      writer.text(request.contentType);
      writer.number(request.expiresAtMs);
      writer.optional(request.context, writeVector);
      writeCondition(writer, request.condition);
      writer.optional(request.quorum, writeCount);
      return;
    case 'list':
      writer.count(request.slot);
      writer.optional(request.after, writeKey);
      writer.text(request.prefix);
      writer.count(request.limit);
  }
}

export function readRequest(reader: ByteReader): ClientRequest {
  const kind = wordOf(REQUESTS, reader.byte(), 'request');
  const id = reader.text() as RequestId;
  switch (kind) {
    case 'read':
      return { kind, id, key: readKey(reader), quorum: reader.optional(readCount) };
    case 'write':
      return readWrite(reader, id);
    case 'list':
      return {
        kind,
        id,
        slot: readSlot(reader),
        after: reader.optional(readKey),
        prefix: reader.text(),
        limit: reader.count(),
      };
  }
}

function readWrite(reader: ByteReader, id: RequestId): WriteRequest {
  return {
    kind: 'write',
    id,
    key: readKey(reader),
    value: reader.optional(readBlob),
    contentType: reader.text(),
    expiresAtMs: reader.whole(),
    context: reader.optional(readVector),
    condition: readCondition(reader),
    quorum: reader.optional(readCount),
  };
}

function writeCondition(writer: ByteWriter, condition: WriteCondition): void {
  writer.byte(CONDITIONS.indexOf(condition.kind));
  if (condition.kind === 'matches') writer.list(condition.etags, (w, etag) => w.text(etag));
}

function readCondition(reader: ByteReader): WriteCondition {
  const kind = wordOf(CONDITIONS, reader.byte(), 'condition');
  if (kind !== 'matches') return { kind };
  return { kind, etags: reader.list((etag) => etag.text()) };
}

export function writeResult(writer: ByteWriter, result: ClientResult): void {
  writer.byte(RESULTS.indexOf(result.kind));
  switch (result.kind) {
    case 'value':
      writeObject(writer, { context: result.context, siblings: result.siblings });
      writer.text(result.etag);
      return;
    case 'written':
      writeVector(writer, result.context);
      writer.text(result.etag);
      return;
    case 'keys':
      writer.list(result.keys, (each, { key, etag }) => {
        writeKey(each, key);
        each.text(etag);
      });
      writer.optional(result.next, writeKey);
      return;
    case 'failed':
      writer.text(result.code);
      writer.text(result.message);
      writer.optional(result.needed ?? null, writeCount);
      writer.optional(result.answered ?? null, writeCount);
      writer.flag(result.maybeApplied);
  }
}

export function readResult(reader: ByteReader): ClientResult {
  const kind = wordOf(RESULTS, reader.byte(), 'result');
  switch (kind) {
    case 'value': {
      const { context, siblings } = readObject(reader);
      return { kind, siblings, context, etag: reader.text() };
    }
    case 'written':
      return { kind, context: readVector(reader), etag: reader.text() };
    case 'keys':
      return {
        kind,
        keys: reader.list((each) => ({ key: readKey(each), etag: each.text() })),
        next: reader.optional(readKey),
      };
    case 'failed':
      return readFailure(reader);
  }
}

function readFailure(reader: ByteReader): FailedResult {
  const code = readErrorCode(reader);
  const message = reader.text();
  const needed = reader.optional(readCount);
  const answered = reader.optional(readCount);
  return {
    kind: 'failed',
    code,
    message,
    maybeApplied: reader.flag(),
    ...(needed === null ? {} : { needed }),
    ...(answered === null ? {} : { answered }),
  };
}

function wordOf<Word>(words: readonly Word[], code: number, what: string): Word {
  const word = words[code];
  if (word === undefined) throw invalid(`there is no ${what} of code ${code}`);
  return word;
}
