// The port against a real API server: every verb, every refusal, one connection, and a way there that
// goes dead.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { KubeKind, KubeObject } from '../../operator/kubernetes/api.ts';
import { kubeApi } from '../../operator/kubernetes/kube-api.ts';
import { PooledKubeConfig } from '../../operator/kubernetes/pooled-config.ts';
import { describeWithApi } from './on-api-server.ts';
import { configThrough, lineTo, type Line } from './line.ts';

interface ConfigMap extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

const MAPS: KubeKind = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  plural: 'configmaps',
  namespaced: true,
};
const RINGS: KubeKind = {
  apiVersion: 'dht.ringkeeper.dev/v1alpha1',
  kind: 'DhtCluster',
  plural: 'dhtclusters',
  namespaced: true,
};
const ref = (name: string) => ({ kind: MAPS, namespace: 'default', name });
const mapOf = (name: string, data: Record<string, string> = {}): ConfigMap => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default' },
  data,
});
const ringOf = (name: string, spec: object = {}) => ({
  apiVersion: RINGS.apiVersion,
  kind: RINGS.kind,
  metadata: { name, namespace: 'default' },
  spec,
});
const error = (code: string, message: RegExp): unknown =>
  expect.objectContaining({ code, message: expect.stringMatching(message) as unknown });

