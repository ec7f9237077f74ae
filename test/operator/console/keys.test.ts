// Keys through the console, answered by a real node.
import { describe, expect, test } from '@jest/globals';
import type { KeyView } from '../../../operator/console/view.ts';
import { CONSOLE_VALUE_CHARS_MAX } from '../../../core/limits.ts';
import { withNode } from '../../node/live-node.ts';
import type { LiveNode } from '../../node/live-node.ts';
import { IdealRing } from '../planner/ideal-ring.ts';
import { withConsole } from './place-at-hand.ts';
import type { ConsoleAtHand } from './place-at-hand.ts';

const withKeys = (work: (parts: ConsoleAtHand & LiveNode) => Promise<void>): Promise<void> =>
  withNode((live) =>
    withConsole(IdealRing.settledAt(1, { replicationFactor: 1 }), async (console) => {
      console.place.clients = [`http://127.0.0.1:${live.node.ports.client.port}`];
      await work({ ...live, ...console });
    }),
  );

const at = (key: string): string => `/api/rings/dev/key?key=${encodeURIComponent(key)}`;

const HOSTILE = [
  '<img src=x onerror=alert(1)>',
  '..',
  'a/b?c#d',
  '"\'`${x}',
  '\u202egnp',
  ' ',
  '\n',
  'é',
];

describe('a key through the console', () => {
  test.each(HOSTILE)('%j is stored, read and deleted as it is', async (key) => {
    await withKeys(async ({ ask, order }) => {
      const put = {
        method: 'PUT',
        body: `value of ${key}`,
        headers: { 'content-type': 'text/html' },
      };
      expect((await order(at(key), put as never)).status).toBe(204);
      const view = (await ask(at(key))).json() as unknown as KeyView;
      expect(view).toMatchObject({ key, found: 'value', problem: null });
      expect(view.values).toMatchObject([
        { text: `value of ${key}`, base64: null, contentType: 'text/html', cut: false },
      ]);
      expect((await order(at(key), { method: 'DELETE' })).status).toBe(204);
      expect((await ask(at(key))).json()).toMatchObject({ found: 'none', values: [] });
    });
  });

  test('tells where it lies, value or not', async () => {
    await withKeys(async ({ ask }) => {
      // Published xxh64 of "hello", seed 0.
      expect((await ask(at('hello'))).json()).toMatchObject({
        hash: '26c7827d889f6da3',
        slot: 2,
        preferenceList: [{ id: 'dev-0', replica: true }],
        found: 'none',
      });
    });
  });

  test('keeps what was written at the same time side by side, until a write that has seen all', async () => {
    await withKeys(async ({ ask, order }) => {
      await order(at('k'), { method: 'PUT', body: 'first' });
      const { context } = (await ask(at('k'))).json() as unknown as KeyView;
      const headers = { 'x-ring-context': context! };
      await order(at('k'), { method: 'PUT', body: 'left', headers });
      await order(at('k'), { method: 'PUT', body: 'right', headers });
      const both = (await ask(at('k'))).json() as unknown as KeyView;
      expect(both.values.map(({ text }) => text).sort()).toEqual(['left', 'right']);
      const seen = { 'x-ring-context': both.context! };
      await order(at('k'), { method: 'PUT', body: 'merged', headers: seen });
      const one = (await ask(at('k'))).json() as unknown as KeyView;
      expect(one.values.map(({ text }) => text)).toEqual(['merged']);
    });
  });

  test('shows bytes as bytes, and of a long value the beginning', async () => {
    await withKeys(async ({ ask, call }) => {
      await call('PUT', '/v1/kv/bytes', { body: Buffer.from([0xff, 0x00, 0xfe]) });
      expect(((await ask(at('bytes'))).json() as unknown as KeyView).values).toMatchObject([
        { text: null, base64: '/wD+', cut: false, bytes: 3 },
      ]);
      const bytes = CONSOLE_VALUE_CHARS_MAX * 2;
      await call('PUT', '/v1/kv/long', { body: 'x'.repeat(bytes) });
      const [long] = ((await ask(at('long'))).json() as unknown as KeyView).values;
      expect([long!.cut, long!.text!.length, long!.bytes]).toEqual([
        true,
        CONSOLE_VALUE_CHARS_MAX,
        bytes,
      ]);
    });
  });

  test('is refused with the words of the ring', async () => {
    await withKeys(async ({ ask, order }) => {
      expect((await ask(at('x'.repeat(1025)))).json()).toMatchObject({ code: 'BAD_KEY' });
      expect((await ask(at(''))).json()).toMatchObject({ code: 'BAD_KEY' });
      const forged = { 'x-ring-context': 'AAAA' };
      expect(
        (await order(at('k'), { method: 'PUT', body: 'x', headers: forged })).json(),
      ).toMatchObject({ code: 'BAD_CONTEXT' });
      const large = 'x'.repeat(1024 * 1024 + 1);
      expect((await order(at('k'), { method: 'PUT', body: large })).json()).toMatchObject({
        code: 'VALUE_TOO_LARGE',
      });
    });
  });

  test('is asked of the next member where one does not answer', async () => {
    await withKeys(async ({ ask, place }) => {
      place.clients = ['http://127.0.0.1:9', ...place.clients];
      expect((await ask(at('k'))).status).toBe(200);
      place.clients = ['http://127.0.0.1:9'];
      expect((await ask(at('k'))).json()).toMatchObject({ code: 'PEER_UNREACHABLE' });
      place.clients = [];
      expect((await ask(at('k'))).json()).toMatchObject({ code: 'NOT_SERVING' });
    });
  });

  test('is found among the keys of its member', async () => {
    await withKeys(async ({ ask, call }) => {
      for (const key of ['a/1', 'a/2', 'b/1'])
        await call('PUT', `/v1/kv/${encodeURIComponent(key)}`);
      const page = (await ask('/api/rings/dev/members/dev-0/keys?prefix=a%2F')).json();
      expect([(page['keys'] as string[]).sort(), page['cursor']]).toEqual([['a/1', 'a/2'], null]);
      const none = (await ask('/api/rings/dev/members/dev-7/keys')).json();
      expect(none).toMatchObject({ code: 'NOT_FOUND' });
    });
  });
});
