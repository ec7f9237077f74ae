// A record whose checksum failed is a lost replica of that key, never "not found" (R9): nothing is
// answered from it until enough others were merged, and the next dot gets a new name (R13).
import type { Incarnation, Slot } from '../api/ids.ts';
import type { Key, VersionedObject } from '../api/object.ts';
import type { RingDocument } from '../api/ring-document.ts';
import { defined } from '../assert.ts';
import { HEAL_TICKS } from '../limits.ts';
import { memberOf, slotSets } from '../membership/document.ts';
import { mergeObjects } from '../version/siblings.ts';
import { leaseIsDurable, nextTerm } from './actor.ts';
import { holds, noteWritten, readObject, slotOfKey } from './cells.ts';
import { forgetDigest } from './digests.ts';
import type { Replica } from './state.ts';
import { announce, ask, isServing, store } from './state.ts';

/** Heals what was found damaged since the last step. */
export function healCorrupt(r: Replica): void {
  for (const key of r.corrupt.splice(0)) {
    // In a slot that was lost, it is one copy less to clean up: the new owners cover the slot.
    if (!isServing(r) || r.healing.has(key.text) || !holds(r, slotOfKey(r, key))) continue;
    // Comparing and reading find the same damage again: tried at once, and still one record.
    r.unhealed.delete(key.text);
    r.healing.add(key.text);
    // What a scan or the scrub read may have been replaced since.
    readObject(r, key, (object) => {
      if (object !== 'corrupt') return void r.healing.delete(key.text);
      announce(r, { kind: 'corrupt-record', slot: slotOfKey(r, key), key: key.text });
      heal(r, key);
    });
  }
}

/** Too few answered: tried again a little later, since nobody else may ever read this key. */
function putOff(r: Replica, key: Key): void {
  r.healing.delete(key.text);
  r.unhealed.set(key.text, key);
}

/** Once in a while what could not be healed is tried again. */
export function tickHeal(r: Replica): void {
  if (r.unhealed.size === 0 || r.tick % HEAL_TICKS !== 0) return;
  r.corrupt.push(...r.unhealed.values());
  r.unhealed.clear();
}

/**
 * Asks everybody who holds the slot, also those who leave it or are about to gain it, and merges what
 * they have. Enough answered when one of them surely holds any acknowledged write (`isEnough`), or when
 * every copy that is left was asked: more can never be known, and nothing waits for a human.
 */
function heal(r: Replica, key: Key): void {
  const document = defined(r.document, 'a document');
  const slot = slotOfKey(r, key);
  const others = slotSets(document, slot).everyone.filter(
    (m) => m !== r.incarnation && memberOf(document, m)?.lost === false,
  );
  const answered = new Set<Incarnation>();
  let merged: VersionedObject | null = null,
    damaged = 0,
    open = others.length;
  const decide = (): void => {
    const isSure = isEnough(r, document, slot, answered);
    const isAll = answered.size + damaged === others.length;
    const sameRing = r.document?.epoch === document.epoch && holds(r, slot);
    if (!sameRing || !(isSure || isAll)) return putOff(r, key);
    if (!isSure) announce(r, { kind: 'data-loss-possible', slots: [slot] });
    replace(r, key, merged);
  };
  if (open === 0) return decide();
  for (const other of others) {
    ask(
      r,
      other,
      (call) => ({ kind: 'read', call, key }),
      (answer) => {
        if (answer?.kind === 'value') {
          answered.add(other);
          if (answer.object !== null) merged = mergeObjects(merged, answer.object);
        }
        if (answer?.kind === 'refused' && answer.code === 'CORRUPT_RECORD') damaged++;
        if (--open === 0) decide();
      },
    );
  }
}

/**
 * True where every acknowledged write has a holder among those who answered (as R6): |set| − W + 1 of
 * a set of which each one satisfies W, this node's damaged copy not counted. In write-both that is
 * the old set (a gaining member's "nothing" is no word yet), in read-new the old and the new one (R7).
 */
function isEnough(
  r: Replica,
  document: RingDocument,
  slot: Slot,
  answered: ReadonlySet<Incarnation>,
): boolean {
  const { writes } = slotSets(document, slot);
  const sets = document.phase === 'read-new' ? writes : writes.slice(0, 1);
  return sets.some(({ members, write }) => {
    const copiesElsewhere = write - Number(members.includes(r.incarnation));
    const known = members.filter((member) => answered.has(member)).length;
    return copiesElsewhere > 0 && known >= members.length - write + 1;
  });
}

/** The damaged record's digest is unknown, and so is its slot's; dots of this term may be missing in it. */
function replace(r: Replica, key: Key, object: VersionedObject | null): void {
  const cell = r.cells.get(key.text);
  if (cell !== undefined) {
    cell.state = 'dead';
    r.cells.delete(key.text);
  }
  const term = nextTerm(r);
  const actor = r.actor;
  noteWritten(r, slotOfKey(r, key), key);
  store(r, [{ kind: 'record', key, object }, ...(term === null ? [] : [term])], () => {
    r.healing.delete(key.text);
    if (term !== null) leaseIsDurable(r, actor);
  });
  forgetDigest(r, slotOfKey(r, key), 'unknown');
  for (const operation of [...r.operations]) operation.copyLost?.(key);
}
