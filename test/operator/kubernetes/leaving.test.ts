import { describe, expect, test } from '@jest/globals';
import { nodeId } from '../../../core/api/ids.ts';
import { KUBE_CORDON_MS } from '../../../core/limits.ts';
import { Leaving } from '../../../operator/kubernetes/leaving.ts';
import type { Scene } from '../../../operator/kubernetes/leaving.ts';
import type { Place } from '../../../operator/kubernetes/places.ts';
import type { Host } from '../../../operator/kubernetes/shapes.ts';

const CORDONED_AT = Date.UTC(2026, 0);

function host(name: string, spec: Host['spec'] = {}): readonly [string, Host] {
  const status = { conditions: [{ type: 'Ready', status: 'True' }] };
  return [name, { apiVersion: 'v1', kind: 'Node', metadata: { name }, spec, status }];
}

/** As Kubernetes notes it. */
const cordoned = (name: string) =>
  host(name, {
    unschedulable: true,
    taints: [
      {
        key: 'node.kubernetes.io/unschedulable',
        timeAdded: new Date(CORDONED_AT).toISOString(),
      },
    ],
  });

/** Members dev-0, dev-1, … on these hosts. */
function members(...hosts: readonly string[]): Pick<Scene, 'places' | 'document'> {
  const places = hosts.map((nodeName, ordinal): Place => {
    const name = `dev-${ordinal}`;
    return {
      id: nodeId(name),
      ordinal,
      pod: { apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec: { nodeName } },
      claim: null,
      process: 'running',
      volume: 'v',
    };
  });
  const document = { members: places.map(({ id }) => ({ id, state: 'serving' })) };
  return { places, document: document as unknown as Scene['document'] };
}

const leaversOf = (leaving: Leaving, scene: Omit<Scene, 'nowMs'>, afterMs: number) =>
  leaving
    .leavers({ ...scene, nowMs: CORDONED_AT + afterMs })
    .flatMap(({ id, leaves }) => (leaves ? [id] : []));

describe('members of a cordoned host', () => {
  const scene = {
    ...members('host-a', 'host-b'),
    hosts: new Map([cordoned('host-a'), host('host-b'), host('host-c')]),
  };

  test('stay for as long as a reboot takes, and leave after that', () => {
    const leaving = new Leaving();
    expect(leaversOf(leaving, scene, KUBE_CORDON_MS - 1)).toEqual([]);
    expect(leaversOf(leaving, scene, KUBE_CORDON_MS)).toEqual(['dev-0']);
  });

  test('leave no later for an operator that was started meanwhile', () => {
    expect(leaversOf(new Leaving(), scene, KUBE_CORDON_MS)).toEqual(['dev-0']);
  });

  test('stay where the host is put back in time', () => {
    const leaving = new Leaving();
    leaversOf(leaving, scene, 0);
    const back = { ...scene, hosts: new Map([host('host-a'), host('host-b'), host('host-c')]) };
    leaversOf(leaving, back, 1_000);
    expect(leaversOf(leaving, back, 2 * KUBE_CORDON_MS)).toEqual([]);
  });

  test('stay where every other host has a member already, and it is said', () => {
    const full = { ...scene, hosts: new Map([cordoned('host-a'), host('host-b')]) };
    expect(new Leaving().leavers({ ...full, nowMs: CORDONED_AT + KUBE_CORDON_MS })).toEqual([
      expect.objectContaining({ leaves: false, message: expect.stringContaining('add a host') }),
    ]);
  });

  test('leave one at a time where two of them have one host to go to', () => {
    const two = { ...members('host-a', 'host-a', 'host-b'), hosts: scene.hosts };
    expect(leaversOf(new Leaving(), two, KUBE_CORDON_MS)).toEqual(['dev-0']);
  });
});
