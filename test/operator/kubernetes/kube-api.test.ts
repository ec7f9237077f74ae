// How the port behaves where the API server or the way to it fails; that a real one understands it is
// tried in test/kubernetes.
import { afterEach, describe, expect, test } from '@jest/globals';
import type { KubeKind, KubeObject } from '../../../operator/kubernetes/api.ts';
import { kubeApi } from '../../../operator/kubernetes/kube-api.ts';
import { hastyTimers } from './hasty-timers.ts';
import {
  answer,
  configTo,
  failure,
  hangUp,
  scriptedServer,
  silence,
  type Script,
  type ScriptedServer,
} from './scripted-server.ts';

const MAPS: KubeKind = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  plural: 'configmaps',
  namespaced: true,
};
const HOSTS: KubeKind = { apiVersion: 'v1', kind: 'Node', plural: 'nodes', namespaced: false };
const map: KubeObject = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'a', namespace: 'rings', resourceVersion: '7', uid: 'u' },
};
const ref = { kind: MAPS, namespace: 'rings', name: 'a' };

let server: ScriptedServer | null = null;
afterEach(async () => {
  await server?.stop();
  server = null;
});

/** The port to a server with these scripts, and what became of waits and calls. */
async function portTo(scripts: readonly Script[], callMs = 5_000) {
  const timers = hastyTimers();
  const codes: string[] = [];
  const observer = {
    called: ({ verb, resource, code }: { verb: string; resource: string; code: string }) => {
      codes.push(`${verb} ${resource} ${code}`);
    },
  };
  server = await scriptedServer(...scripts);
  const api = kubeApi(server.config, { timers, fraction: () => 0.5, callMs, observer });
  return { api, timers, codes, asked: server.asked, server };
}

const error = (code: string, message: RegExp): unknown =>
  expect.objectContaining({ code, message: expect.stringMatching(message) as unknown });

describe('a call of the API server', () => {
  test('is made as ourselves, with a deadline that the server is told', async () => {
    const { api, asked } = await portTo([answer(map)]);
    expect(await api.get(ref)).toEqual(map);
    expect(asked[0]!.headers.authorization).toBe('Bearer sesame');
    expect(asked[0]!.url.pathname).toBe('/api/v1/namespaces/rings/configmaps/a');
    expect(asked[0]!.url.searchParams.get('timeout')).toBe('5s');
  });

  // Two over HTTP/1.1: the second begins before the first connection is known to be idle again.
  test('shares its connection with all calls after it', async () => {
    const { api, server: scripted } = await portTo([answer(map)]);
    for (let i = 0; i < 50; i++) await api.get(ref);
    expect(scripted.connections()).toBeLessThanOrEqual(2);
  });

  test('comes after the pause that a busy server asks for, also where it writes', async () => {
    const busy = failure(429, 'TooManyRequests', 'slow down', { 'retry-after': '3' });
    const { api, timers, codes } = await portTo([busy, answer(map)]);
    await api.create(MAPS, map);
    expect(timers.waits).toEqual([3_050]);
    expect(codes).toEqual(['create configmaps 429', 'create configmaps 200']);
  });

  test('is repeated through failures and lost connections, ever more slowly, where it is safe', async () => {
    const broken = failure(500, 'InternalError', 'etcd is away');
    const { api, timers, codes } = await portTo([broken, hangUp, broken, answer(map)]);
    expect(await api.apply(MAPS, map)).toEqual(map);
    expect(timers.waits).toEqual([50, 100, 200]);
    expect(codes.map((code) => code.split(' ').at(-1))).toEqual(['500', 'silent', '500', '200']);
  });

  test('that may have been carried out is not repeated where a second one could do harm', async () => {
    for (const script of [hangUp, failure(504, 'Timeout', 'too late')]) {
      const { api, asked, server: scripted } = await portTo([script, answer(map)]);
      await expect(api.replace(MAPS, map)).rejects.toEqual(
        error('PEER_UNREACHABLE', /^replace configmaps rings\/a: /),
      );
      expect(asked).toHaveLength(1);
      await scripted.stop();
    }
  });

  test('gives up a server that stays silent, and its successor is on a new connection', async () => {
    const { api, server: scripted } = await portTo([silence, answer(map)], 60);
    expect(await api.get(ref)).toEqual(map);
    expect(scripted.connections()).toBe(2);
  });

  test('to nobody is an error that says so', async () => {
    const timers = hastyTimers();
    const api = kubeApi(configTo('http://127.0.0.1:1'), { timers });
    await expect(api.get(ref)).rejects.toEqual(
      error('PEER_UNREACHABLE', /^get configmaps rings\/a: no answer from the API server: .*ECONN/),
    );
    expect(timers.waits).toHaveLength(4);
  });

  test('ends at once when the process stops', async () => {
    server = await scriptedServer(silence);
    const stop = new AbortController();
    const got = kubeApi(server.config, { signal: stop.signal }).get(ref);
    stop.abort();
    await expect(got).rejects.toEqual(error('PEER_UNREACHABLE', /get configmaps/));
  });
});

