// The controllers that tests play on a bare API server, beside an operator that takes away what they are
// looking at.
import { expect, test } from '@jest/globals';
import { RingError, type ErrorCode } from '../../core/errors.ts';
import type { KubeApi, KubeObject } from '../../operator/kubernetes/api.ts';
import { PODS, STATEFUL_SETS } from '../../operator/kubernetes/kinds.ts';
import type { Pod } from '../../operator/kubernetes/shapes.ts';
import { until } from '../live/until.ts';
import { describeWithApi } from './on-api-server.ts';
import { makeNamespace } from './ring-objects.ts';
import { SmallCluster } from './small-cluster.ts';

/** ms until what is asked for has come. */
const DONE_MS = 30_000;

type Verb = 'create' | 'applyStatus';

/** Before the first calls of this verb on an object of this kind, something else happens. */
function overtaken(
  api: KubeApi,
  {
    verb,
    kind,
    times = 1,
  }: { readonly verb: Verb; readonly kind: string; readonly times?: number },
  before: () => Promise<unknown>,
): KubeApi {
  let left = times;
  const late = async (...[plural, object]: Parameters<KubeApi[Verb]>): Promise<KubeObject> => {
    if (object.kind === kind && left-- > 0) await before();
    return await api[verb](plural, object);
  };
  return { ...api, [verb]: late };
}

describeWithApi('the controllers that tests play', (on) => {
  let block = 0;

  async function makeSet(): Promise<string> {
    const namespace = await makeNamespace(on.api);
    const labels = { app: 'set' };
    const containers = [{ name: 'node', image: 'node' }];
    await on.api.create(STATEFUL_SETS, {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: { name: 'set', namespace },
      spec: {
        replicas: 1,
        serviceName: 'set',
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers } },
      },
    } as KubeObject);
    return namespace;
  }

  const podIn = (namespace: string) => on.api.get<Pod>({ kind: PODS, namespace, name: 'set-0' });

  async function forcedAway(namespace: string): Promise<void> {
    const pod = await podIn(namespace);
    await on.api.remove({ kind: PODS, namespace, name: 'set-0' }, { uid: pod!.metadata.uid! }, 0);
  }

  /** How many processes run once the pod is said to. */
  async function played(namespace: string, api: KubeApi): Promise<number> {
    let running = 0;
    const cluster = new SmallCluster({
      api,
      namespace,
      block: `97.${(block += 1)}`,
      launch: () => {
        running += 1;
        return Promise.resolve({ stop: () => Promise.resolve(void (running -= 1)) });
      },
    });
    cluster.start();
    try {
      await until('its pod runs', DONE_MS, async () => {
        return (await podIn(namespace))?.status?.phase === 'Running';
      });
      return running;
    } finally {
      await cluster.stop();
    }
  }

  test.each<[string, Verb, string]>([
    ['is given a host', 'create', 'Binding'],
    ['is said to run', 'applyStatus', 'Pod'],
  ])('make a pod anew that goes just before it %s', async (_, verb, kind) => {
    const namespace = await makeSet();
    const api = overtaken(on.api, { verb, kind }, () => forcedAway(namespace));
    expect(await played(namespace, api)).toBe(1);
  });

  test.each<[string, Verb, string]>([
    ['a pod is made', 'create', 'Pod'],
    ['it is given a host', 'create', 'Binding'],
    ['it is said to run', 'applyStatus', 'Pod'],
  ])('try again where the API server does not answer when %s', async (_, verb, kind) => {
    const namespace = await makeSet();
    const api = overtaken(on.api, { verb, kind }, () =>
      Promise.reject(new RingError('PEER_UNREACHABLE', 'no answer')),
    );
    expect(await played(namespace, api)).toBe(1);
  });

  test.each<[string, ErrorCode, number]>([
    ['fails again and again', 'PEER_UNREACHABLE', Infinity],
    ['is refused once', 'FORBIDDEN', 1],
  ])('tell of what %s', async (_, code, times) => {
    const namespace = await makeSet();
    const refused = () => Promise.reject(new RingError(code, 'not for you'));
    const api = overtaken(on.api, { verb: 'create', kind: 'Pod', times }, refused);
    let rounds = 0;
    const cluster = new SmallCluster({
      api,
      namespace,
      block: '97.0',
      launch: () => Promise.resolve({ stop: () => Promise.resolve() }),
      turned: () => (rounds += 1),
    });
    cluster.start();
    await until('it has been tried', DONE_MS, () => rounds > 100);
    await expect(cluster.stop()).rejects.toThrow('not for you');
  });
});
