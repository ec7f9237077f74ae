// The reflector on a real API server, through a line that fails.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { KubeApi, KubeKind, KubeObject } from '../../operator/kubernetes/api.ts';
import { kubeApi } from '../../operator/kubernetes/kube-api.ts';
import { kubeWatcher } from '../../operator/kubernetes/kube-watcher.ts';
import { PooledKubeConfig } from '../../operator/kubernetes/pooled-config.ts';
import { Reflector } from '../../operator/kubernetes/reflector.ts';
import { describeOnApiServer, startApiServer, type ApiServer } from './api-server.ts';
import { configThrough, lineTo, type Line } from './line.ts';

const MAPS: KubeKind = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  plural: 'configmaps',
  namespaced: true,
};
const SECRETS: KubeKind = { apiVersion: 'v1', kind: 'Secret', plural: 'secrets', namespaced: true };
const NEVER = new AbortController().signal;
const mapOf = (name: string, labels: Record<string, string> = { ours: 'yes' }): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default', labels },
});

describeOnApiServer('a reflector on a real API server', () => {
  let server: ApiServer;
  let api: KubeApi;
  let direct: PooledKubeConfig;
  let line: Line;
  beforeAll(async () => {
    // Without a cache of ConfigMaps their watches go to the store, which can be made to forget.
    server = await startApiServer([], { 'watch-cache-sizes': 'configmaps#0' });
    direct = PooledKubeConfig.load(server.kubeconfig);
    api = kubeApi(direct);
    line = await lineTo(new URL(server.origin).port);
  }, 120_000);
  afterAll(() => {
    line.stop();
  });
  afterAll(() => direct.close());
  afterAll(() => server.stop());

  test('follows objects by label through cuts, and sees what was re-created meanwhile', async () => {
    const config = configThrough(line, server);
    const news: string[] = [];
    let wake: () => void = () => undefined;
    const heard = async (wanted: string): Promise<void> => {
      while (!news.includes(wanted)) await new Promise<void>((resolve) => (wake = resolve));
    };
    const reflector = new Reflector<KubeObject>(
      kubeWatcher(config),
      { kind: MAPS, namespace: null, selector: { ours: 'yes' } },
      {
        changed: ({ kind, object: { metadata } }) => {
          news.push(`${kind} ${metadata.name} ${metadata.uid!}`);
          wake();
        },
        failed: () => undefined,
      },
      { fraction: () => 0.01 },
    );
    const a = await api.create(MAPS, mapOf('a'));
    await api.create(MAPS, mapOf('theirs', {}));
    reflector.start();
    await reflector.synced();
    expect(news).toEqual([`set a ${a.metadata.uid!}`]);
    const b = await api.create(MAPS, mapOf('b'));
    await heard(`set b ${b.metadata.uid!}`);
    // Out of the selector is as good as gone.
    await api.patch(
      { kind: MAPS, namespace: 'default', name: 'b' },
      { metadata: { labels: { ours: null } } },
    );
    await heard(`gone b ${b.metadata.uid!}`);
    line.cut();
    await api.remove({ kind: MAPS, namespace: 'default', name: 'a' }, { uid: a.metadata.uid! });
    const again = await api.create(MAPS, mapOf('a'));
    await heard(`set a ${again.metadata.uid!}`);
    expect(news).toContain(`gone a ${a.metadata.uid!}`);
    expect(reflector.get('default', 'a')?.metadata.uid).toBe(again.metadata.uid);
    expect(reflector.staleMs()).toBeLessThan(30_000);
    await reflector.stop();
    await config.close();
  });

  test('is told where a watch begins before what the store remembers', async () => {
    const watcher = kubeWatcher(direct);
    const { metadata } = await api.create(MAPS, mapOf('new'));
    await server.compact(metadata.resourceVersion!);
    const events: string[] = [];
    const from = { resourceVersion: '1', seconds: 20 };
    for await (const { kind } of watcher.watch({ kind: MAPS, namespace: null }, from, NEVER))
      events.push(kind);
    expect(events).toEqual(['expired']);
  });

  test('ends a watch with its signal', async () => {
    const watcher = kubeWatcher(direct);
    const scope = { kind: MAPS, namespace: null };
    const stop = new AbortController();
    const { resourceVersion } = await watcher.snapshot(scope, NEVER);
    const quiet = (async () => {
      const from = { resourceVersion, seconds: 60 };
      for await (const event of watcher.watch(scope, from, stop.signal))
        throw new Error(event.kind);
    })();
    stop.abort();
    await quiet;
  });

  test('gets a bookmark when things happen elsewhere, from which the next watch goes on', async () => {
    const watcher = kubeWatcher(direct);
    const scope = { kind: SECRETS, namespace: 'default' };
    const { resourceVersion } = await watcher.snapshot(scope, NEVER);
    const secret = (namespace: string, name = 'c'): KubeObject => ({
      ...mapOf(name),
      kind: 'Secret',
      metadata: { name, namespace },
    });
    await api.create(SECRETS, secret('default'));
    const kinds: string[] = [];
    let reached = '';
    // The server sends it two seconds before it ends a watch, if it comes to that: nothing is promised.
    for (let turn = 0; reached === ''; turn++) {
      for await (const event of watcher.watch(scope, { resourceVersion, seconds: 8 }, NEVER)) {
        kinds.push(event.kind);
        if (event.kind === 'set') await api.create(SECRETS, secret('kube-system', `c${turn}`));
        if (event.kind === 'bookmark') reached = event.resourceVersion;
      }
    }
    expect(kinds[0]).toBe('set');
    expect(new Set(kinds)).toEqual(new Set(['set', 'bookmark']));
    await api.create(SECRETS, secret('default', 'e'));
    const since: string[] = [];
    for await (const event of watcher.watch(scope, { resourceVersion: reached, seconds: 8 }, NEVER))
      if (event.kind === 'set') since.push(event.object.metadata.name);
    expect(since).toEqual(['e']);
  });

  test('fails a watch soon after a call that shares its dead connection', async () => {
    const config = configThrough(line, server);
    const watcher = kubeWatcher(config);
    const scope = { kind: SECRETS, namespace: null };
    const { resourceVersion } = await watcher.snapshot(scope, NEVER);
    let begun: () => void = () => undefined;
    const open = new Promise<void>((resolve) => (begun = resolve));
    const watched = (async () => {
      const from = { resourceVersion, seconds: 300 };
      for await (const { kind } of watcher.watch(scope, from, NEVER)) if (kind === 'set') begun();
    })();
    await api.create(SECRETS, {
      ...mapOf('d'),
      kind: 'Secret',
    });
    await open;
    line.goSilent();
    await kubeApi(config, { callMs: 1_000 }).get({ kind: MAPS, namespace: 'default', name: 'a' });
    await expect(watched).rejects.toMatchObject({ code: 'PEER_UNREACHABLE' });
    await config.close();
  });
});
