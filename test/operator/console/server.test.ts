import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { describe, expect, test } from '@jest/globals';
import { request } from 'undici';
import { LOCAL_HOST } from '../../../core/limits.ts';
import { assets } from '../../../operator/console/assets.ts';
import { openConsole } from '../../../operator/console/server.ts';
import { IdealRing } from '../planner/ideal-ring.ts';
import { GUEST, PlaceAtHand, withConsole } from './place-at-hand.ts';

const settled = (): IdealRing => IdealRing.settledAt(3);

describe('the console lets only its own page in', () => {
  test.each(['evil.example', 'localhost.evil.example', 'ring:8085'])(
    'who calls it %s is refused: a foreign page could make its name lead here',
    async (host) => {
      await withConsole(settled(), async ({ ask }) => {
        const answer = await ask('/api/rings/dev/plan?replicas=4', { headers: { host } });
        expect([answer.status, answer.json()['code']]).toEqual([403, 'FORBIDDEN']);
        expect((await ask('/', { headers: { host } })).status).toBe(403);
      });
    },
  );

  test('nothing is run or loaded that is not its own', async () => {
    await withConsole(settled(), async ({ ask }) => {
      for (const path of ['/', '/api/welcome', '/nothing-there']) {
        const policy = String((await ask(path)).headers['content-security-policy']);
        expect(policy).toContain("default-src 'none'");
        expect(policy).toContain("frame-ancestors 'none'");
        expect(policy).toContain("require-trusted-types-for 'script'");
        expect(policy).not.toMatch(/unsafe|https?:|\*/);
      }
    });
  });

  test('only the files of the page are served, whatever a path tries', async () => {
    await withConsole(settled(), async ({ ask }) => {
      const tries = [
        '/page/console/server.ts',
        '/page/../main.ts',
        '/page/%2e%2e/main.ts',
        '/etc/passwd',
      ];
      for (const path of tries) expect((await ask(path)).status).toBe(404);
    });
  });
});

describe('changes', () => {
  const CHANGES = [
    ['PUT', '/api/rings/dev/replicas'],
    ['PUT', '/api/rings/dev/key?key=a'],
    ['DELETE', '/api/rings/dev/key?key=a'],
    ['POST', '/api/rings/dev/members/dev-0/kill'],
  ] as const;

  test.each(CHANGES)('%s %s needs the token', async (method, path) => {
    await withConsole(settled(), async ({ ask, place }) => {
      for (const authorization of ['', 'Bearer', 'Bearer wrong', 'Basic open-sesame']) {
        const answer = await ask(path, { method, body: '4', headers: { authorization } });
        expect([answer.status, answer.json()['code']]).toEqual([401, 'UNAUTHORIZED']);
      }
      const guest = { authorization: `Bearer ${GUEST}` };
      expect((await ask(path, { method, body: '4', headers: guest })).status).toBe(403);
      expect(place.ideal.desired.replicas).toBe(3);
      expect(place.hands?.notes).toEqual([]);
    });
  });

  test.each(CHANGES)(
    '%s %s is refused even with it where the console only shows',
    async (method, path) => {
      await withConsole(settled(), async ({ order, place }) => {
        place.takesChanges = false;
        const answer = await order(path, { method, body: '4' });
        expect([answer.status, answer.json()['code']]).toEqual([403, 'FORBIDDEN']);
      });
    },
  );

  test('who asks while no page is open is answered from a look of their own', async () => {
    const place = new PlaceAtHand(settled(), false);
    const shown = await openConsole(place, { port: 0, orAny: false });
    try {
      const path = '/api/rings/dev/plan?replicas=4';
      const answer = await request(`http://${LOCAL_HOST}:${String(shown.port)}${path}`);
      expect(await answer.body.json()).toMatchObject({ replicas: 4, refusals: [] });
      expect(place.watched).toBe(0);
    } finally {
      await shown.close();
    }
  });

  test('another size is asked for, and refused in words where it cannot be', async () => {
    await withConsole(settled(), async ({ order, place }) => {
      const path = '/api/rings/dev/replicas';
      expect((await order(path, { method: 'PUT', body: '{"replicas":5}' })).status).toBe(204);
      expect(place.ideal.desired.replicas).toBe(5);
      const refused = await order(path, { method: 'PUT', body: '{"replicas":1}' });
      expect([refused.status, refused.json()['detail']]).toEqual([
        422,
        'replicas is below replicationFactor',
      ]);
      for (const body of ['', '{}', '0', '1025', '2.5', '"5"', '[5]']) {
        const answer = await order(path, { method: 'PUT', body });
        expect([body, answer.json()['code']]).toEqual([body, 'BAD_REQUEST']);
      }
    });
  });

  test('a node is handled by hand; one that is not there, and an act that is none, are not', async () => {
    await withConsole(settled(), async ({ order, place }) => {
      for (const act of ['stop', 'start', 'kill', 'pause', 'resume'])
        await order(`/api/rings/dev/members/dev-1/${act}`, { method: 'POST' });
      expect(place.hands?.notes).toEqual(
        ['stop', 'start', 'kill', 'pause', 'resume'].map((act) => `${act} dev-1`),
      );
      for (const path of ['dev-9/kill', 'dev-1/handlingOf', 'dev-1/constructor'])
        expect((await order(`/api/rings/dev/members/${path}`, { method: 'POST' })).status).toBe(
          404,
        );
      expect(place.hands?.notes).toHaveLength(5);
    });
  });
});

