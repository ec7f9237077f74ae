import { describe, expect, test } from '@jest/globals';
import { CONSOLE_STREAMS_MAX } from '../../../core/limits.ts';
import type { NewsItem, RingState, SlotMap } from '../../../operator/console/view.ts';
import { IdealRing } from '../planner/ideal-ring.ts';
import { until } from '../../live/until.ts';
import { Listener } from './listener.ts';
import { withConsole } from './place-at-hand.ts';

describe('a page that watches a ring', () => {
  test('is told all there is at once, and a change as it happens', async () => {
    await withConsole(IdealRing.settledAt(3), async ({ origin, place }) => {
      const page = await Listener.on(origin);
      const map = await page.next<SlotMap>('slots');
      expect([map.slots, map.now.seats, map.next]).toEqual([16, ['dev-0', 'dev-1', 'dev-2'], null]);
      const calm = await page.next<RingState>('state');
      expect([calm.verdict.title, calm.operation, calm.flows]).toEqual(['Safe', null, []]);
      place.ideal.desired = { ...place.ideal.desired, replicas: 4 };
      for (let i = 0; place.ideal.document?.phase !== 'write-both' && i < 20; i++) place.pass();
      place.pass();
      const moving = await page.next<RingState>('state', ({ operation }) => operation !== null);
      expect(moving.operation?.summary).toBe('join dev-3');
      expect(moving.flows.map(({ to }) => to)).toContain('dev-3');
      expect(moving.members.find(({ id }) => id === 'dev-3')?.condition).toBe('joining');
      page.close();
    });
  });

  test('gets the slots again when the epoch is another one, and not before', async () => {
    await withConsole(IdealRing.settledAt(3), async ({ origin, place }) => {
      const page = await Listener.on(origin);
      const first = await page.next<SlotMap>('slots');
      place.ideal.desired = { ...place.ideal.desired, replicas: 4 };
      for (let i = 0; i < 30; i++) place.pass();
      const later = await page.next<SlotMap>('slots', ({ epoch }) => epoch > first.epoch);
      expect(later.epoch).toBeGreaterThan(first.epoch);
      page.close();
    });
  });

  test('hears what happened before it came, once', async () => {
    await withConsole(IdealRing.settledAt(3), async ({ origin, place }) => {
      place.tell('dev-1 killed by hand');
      const page = await Listener.on(origin);
      const news = await page.next<NewsItem[]>('news');
      expect(news.map(({ text }) => text)).toContain('dev-1 killed by hand');
      place.tell('dev-1 started');
      const more = await page.next<NewsItem[]>('news');
      expect(more.map(({ text }) => text)).toEqual(['dev-1 started']);
      page.close();
    });
  });

  test('is the only reason to look at a ring that nobody looks at otherwise', async () => {
    await withConsole(
      IdealRing.settledAt(3),
      async ({ origin, place }) => {
        expect(place.watched).toBe(0);
        const pages = [await Listener.on(origin), await Listener.on(origin)];
        for (const page of pages) await page.next<RingState>('state');
        expect(place.watched).toBe(1);
        for (const page of pages) page.close();
        await until('nobody watches it', 30_000, () => place.watched === 0);
      },
      false,
    );
  });

  test('is refused where too many are open already', async () => {
    await withConsole(IdealRing.settledAt(1, { replicationFactor: 1 }), async ({ origin }) => {
      const pages = await Promise.all(
        Array.from({ length: CONSOLE_STREAMS_MAX + 1 }, () => Listener.on(origin)),
      );
      expect(pages.filter(({ status }) => status === 200)).toHaveLength(CONSOLE_STREAMS_MAX);
      expect(pages.filter(({ status }) => status === 503)).toHaveLength(1);
      for (const page of pages) page.close();
    });
  });
});