describe('what the API server refuses', () => {
  test.each([
    [400, 'INVALID'],
    [401, 'UNAUTHORIZED'],
    [403, 'FORBIDDEN'],
    [404, 'NOT_FOUND'],
    [409, 'CONFLICT'],
    [413, 'INVALID'],
    [418, 'INTERNAL'],
    [422, 'INVALID'],
  ])('with %i is %s, in its own words', async (status, code) => {
    const { api } = await portTo([failure(status, 'Reason', 'use kubectl scale dht instead')]);
    await expect(api.apply(MAPS, map)).rejects.toEqual(
      error(code, /^apply configmaps rings\/a: use kubectl scale dht instead$/),
    );
  });

  test('by something before it, such as a proxy, is told as it stands', async () => {
    const proxy: Script = (_, response) => response.writeHead(407).end('<h1>who are you?</h1>');
    const { api } = await portTo([proxy]);
    await expect(api.get(ref)).rejects.toEqual(error('INTERNAL', /: <h1>who are you\?<\/h1>$/));
  });

  test('is an absent object only where the answer names the object', async () => {
    const absent: Script = (_, response) => {
      const details = { name: 'a', kind: 'configmaps' };
      response.writeHead(404).end(JSON.stringify({ kind: 'Status', reason: 'NotFound', details }));
    };
    const unknown = failure(404, 'NotFound', 'the server could not find the requested resource');
    const { api } = await portTo([absent, absent, unknown, unknown]);
    expect(await api.get(ref)).toBeNull();
    expect(await api.remove(ref, { uid: 'u' })).toBe('absent');
    await expect(api.get(ref)).rejects.toEqual(error('NOT_FOUND', /could not find the requested/));
    await expect(api.remove(ref, { uid: 'u' })).rejects.toEqual(error('NOT_FOUND', /delete/));
  });
});

describe('a list', () => {
  const page = (names: string[], next = ''): Script =>
    answer({
      metadata: { resourceVersion: '9', ...(next === '' ? {} : { continue: next }) },
      items: names.map((name) => ({ metadata: { name } })),
    });

  test('is read page by page, and its items say what they are', async () => {
    const { api, asked } = await portTo([page(['a', 'b'], 'next?'), page(['c'])]);
    const found = await api.list(HOSTS, null, { zone: 'a', 'x/y': 'b' });
    expect(
      found.map(({ apiVersion, kind, metadata }) => [apiVersion, kind, metadata.name]),
    ).toEqual([
      ['v1', 'Node', 'a'],
      ['v1', 'Node', 'b'],
      ['v1', 'Node', 'c'],
    ]);
    expect(asked.map(({ url }) => url.searchParams.get('continue'))).toEqual([null, 'next?']);
    expect(asked[1]!.url.searchParams.get('labelSelector')).toBe('zone=a,x/y=b');
    expect(asked[0]!.url.pathname).toBe('/api/v1/nodes');
  });

  test('starts again where it expired between two pages', async () => {
    const expired = failure(410, 'Expired', 'too old');
    const { api } = await portTo([page(['a'], 'n'), expired, page(['a'], 'n'), page(['b'])]);
    expect((await api.list(MAPS, 'rings')).map(({ metadata }) => metadata.name)).toEqual([
      'a',
      'b',
    ]);
  });
});

describe('a delete', () => {
  test('carries what must still be true', async () => {
    const { api, asked } = await portTo([answer({ kind: 'Status' })]);
    await api.remove(ref, { uid: 'u', resourceVersion: '7' }, 0);
    expect(JSON.parse(asked[0]!.body)).toMatchObject({
      preconditions: { uid: 'u', resourceVersion: '7' },
      gracePeriodSeconds: 0,
      propagationPolicy: 'Background',
    });
  });
});

describe('a replace', () => {
  test('without a resourceVersion is not sent: it would overwrite blindly', async () => {
    const { api, asked } = await portTo([answer(map)]);
    const blind = { ...map, metadata: { name: 'a', namespace: 'rings' } };
    await expect(api.replace(MAPS, blind)).rejects.toEqual(
      error('INVALID', /without a resourceVersion/),
    );
    expect(asked).toEqual([]);
  });
});
