import { describe, expect, test } from '@jest/globals';
import { nodeId } from '../../../core/api/ids.ts';
import { nextToFollow } from '../../../operator/kubernetes/drains.ts';
import type { Place } from '../../../operator/kubernetes/places.ts';
import type { Host } from '../../../operator/kubernetes/shapes.ts';
import { IdealRing } from '../planner/ideal-ring.ts';

/** `away`: it waits for the host of its volume. */
type Where = 'there' | 'away' | 'stopping' | 'starting';

/** dev-0 … dev-5 on host-0, host-1 and host-2 in turn, host-0 cordoned; who may go next. */
function next(wheres: Readonly<Record<number, Where>>, zones: number): string | null {
  const ring = IdealRing.settledAt(6, {}, zones);
  for (const [ordinal, where] of Object.entries(wheres))
    if (where !== 'there') ring.stop(Number(ordinal));
  const places = Array.from({ length: 6 }, (_, i) => place(i, wheres[i] ?? 'there'));
  const hosts = new Map(
    [0, 1, 2].map((i): [string, Host] => {
      const spec = { unschedulable: i === 0 };
      return [`host-${i}`, { apiVersion: 'v1', kind: 'Node', metadata: { name: '' }, spec }];
    }),
  );
  return nextToFollow({ places, hosts, observed: ring.observe() })?.id ?? null;
}

function place(ordinal: number, where: Where): Place {
  const name = `dev-${ordinal}`;
  const host = `host-${ordinal % 3}`;
  const head = { apiVersion: 'v1', kind: 'Pod' };
  const annotations = { 'volume.kubernetes.io/selected-node': host };
  return {
    id: nodeId(name),
    ordinal,
    pod: {
      ...head,
      metadata: { name, ...(where === 'stopping' ? { deletionTimestamp: '2026-01-01' } : {}) },
      spec: where === 'away' ? {} : { nodeName: host },
      status: { conditions: [{ type: 'Ready', status: where === 'there' ? 'True' : 'False' }] },
    },
    claim: {
      ...head,
      kind: 'PersistentVolumeClaim',
      metadata: { name, annotations },
      spec: {},
    },
    process: 'running',
    volume: 'v',
  };
}

describe('the drain of a host with two members', () => {
  test('takes the second after the first where each zone has one copy of every slot', () => {
    expect(next({ 0: 'away' }, 3)).toBe('dev-3');
  });

  test('waits where a slot would lose its quorum: both may hold it', () => {
    expect(next({ 0: 'away' }, 1)).toBeNull();
  });

  test('is begun by nobody but who drains', () => {
    expect(next({}, 3)).toBeNull();
  });

  test('waits for whoever is on the way out or in', () => {
    expect(next({ 0: 'away', 4: 'stopping' }, 3)).toBeNull();
    expect(next({ 0: 'away', 4: 'starting' }, 3)).toBeNull();
  });

  test('is over once all have gone, and touches no other host', () => {
    expect(next({ 0: 'away', 3: 'away' }, 3)).toBeNull();
  });
});
