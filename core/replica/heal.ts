// A record whose checksum failed is a lost replica of that key, never "not found" (R9): nothing is
// answered from it until enough others were merged, and the next dot gets a new name (R13).
import type { Key, VersionedObject } from '../api/object.ts';
import { defined } from '../assert.ts';
import { HEAL_TICKS } from '../limits.ts';
import { memberOf, slotSets } from '../membership/document.ts';
import { mergeObjects } from '../version/siblings.ts';
import { leaseIsDurable, nextTerm } from './actor.ts';
import { holds, readObject, slotOfKey } from './cells.ts';
import { forgetDigest } from './digests.ts';
import type { Replica } from './state.ts';
import { announce, ask, isServing, store } from './state.ts';

/** Heals what was found damaged since the last step. */
export function healCorrupt(r: Replica): void {
  for (const key of r.corrupt.splice(0)) {
    // In a slot that was lost, it is one copy less to clean up: the new owners cover the slot.
    if (!isServing(r) || r.healing.has(key.text) || !holds(r, slotOfKey(r, key))) continue;
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
  r.unhealed.push(key);
}

/** Once in a while what could not be healed is tried again. */
export function tickHeal(r: Replica): void {
  if (r.unhealed.length > 0 && r.tick % HEAL_TICKS === 0) r.corrupt.push(...r.unhealed.splice(0));
}

/**
 * Merges |set| − W + 1 others of the set that reads ask, or all that are not lost if fewer remain, so
 * that nothing acknowledged is missed (as R6). A gaining member's "nothing" is no word yet.
 */
function heal(r: Replica, key: Key): void {
  const document = defined(r.document, 'a document');
  const slot = slotOfKey(r, key);
  const { members, write } = slotSets(document, slot).reads;
  const others = members.filter(
    (m) => m !== r.incarnation && memberOf(document, m)?.lost === false,
  );
  const needed = Math.min(others.length, members.length - write + 1);
  let merged: VersionedObject | null = null,
    answered = 0,
    damaged = 0,
    open = others.length;
  if (open === 0) {
    announce(r, { kind: 'data-loss-possible', slots: [slot] });
    return replace(r, key, null);
  }
  for (const other of others) {
    ask(
      r,
      other,
      (call) => ({ kind: 'read', call, key }),
      (answer) => {
        open--;
        if (answer?.kind === 'value') {
          answered++;
          if (answer.object !== null) merged = mergeObjects(merged, answer.object);
        }
        if (answer?.kind === 'refused' && answer.code === 'CORRUPT_RECORD') damaged++;
        if (open > 0) return;
        // Every copy that is left was asked: more can never be known, and nothing waits for a human.
        const all = answered + damaged === others.length;
        if (all && answered < needed) announce(r, { kind: 'data-loss-possible', slots: [slot] });
        const sameRing = r.document?.epoch === document.epoch && holds(r, slot);
        if ((all || answered >= needed) && sameRing) replace(r, key, merged);
        else putOff(r, key);
      },
    );
  }
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
  store(r, [{ kind: 'record', key, object }, ...(term === null ? [] : [term])], () => {
    r.healing.delete(key.text);
    if (term !== null) leaseIsDurable(r, actor);
  });
  forgetDigest(r, slotOfKey(r, key), 'unknown');
  for (const operation of [...r.operations]) operation.copyLost?.(key);
}
