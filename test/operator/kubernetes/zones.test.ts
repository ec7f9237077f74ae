import { describe, expect, test } from '@jest/globals';
import { nodeId, zone } from '../../../core/api/ids.ts';
import type { NodeId, Zone } from '../../../core/api/ids.ts';
import type { Place } from '../../../operator/kubernetes/places.ts';
import type { Host, Pod } from '../../../operator/kubernetes/shapes.ts';
import { emptiestZone, preferredZone, preferring } from '../../../operator/kubernetes/zones.ts';

const KEY = 'topology.kubernetes.io/zone';

const hosts = new Map(
  ['a', 'b', 'c'].map((label): [string, Host] => {
    const name = `host-${label}`;
    return [name, { apiVersion: 'v1', kind: 'Node', metadata: { name, labels: { [KEY]: label } } }];
  }),
);

const podOf = (name: string, spec: Pod['spec']): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name },
  spec,
});

/** dev-0, dev-1, … on these hosts; null: on none yet. */
function emptiest(
  on: readonly (string | null)[],
  around: { leaving?: readonly NodeId[]; steered?: ReadonlyMap<NodeId, Zone> } = {},
): Zone | null {
  const places = on.map((nodeName, ordinal): Place => {
    const id = nodeId(`dev-${ordinal}`);
    const pod = podOf(id, nodeName === null ? {} : { nodeName });
    return { id, ordinal, pod, claim: null, process: 'running', volume: 'v' };
  });
  const members = { replicas: on.length, held: [], asleep: false };
  const { leaving = [], steered = new Map() } = around;
  return emptiestZone({ members, places, hosts, zoneKey: KEY, leaving, steered });
}

describe('the zone of the next member', () => {
  test('is the one with the fewest', () => {
    expect(emptiest(['host-a', 'host-b', 'host-b', null])).toBe('c');
  });

  test('is told to the first members of a ring as well, though none is as good as another', () => {
    expect(emptiest([null, null, null])).toBe('a');
  });

  test('is not the one to which another was sent a moment ago', () => {
    const steered = new Map([[nodeId('dev-0'), zone('a')]]);
    expect(emptiest([null, null, null], { steered })).toBe('b');
  });

  test('is that of a member which is about to leave', () => {
    expect(emptiest(['host-a', 'host-b', 'host-c', null], { leaving: [nodeId('dev-1')] })).toBe(
      'b',
    );
  });

  test('is read from the pod that was told', () => {
    const told = podOf('dev-0', { affinity: preferring(KEY, zone('b')) });
    expect([preferredZone(told, KEY), preferredZone(podOf('dev-0', {}), KEY)]).toEqual(['b', null]);
  });
});
