// What the API server itself refuses, whoever asks: the chart's policies on a real API server, against
// the very objects that the operator makes.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { RingDocument } from '../../core/api/ring-document.ts';
import { MEMBERS_MAX } from '../../core/limits.ts';
import { documentMap } from '../../operator/kubernetes/document-map.ts';
import { secret } from '../../operator/kubernetes/manifests/access.ts';
import { ownerOf } from '../../operator/kubernetes/manifests/ring.ts';
import { CLUSTER_UID_LABEL, labelsOf } from '../../operator/kubernetes/names.ts';
import { clusterStatus } from '../../operator/kubernetes/status.ts';
import { ringOf } from '../operator/kubernetes/rings.ts';
import { statusInput } from '../operator/kubernetes/statuses.ts';
import { describeOnApiServer, startApiServer } from './api-server.ts';
import type { ApiServer, Ran } from './api-server.ts';
import { objectsIn, rendered } from './chart.ts';
import { allowed, asking, eventually, OPERATOR, refused } from './policed-api.ts';
import { claim, cluster, documentWithout, five, members, ring } from './policed-ring.ts';

const COLLECTOR = 'system:serviceaccount:kube-system:generic-garbage-collector';
const SOMEBODY = 'somebody';

const membersIn = (document: RingDocument): readonly object[] =>
  clusterStatus(statusInput(document)).members ?? [];

const owned = { ownerReferences: [{ ...ownerOf(ring), controller: false }] };
const RECEIPT = 'dht.ringkeeper.dev/receipt';
const VOLUME = 'dht.ringkeeper.dev/volume';
const receipt = JSON.stringify({ incarnation: 'abc', epoch: 7, keep: false });

