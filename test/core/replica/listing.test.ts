import { describe, expect, test } from '@jest/globals';
import { listPage } from '../../../core/replica/listing.ts';
import type { ListedPage } from '../../../core/replica/listing.ts';
import { step } from '../../../core/replica/replica.ts';
import type { Replica } from '../../../core/replica/replica.ts';
import { keyOf } from '../../../core/ring/hash.ts';
import { CalmRing, heldAt } from './calm-ring.ts';

/** Answers the scan that the replica orders with this page. */
function answer(
  ring: CalmRing,
  r: Replica,
  page: { keys: string[]; corrupt?: string[]; next: string | null },
): void {
  const scan = r.effects.find((effect) => effect.kind === 'scan')!;
  r.effects = [];
  const object = heldAt(ring, 'a', 'k')!;
  step(
    r,
    {
      kind: 'scanned',
      ticket: scan.ticket,
      records: page.keys.map((text) => ({ key: keyOf(text), object })),
      corrupt: (page.corrupt ?? []).map(keyOf),
      next: page.next === null ? null : keyOf(page.next),
    },
    ring.nowMs,
  );
}

describe("a replica's page of keys", () => {
  test('reads on until the limit is found or the slot ends', () => {
    const ring = CalmRing.of(['a']);
    ring.put('a', 'k', 'v');
    const r = ring.node('a').replica;
    const pages: (ListedPage | null)[] = [];
    listPage(r, { slot: 0, after: null, prefix: 'x', limit: 2 }, (page) => pages.push(page));
    answer(ring, r, { keys: ['x1', 'y1'], next: 'y1' });
    expect(pages).toEqual([]);
    // step took the next scan away with it; the page goes on behind the last key.
    listPage(r, { slot: 0, after: null, prefix: 'x', limit: 1 }, (page) => pages.push(page));
    answer(ring, r, { keys: ['y1', 'x1', 'x2'], next: null });
    expect(pages.at(-1)).toMatchObject({
      records: [{ key: { text: 'x1' } }],
      next: { text: 'x1' },
    });
  });

  test('that meets a damaged record is no answer, and the record is healed (R9)', () => {
    const ring = CalmRing.of(['a', 'b', 'c']);
    ring.put('a', 'k', 'v');
    ring.node('a').corrupt.add('k');
    const slot = [...Array(16).keys()].find((s) => {
      const page = ring.request('a', {
        kind: 'list',
        id: '' as never,
        slot: s,
        after: null,
        prefix: '',
        limit: 10,
      });
      return page.kind === 'keys' && page.keys.length > 0;
    });
    expect(slot).toBeDefined();
    ring.ticks(3);
    expect(ring.node('a').corrupt.size).toBe(0);
    expect(ring.events.map(({ event }) => event.kind)).toContain('corrupt-record');
  });
});