describe('the plan before the act', () => {
  test('names who joins, what would move, and moves nothing', async () => {
    await withConsole(settled(), async ({ ask, place }) => {
      const before = place.ideal.document;
      const plan = (await ask('/api/rings/dev/plan?replicas=5')).json();
      const members = plan['members'] as { id: string; fate: string; gets: { slots: number } }[];
      expect(members.map(({ id, fate }) => `${id} ${fate}`)).toEqual([
        'dev-0 stays',
        'dev-1 stays',
        'dev-2 stays',
        'dev-3 joins',
        'dev-4 joins',
      ]);
      expect(members.at(-1)!.gets.slots).toBeGreaterThan(0);
      expect([plan['refusals'], place.ideal.document]).toEqual([[], before]);
    });
  });

  test('says why fewer members than copies will be refused', async () => {
    await withConsole(settled(), async ({ ask }) => {
      const plan = (await ask('/api/rings/dev/plan?replicas=2')).json();
      expect(plan['refusals']).toMatchObject([{ reason: 'BelowReplicationFactor' }]);
    });
  });
});

describe('the console', () => {
  test('says what it knows no ring of', async () => {
    await withConsole(settled(), async ({ ask }) => {
      const answer = await ask('/api/rings/other/events');
      expect([answer.status, answer.json()['detail']]).toEqual([
        404,
        'there is no ring other here',
      ]);
    });
  });

  test('is a few tens of kilobytes, libraries included', () => {
    const { files } = assets();
    const sent = [...files.values()].reduce((sum, { gzipped }) => sum + gzipped.length, 0);
    expect(sent).toBeLessThan(60_000);
  });

  test('loads only modules that it serves', () => {
    const { files } = assets();
    const map = /"imports":(\{.*?\})/.exec(files.get('/')!.body.toString())![1]!;
    const named = JSON.parse(map) as Record<string, string>;
    for (const [path, { body, type }] of files) {
      if (!type.startsWith('text/javascript')) continue;
      for (const [, name] of body.toString().matchAll(/from\s*['"]([^'"]+)['"]/g)) {
        const url = named[name!] ?? new URL(name!, `http://ring${path}`).pathname;
        expect(`${path} loads ${url}: ${files.has(url)}`).toBe(`${path} loads ${url}: true`);
      }
    }
  });

  test('takes another port where its own is held, but not in place of one that was asked for', async () => {
    const holder = createServer().listen(0, LOCAL_HOST);
    await once(holder, 'listening');
    const { port } = holder.address() as AddressInfo;
    const place = new PlaceAtHand(settled());
    const other = await openConsole(place, { port, orAny: true });
    expect(other.port).not.toBe(port);
    await other.close();
    await expect(openConsole(place, { port, orAny: false })).rejects.toMatchObject({
      code: 'STORE_LOCKED',
    });
    holder.close();
    await once(holder, 'close');
  });
});