describeOnApiServer('the policies of the chart', () => {
  const policies = objectsIn(rendered()).filter(({ kind }) => kind.startsWith('Validating'));
  let server: ApiServer;

  const { as, tried, apply, publish, merge } = asking(() => server);
  beforeAll(async () => {
    server = await startApiServer(['crds/dhtcluster.yaml']);
    await server.kubectl(['create', 'namespace', ring.namespace]);
    await apply(...policies);
    await apply(cluster, members(5), documentMap(ring, five), secret(ring));
    await publish('dev', membersIn(five));
    await apply(...[0, 1, 2, 3, 4].map((ordinal) => claim(ordinal)));
    const no = ({ code }: Ran): boolean => code !== 0;
    await eventually(() => tried(SOMEBODY, ['scale', 'sts', 'dev', '--replicas=4']), no);
    await eventually(() => tried(SOMEBODY, ['delete', 'sts', 'dev']), no);
    await eventually(() => tried(SOMEBODY, ['delete', 'pvc', 'data-dev-0']), no);
    await eventually(() => tried(SOMEBODY, ['delete', 'configmap', 'dev-ring']), no);
    await eventually(() => lowered(4), no);
  }, 180_000);
  afterAll(() => server.stop());

  /** The operator lowers the StatefulSet. */
  const lowered = (replicas: number, more: object = {}): Promise<Ran> => {
    const wanted = members(replicas, more);
    const flags = ['apply', '--server-side', '--force-conflicts', '-f', '-'];
    return tried(OPERATOR, flags, JSON.stringify(wanted));
  };

  /** The ring document says that these have left; resolves when the policies know. */
  const store = async (...gone: readonly number[]): Promise<void> => {
    const document = documentWithout(...gone);
    const { stdout } = await server.kubectl([
      'get',
      'configmap',
      'dev-ring',
      '-n',
      ring.namespace,
      '-o',
      'jsonpath={.data.epoch}',
    ]);
    const epochNow = Math.max(Number(stdout), document.epoch) as typeof document.epoch;
    await apply(documentMap(ring, { ...document, epoch: epochNow }));
    await publish('dev', membersIn(document));
    const first = Math.min(5, ...gone);
    await eventually(
      () => lowered(first),
      ({ code }) => code === 0,
    );
    await eventually(
      () => lowered(first - 1),
      ({ code }) => code !== 0,
    );
  };

  describe('scaling', () => {
    test('the StatefulSet is refused to everybody, the operator too, with the right command', async () => {
      for (const user of [SOMEBODY, OPERATOR]) {
        expect(await tried(user, ['scale', 'sts', 'dev', '--replicas=2'])).toEqual(
          refused(/kubectl scale dht dev -n rings --replicas=2; point an autoscaler at/),
        );
      }
      expect(await tried(SOMEBODY, ['scale', 'sts', 'dev', '--replicas=0'])).toEqual(
        refused(/--replicas=0/),
      );
    });

    test('to the present number changes nothing and is let through', async () => {
      expect(await tried(SOMEBODY, ['scale', 'sts', 'dev', '--replicas=5'])).toEqual(allowed);
    });

    test('a StatefulSet of somebody else is nobody’s business', async () => {
      const other = members(3);
      const foreign = {
        ...other,
        metadata: { name: 'web', namespace: ring.namespace, labels: { app: 'web' } },
        spec: {
          ...(other as unknown as { spec: object }).spec,
          selector: { matchLabels: { app: 'web' } },
          template: {
            metadata: { labels: { app: 'web' } },
            spec: { containers: [{ name: 'web', image: 'web' }] },
          },
        },
      };
      await apply(foreign);
      expect(await tried(SOMEBODY, ['scale', 'sts', 'web', '--replicas=1'])).toEqual(allowed);
      expect(await tried(SOMEBODY, ['delete', 'sts', 'web'])).toEqual(allowed);
    });

    test('by an edit of the StatefulSet is refused, up and down', async () => {
      for (const replicas of [1, 7]) {
        expect(await merge(SOMEBODY, ['sts', 'dev'], { spec: { replicas } })).toEqual(
          refused(new RegExp(`kubectl scale dht dev -n rings --replicas=${replicas}`)),
        );
      }
    });

    test('a ring below its replication factor is refused through /scale', async () => {
      expect(await tried(SOMEBODY, ['scale', 'dht', 'dev', '--replicas=2'])).toEqual(
        refused(/replicas .*replicationFactor/),
      );
      expect(await tried(SOMEBODY, ['scale', 'dht', 'dev', '--replicas=4'])).toEqual(allowed);
    });
  });

  describe('the StatefulSet of a ring', () => {
    test('keeps its labels, pods and notes, so that no policy is walked around', async () => {
      const right = /kubectl edit dht dev -n rings/;
      const label = (key: string, value: string | null) => ({
        metadata: { labels: { [key]: value } },
      });
      const patches = [
        label('app.kubernetes.io/name', 'mine'),
        label('app.kubernetes.io/component', null),
        { metadata: { annotations: { 'dht.ringkeeper.dev/members': '{"replicas":1}' } } },
        { spec: { template: { metadata: { annotations: { restarted: 'now' } } } } },
      ];
      for (const patch of patches) {
        expect(await merge(SOMEBODY, ['sts', 'dev'], patch)).toEqual(refused(right));
      }
      const note = { metadata: { annotations: { 'example.com/cost-centre': '7' } } };
      expect(await merge(SOMEBODY, ['sts', 'dev'], note)).toEqual(allowed);
    });

    test('never deletes volumes itself, not even for the operator', async () => {
      const patch = { spec: { persistentVolumeClaimRetentionPolicy: { whenScaled: 'Delete' } } };
      for (const user of [SOMEBODY, OPERATOR]) {
        expect(await merge(user, ['sts', 'dev'], patch)).toEqual(
          refused(/spec\.storage\.retention/),
        );
      }
    });

    test('is deleted by its operator and behind its DhtCluster only', async () => {
      expect(await tried(SOMEBODY, ['delete', 'sts', 'dev'])).toEqual(
        refused(/kubectl delete pod dev-0 -n rings.*kubectl delete dht dev -n rings/),
      );
      expect(await tried(SOMEBODY, ['delete', 'sts', 'dev', '--cascade=orphan'])).toEqual(
        refused(/kubectl delete dht dev/),
      );
      expect(await tried(OPERATOR, ['delete', 'sts', 'dev'])).toEqual(allowed);
      expect(await tried(COLLECTOR, ['delete', 'sts', 'dev'])).toEqual(allowed);
    });
  });

  describe('the operator', () => {
    test('lowers no member away that the ring document names', async () => {
      await store();
      expect(await lowered(4)).toEqual(
        refused(/dev-4 is a member of ring dev without a receipt .*--replicas=4/),
      );
      expect(await lowered(2)).toEqual(refused(/dev-2, dev-3, dev-4 are members/));
      expect(await lowered(6)).toEqual(allowed);
    });

    test('lowers away whose receipt stands in the document', async () => {
      await store(3, 4);
      expect(await lowered(3)).toEqual(allowed);
      expect(await lowered(4)).toEqual(allowed);
      expect(await lowered(2)).toEqual(refused(/dev-2 is a member/));
    });

    test('is judged in the largest ring as well, beside other rings of the namespace', async () => {
      const huge = (replicas: number): object => members(replicas, {}, ringOf({}, 'huge'));
      const named = async (name: string, count: number): Promise<void> => {
        await apply({ ...cluster, metadata: { ...cluster.metadata, name } });
        const serving = Array.from({ length: count }, (_, ordinal) => ({
          name: `${name}-${ordinal}`,
          incarnation: String(ordinal),
          state: 'serving',
        }));
        await publish(name, serving);
      };
      await apply(huge(MEMBERS_MAX));
      await named('huge', MEMBERS_MAX - 2);
      await named('huge-1', 1);
      const flags = ['apply', '--server-side', '--force-conflicts', '-f', '-'];
      const lower = (by: number) => tried(OPERATOR, flags, JSON.stringify(huge(MEMBERS_MAX - by)));
      await eventually(
        () => lower(3),
        ({ code }) => code !== 0,
      );
      expect(await lower(3)).toEqual(refused(/huge-1021 is a member of ring huge without/));
      expect(await lower(2)).toEqual(allowed);
      expect(await lower(MEMBERS_MAX - 1)).toEqual(refused(/huge-1 and 1020 others are members/));
    });

    test('stops every pod for hibernation, which keeps every volume', async () => {
      const { stdout } = await lowered(5, { asleep: true });
      expect(stdout).toMatch(/statefulset\.apps\/dev/);
      expect(await merge(OPERATOR, ['sts', 'dev'], { spec: { replicas: 0 } })).toEqual(
        refused(/dev-0, dev-1, dev-2 are members/),
      );
    });

    test('deletes no claim of a member that the document names, receipt or not', async () => {
      await store(4);
      await apply(claim(0, { [RECEIPT]: receipt }), claim(4, { [RECEIPT]: receipt }));
      expect(await tried(OPERATOR, ['delete', 'pvc', 'data-dev-0'])).toEqual(
        refused(/dev-0 is a member of ring dev and keeps its keys here/),
      );
      expect(await tried(OPERATOR, ['delete', 'pvc', 'data-dev-4'])).toEqual(allowed);
    });

    test('stores no older document', async () => {
      await store(3, 4);
      const { epoch } = documentWithout(3, 4);
      const older = { data: { epoch: '1' } };
      expect(await merge(OPERATOR, ['configmap', 'dev-ring'], older)).toEqual(
        refused(new RegExp(`epochs of a ring document only grow.*${epoch} already; epoch 1`)),
      );
    });
  });

  describe('a claim', () => {
    test('without a receipt is deleted by nobody, one by one or all at once', async () => {
      await store();
      for (const user of [SOMEBODY, OPERATOR, COLLECTOR]) {
        expect(await tried(user, ['delete', 'pvc', 'data-dev-1'])).toEqual(
          refused(/keys .*dev-1.*spec\.decommission|dev-1 is a member/),
        );
      }
      const { code, stderr } = await tried(SOMEBODY, ['delete', 'pvc', '--all']);
      expect([code, stderr.match(/^Error from server \(Forbidden\)/gm)?.length]).toEqual([1, 5]);
      const path = `/api/v1/namespaces/${ring.namespace}/persistentvolumeclaims?dryRun=All`;
      expect(await as(SOMEBODY, ['delete', '--raw', path])).toEqual(refused(/[Ff]orbidden/));
    });

    test('with a receipt is anybody’s to delete', async () => {
      await store(4);
      await apply(claim(4, { [RECEIPT]: receipt, [VOLUME]: 'uid' }));
      expect(await tried(SOMEBODY, ['delete', 'pvc', 'data-dev-4'])).toEqual(allowed);
    });

    test('that a new member uses again is protected again, whatever the old receipt says', async () => {
      await store(4);
      await apply(claim(4, { [RECEIPT]: receipt, [VOLUME]: 'uid@abc@7' }));
      expect(await tried(SOMEBODY, ['delete', 'pvc', 'data-dev-4'])).toEqual(
        refused(/no receipt says/),
      );
      const never = JSON.stringify({ incarnation: null, epoch: 0, keep: false });
      await apply(claim(4, { [RECEIPT]: never, [VOLUME]: 'uid@@0' }));
      expect(await tried(SOMEBODY, ['delete', 'pvc', 'data-dev-4'])).toEqual(
        refused(/no receipt says/),
      );
      // It has left as well, later.
      const later = JSON.stringify({ incarnation: 'def', epoch: 71, keep: false });
      await apply(claim(4, { [RECEIPT]: later, [VOLUME]: 'uid@abc@7' }));
      expect(await tried(SOMEBODY, ['delete', 'pvc', 'data-dev-4'])).toEqual(allowed);
    });

    test('keeps its label, while the operator may move it to a ring that is made anew', async () => {
      const label = (value: string | null) => ({
        metadata: { labels: { [CLUSTER_UID_LABEL]: value } },
      });
      const pvc = ['pvc', 'data-dev-1'];
      for (const user of [SOMEBODY, OPERATOR]) {
        expect(await merge(user, pvc, label(null))).toEqual(
          refused(/stays while the claim is in use/),
        );
      }
      expect(await merge(SOMEBODY, pvc, label('other'))).toEqual(refused(/stays while/));
      expect(await merge(OPERATOR, pvc, label('other'))).toEqual(allowed);
    });

    test('gets receipts and owners from the operator only', async () => {
      const pvc = ['pvc', 'data-dev-1'];
      const owner = { ...ownerOf(ring), controller: false, uid: 'gone' };
      for (const metadata of [
        { annotations: { [RECEIPT]: receipt } },
        { annotations: { [VOLUME]: 'other' } },
        { ownerReferences: [owner] },
        { labels: { 'app.kubernetes.io/instance': 'other' } },
      ]) {
        expect(await merge(SOMEBODY, pvc, { metadata })).toEqual(
          refused(/written by the operator alone/),
        );
        expect(await merge(OPERATOR, pvc, { metadata })).toEqual(allowed);
      }
      const growth = { spec: { resources: { requests: { storage: '1Gi' } } } };
      expect(await merge(SOMEBODY, pvc, growth)).toEqual(allowed);
    });

    test('goes behind its DhtCluster where it belongs to it', async () => {
      await apply(claim(1, {}, owned));
      expect(await tried(SOMEBODY, ['delete', 'pvc', 'data-dev-1'])).toEqual(refused(/dev-1/));
      expect(await tried(COLLECTOR, ['delete', 'pvc', 'data-dev-1'])).toEqual(allowed);
    });

    test('is protected as long as its ring is there, and again once it is made anew', async () => {
      const left = claim(7);
      left.metadata.labels = { ...labelsOf('late'), [CLUSTER_UID_LABEL]: 'gone' };
      await apply(left);
      expect(await tried(SOMEBODY, ['delete', 'pvc', 'data-dev-7'])).toEqual(allowed);
      await apply({ ...cluster, metadata: { ...cluster.metadata, name: 'late' } });
      await eventually(
        () => tried(SOMEBODY, ['delete', 'pvc', 'data-dev-7']),
        ({ code }) => code !== 0,
      );
      await as(SOMEBODY, ['delete', 'dht', 'late']);
      await eventually(
        () => tried(SOMEBODY, ['delete', 'pvc', 'data-dev-7']),
        ({ code }) => code === 0,
      );
      await as(SOMEBODY, ['delete', 'pvc', 'data-dev-7', '--wait=false']);
    });

    test('of somebody else is nobody’s business', async () => {
      const { metadata, ...rest } = claim(9);
      await apply({ ...rest, metadata: { name: 'mine', namespace: metadata.namespace } });
      expect(await tried(SOMEBODY, ['delete', 'pvc', 'mine'])).toEqual(allowed);
    });
  });

  test('the ring document and the secrets are written by the operator only', async () => {
    for (const what of [
      ['configmap', 'dev-ring'],
      ['secret', 'dev-secrets'],
    ]) {
      expect(await merge(SOMEBODY, what, { data: { more: 'aGVsbG8=' } })).toEqual(
        refused(/written by the operator alone.*kubectl edit dht dev -n rings/),
      );
      const bare = { metadata: { labels: { 'app.kubernetes.io/name': null } } };
      expect(await merge(SOMEBODY, what, bare)).toEqual(refused(/operator alone/));
      expect(await merge(OPERATOR, what, { data: { more: 'aGVsbG8=' } })).toEqual(allowed);
      for (const user of [SOMEBODY, OPERATOR]) {
        expect(await tried(user, ['delete', ...what])).toEqual(
          refused(/To end the whole ring: kubectl delete dht dev -n rings/),
        );
      }
      expect(await tried(COLLECTOR, ['delete', ...what])).toEqual(allowed);
    }
  });

  // An API server that has once forgotten a kind of parameters may never look at it again (kubernetes#130887).
  test('go by what is stored now after helm uninstall and install', async () => {
    await store();
    const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: policies });
    await as(SOMEBODY, ['delete', '-f', '-'], list);
    await eventually(
      () => lowered(1),
      ({ code }) => code === 0,
    );
    await apply(...policies);
    await eventually(
      () => tried(SOMEBODY, ['delete', 'pvc', 'data-dev-1']),
      ({ code }) => code !== 0,
    );
    await store(3, 4);
    expect(await lowered(3)).toEqual(allowed);
    expect(await lowered(2)).toEqual(refused(/dev-2 is a member/));
    await apply(claim(4, { [RECEIPT]: receipt }));
    expect(await tried(OPERATOR, ['delete', 'pvc', 'data-dev-4'])).toEqual(allowed);
  });

  test('nothing holds up a namespace that is deleted', async () => {
    await server.kubectl(['delete', 'namespace', ring.namespace, '--wait=false']);
    for (const what of [
      ['sts', 'dev'],
      ['pvc', 'data-dev-0'],
      ['configmap', 'dev-ring'],
      ['secret', 'dev-secrets'],
    ]) {
      await eventually(
        () => tried(SOMEBODY, ['delete', ...what]),
        ({ code }) => code === 0,
      );
    }
  });
});
