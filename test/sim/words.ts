// Messages and objects in a few words, for transcripts.
import { unreachable } from '../../core/assert.ts';
import type { PeerMessage } from '../../core/api/messages.ts';
import type { Key, Vector, VersionedObject } from '../../core/api/object.ts';
import type { StoreWrite } from '../../core/replica/effects.ts';

export function inBrief(body: PeerMessage): string {
  return JSON.stringify(body, (_name, value: unknown) => {
    if (value instanceof Uint8Array || value instanceof Uint32Array)
      return `${value.length} numbers`;
    if (isObject(value)) return objectInBrief(value);
    if (isVector(value)) return vectorInBrief(value);
    if (isKey(value)) return value.text;
    if (typeof value === 'object' && value !== null && 'owners' in value) return 'assignment';
    return value;
  });
}

export function objectInBrief(object: VersionedObject): string {
  const siblings = object.siblings.map(
    ({ value, dot }) => `${value === null ? 'deleted' : textOf(value)}@${dot.actor}:${dot.counter}`,
  );
  return `[${siblings.join(' ')}] under ${vectorInBrief(object.context)}`;
}

export function vectorInBrief(vector: Vector): string {
  return vector.actors.map((actor, i) => `${actor}:${vector.counters[i]}`).join(' ');
}

const texts = new TextDecoder();

export function textOf(value: Uint8Array): string {
  return texts.decode(value);
}

export function writeInBrief(write: StoreWrite): string {
  switch (write.kind) {
    case 'record':
      return `${write.key.text}=${write.object === null ? 'none' : objectInBrief(write.object)}`;
    case 'hint':
      return `hint for ${write.target} ${write.key.text}${write.hint === null ? '=none' : ''}`;
    case 'document':
      return `epoch ${write.document.epoch}`;
    case 'mark':
      return `${write.name}=${write.value ?? 'none'}`;
    case 'erase-slot':
      return `erase slot ${write.slot}`;
    case 'actor':
      return `term ${write.actor.term} to ${write.actor.lease}`;
    default:
      return unreachable(write);
  }
}

function has(value: unknown, ...names: string[]): boolean {
  return typeof value === 'object' && value !== null && names.every((name) => name in value);
}
const isObject = (value: unknown): value is VersionedObject =>
  has(value, 'context', 'siblings') && !has(value, 'etag');
const isVector = (value: unknown): value is Vector => has(value, 'actors', 'counters');
const isKey = (value: unknown): value is Key => has(value, 'text', 'high', 'low');