describeWithApi('the port on a real API server', (on) => {
  test('creates, reads, replaces, patches and removes an object', async () => {
    const made = await on.api.create(MAPS, mapOf('a', { x: '1' }));
    expect(await on.api.get<ConfigMap>(ref('a'))).toMatchObject({ data: { x: '1' } });
    const replaced = await on.api.replace(MAPS, { ...made, data: { x: '2' } });
    await expect(on.api.replace(MAPS, { ...made, data: {} })).rejects.toEqual(
      error('CONFLICT', /the object has been modified/),
    );
    const patched = await on.api.patch<ConfigMap>(ref('a'), { data: { y: '3' } });
    expect(patched.data).toEqual({ x: '2', y: '3' });
    const stale = { metadata: { resourceVersion: replaced.metadata.resourceVersion } };
    await expect(on.api.patch(ref('a'), stale)).rejects.toEqual(error('CONFLICT', /modified/));
    await expect(on.api.create(MAPS, mapOf('a'))).rejects.toEqual(
      error('CONFLICT', /already exists/),
    );
    expect(await on.api.remove(ref('a'), { uid: made.metadata.uid! })).toBe('removed');
    expect(await on.api.remove(ref('a'), { uid: made.metadata.uid! })).toBe('absent');
    expect(await on.api.get(ref('a'))).toBeNull();
  });

  test('removes nothing that is not what was looked at', async () => {
    const { metadata } = await on.api.create(MAPS, mapOf('b'));
    await expect(on.api.remove(ref('b'), { uid: 'another' })).rejects.toEqual(
      error('CONFLICT', /the UID in the precondition/),
    );
    const old = { uid: metadata.uid!, resourceVersion: metadata.resourceVersion! };
    await on.api.patch(ref('b'), { data: { x: '1' } });
    await expect(on.api.remove(ref('b'), old)).rejects.toEqual(
      error('CONFLICT', /ResourceVersion in the precondition|resourceVersion/i),
    );
    expect(await on.api.get(ref('b'))).not.toBeNull();
  });

  test('applies twice without a change, takes back what it leaves out, leaves alone what is not ours', async () => {
    const first = await on.api.apply(MAPS, mapOf('c', { ours: '1', alsoOurs: '2' }));
    await on.server.kubectl(['patch', 'cm', 'c', '--type=merge', '-p', '{"data":{"theirs":"3"}}']);
    const again = await on.api.apply(MAPS, mapOf('c', { ours: '1', alsoOurs: '2' }));
    const less = await on.api.apply(MAPS, mapOf('c', { ours: '4' }));
    expect(less.data).toEqual({ ours: '4', theirs: '3' });
    expect(again.metadata.uid).toBe(first.metadata.uid);
    const same = await on.api.apply(MAPS, mapOf('c', { ours: '4' }));
    expect(same.metadata.resourceVersion).toBe(less.metadata.resourceVersion);
  });

  test('applies the status of a ring without its spec', async () => {
    await on.api.apply(RINGS, ringOf('d'));
    const status = { observedGeneration: 1, phase: 'Stable', replicas: 3 };
    await on.api.applyStatus(RINGS, { ...ringOf('d'), spec: undefined, status } as KubeObject);
    const ring = await on.api.get({ kind: RINGS, namespace: 'default', name: 'd' });
    expect(ring).toMatchObject({ spec: { replicas: 3 }, status });
  });

  test('tells in the words of the server why an object is not valid', async () => {
    await expect(on.api.apply(RINGS, ringOf('e', { replicas: 2 }))).rejects.toEqual(
      error('INVALID', /replicas is below replicationFactor; raise replicas/),
    );
    await expect(
      on.api.apply(MAPS, { ...mapOf('e'), metadata: { name: 'E!', namespace: 'default' } }),
    ).rejects.toEqual(error('INVALID', /RFC 1123/));
  });

  test('tells which field an older definition does not know', async () => {
    const newer = { ...ringOf('e'), spec: undefined, status: { mood: 'good' } } as KubeObject;
    await on.api.apply(RINGS, ringOf('e'));
    await expect(on.api.applyStatus(RINGS, newer)).rejects.toEqual(
      error('INVALID', /status.mood: field not declared in schema/),
    );
  });

  test('tells who may not do what', async () => {
    const poor = PooledKubeConfig.load(await on.server.user('poor'));
    await expect(kubeApi(poor).get(ref('c'))).rejects.toEqual(
      error('FORBIDDEN', /User "poor" cannot get resource "configmaps"/),
    );
    await poor.close();
  });

  test('tells that a namespace or a kind is not there', async () => {
    const lost = { ...mapOf('f'), metadata: { name: 'f', namespace: 'nowhere' } };
    await expect(on.api.apply(MAPS, lost)).rejects.toEqual(
      error('NOT_FOUND', /namespaces "nowhere" not found/),
    );
    const unknown = { ...RINGS, plural: 'rings' };
    await expect(on.api.get({ kind: unknown, namespace: 'default', name: 'f' })).rejects.toEqual(
      error('NOT_FOUND', /could not find the requested resource|404/),
    );
    await expect(on.api.list(unknown, null)).rejects.toEqual(error('NOT_FOUND', /list rings/));
  });

  test('lists more objects than fit one page, by label', async () => {
    const made = Array.from({ length: 1_050 }, (_, i) => ({
      ...mapOf(`page-${String(i)}`),
      metadata: { name: `page-${String(i)}`, namespace: 'default', labels: { many: 'yes' } },
    }));
    for (let i = 0; i < made.length; i += 50)
      await Promise.all(made.slice(i, i + 50).map((each) => on.api.create(MAPS, each)));
    const found = await on.api.list(MAPS, 'default', { many: 'yes' });
    expect(new Set(found.map(({ metadata }) => metadata.name)).size).toBe(1_050);
    expect(found[7]).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap' });
  }, 60_000);

  describe('over a line that can be cut', () => {
    let line: Line;
    beforeAll(async () => {
      line = await lineTo(new URL(on.server.origin).port);
    });
    afterAll(() => line.stop());

    test('makes 180 calls on one connection', async () => {
      const through = configThrough(line, on.server);
      const calls = kubeApi(through);
      for (let i = 0; i < 100; i++) await calls.get(ref('c'));
      await Promise.all(Array.from({ length: 80 }, () => calls.get(ref('c'))));
      expect(line.accepted()).toBe(1);
      await through.close();
    });

    test('leaves a connection that has gone silent, and answers again', async () => {
      const through = configThrough(line, on.server);
      const codes: string[] = [];
      const observer = { called: ({ code }: { code: string }) => void codes.push(code) };
      const calls = kubeApi(through, { callMs: 1_000, observer });
      await calls.get(ref('c'));
      line.goSilent();
      expect(await calls.get(ref('c'))).not.toBeNull();
      expect(codes.at(-1)).toBe('200');
      expect(codes).toContain('silent');
      await through.close();
    });
  });
});
