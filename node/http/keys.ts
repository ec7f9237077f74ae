// GET /v1/keys: walks the slots in order and gives the keys page by page, each slot as a quorum of
// its replicas sees it. Not a snapshot: keys written meanwhile may or may not appear.
import { requestId } from '../../core/api/ids.ts';
import type { Key } from '../../core/api/object.ts';
import type { RingDocument } from '../../core/api/ring-document.ts';
import type { ListResult } from '../../core/api/requests.ts';
import { RingError } from '../../core/errors.ts';
import {
  LIST_LIMIT_DEFAULT,
  LIST_LIMIT_MAX,
  LIST_SLOTS_IN_FLIGHT,
  LIST_SLOTS_MAX,
} from '../../core/limits.ts';
import { keyOf, slotOf } from '../../core/ring/hash.ts';
import { holdsSlot } from '../../core/ring/ring.ts';
import { KEYS } from './contract/ring-routes.ts';
import { queryOf, serve } from './contract/route.ts';
import { ask, documentOf } from './exchange.ts';
import type { Exchange, Ring, Routes } from './exchange.ts';
import { isWellFormed } from './keys-in-urls.ts';
import { sendJson } from './kv.ts';
import { countIn } from './query.ts';

/** Where a page starts. */
interface Place {
  readonly slot: number;
  readonly after: Key | null;
}

interface Found {
  readonly keys: { readonly key: string; readonly etag: string }[];
  /** null: the ring's end was reached. */
  readonly next: Place | null;
}

export function keysRoutes(router: Routes, ring: Ring): void {
  serve(router, KEYS, async (ctx) => {
    ctx.state.verb = 'keys';
    const document = documentOf(ring, ctx);
    const { slotBits } = document;
    const query = queryOf(ctx, KEYS);
    const limit = countIn(query, 'limit', LIST_LIMIT_MAX) ?? LIST_LIMIT_DEFAULT;
    const cursor = query.get('cursor');
    const from =
      cursor === undefined || cursor === ''
        ? { slot: 0, after: null }
        : placeFrom(cursor, slotBits);
    const slots = slotsToWalk(document, query.get('member'));
    const walk = { ring, prefix: query.get('prefix') ?? '', limit, slots };
    const { keys, next } = await walkSlots(ctx, walk, from);
    sendJson(ctx, 200, { keys, cursor: next === null ? null : cursorOf(next) });
  });
}

interface Walk {
  readonly ring: Ring;
  readonly prefix: string;
  readonly limit: number;
  /** Ascending. */
  readonly slots: Uint16Array;
}

/** All slots, or those of which the member has a copy. Throws NOT_FOUND where there is no such member. */
export function slotsToWalk(document: RingDocument, member: string | undefined): Uint16Array {
  const all = Uint16Array.from({ length: 1 << document.slotBits }, (_, slot) => slot);
  if (member === undefined) return all;
  const incarnations = document.members.filter(({ id }) => id === member).map((m) => m.incarnation);
  if (incarnations.length === 0) throw new RingError('NOT_FOUND', `there is no member ${member}`);
  return all.filter((slot) => incarnations.some((who) => holdsSlot(document.current, slot, who)));
}

/**
 * Asks ever more slots at a time, so that a sparse ring costs few rounds and a full one no waste. Ends
 * early before a slot that failed: whoever goes on from there is told why, and keeps what came before.
 * Throws what the first slot failed with.
 */
async function walkSlots(ctx: Exchange, walk: Walk, from: Place): Promise<Found> {
  const keys: Found['keys'] = [];
  let place: Place = from;
  let width = 1;
  for (let asked = 0, round = 0; asked < LIST_SLOTS_MAX; round++) {
    const start = place;
    const first = walk.slots.findIndex((slot) => slot >= start.slot);
    if (first < 0) return { keys, next: null };
    const slots = Array.from(walk.slots.subarray(first, first + width));
    const answers = await Promise.allSettled(
      slots.map((slot) =>
        listSlot(ctx, walk, { slot, after: slot === start.slot ? start.after : null, round }),
      ),
    );
    asked += slots.length;
    for (const [i, answer] of answers.entries()) {
      if (answer.status === 'rejected') {
        if (place === from) throw answer.reason;
        return { keys, next: place };
      }
      const page = answer.value;
      const slot = slots[i]!;
      const room = walk.limit - keys.length;
      const taken = page.keys.slice(0, room);
      keys.push(...taken.map(({ key, etag }) => ({ key: key.text, etag })));
      const last = taken.at(-1)?.key ?? null;
      if (page.keys.length > room) return { keys, next: { slot, after: last } };
      if (page.next !== null) {
        place = { slot, after: page.next };
      } else {
        if (slot >= walk.slots.at(-1)!) return { keys, next: null };
        place = { slot: slot + 1, after: null };
      }
      if (keys.length >= walk.limit) return { keys, next: place };
      // What was asked of later slots is asked again once this one is through.
      if (page.next !== null) break;
    }
    width = Math.min(width * 4, LIST_SLOTS_IN_FLIGHT);
  }
  return { keys, next: place };
}

function listSlot(
  ctx: Exchange,
  { ring, prefix, limit }: Walk,
  { slot, after, round }: Place & { readonly round: number },
): Promise<ListResult> {
  const id = requestId(`${ctx.state.requestId}.${slot}-${round}`);
  return ask(ring, { kind: 'list', id, slot, after, prefix, limit });
}

function cursorOf({ slot, after }: Place): string {
  return Buffer.from(JSON.stringify([slot, after?.text ?? null])).toString('base64url');
}

/** Throws BAD_REQUEST where the cursor was not made by `cursorOf` for a ring of as many slots. */
function placeFrom(cursor: string, slotBits: number): Place {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    const [slot, text] = parsed as [unknown, unknown];
    if (Number.isInteger(slot) && (slot as number) >= 0 && (slot as number) < 1 << slotBits) {
      if (text === null) return { slot: slot as number, after: null };
      const after = typeof text === 'string' && isWellFormed(text) ? keyOf(text) : null;
      if (after !== null && slotOf(after, slotBits) === slot) return { slot, after };
    }
  } catch {
    // Falls through to the one complaint.
  }
  throw new RingError('BAD_REQUEST', 'the cursor was not made by this ring');
}
