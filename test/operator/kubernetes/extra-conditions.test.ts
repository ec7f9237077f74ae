import { describe, expect, test } from '@jest/globals';
import { nodeId } from '../../../core/api/ids.ts';
import { claimPatch } from '../../../operator/kubernetes/claims.ts';
import { CLUSTER_UID_LABEL } from '../../../operator/kubernetes/names.ts';
import { extraConditions } from '../../../operator/kubernetes/extra-conditions.ts';
import type { Extra } from '../../../operator/kubernetes/extra-conditions.ts';
import type { Place } from '../../../operator/kubernetes/places.ts';
import type { Claim } from '../../../operator/kubernetes/shapes.ts';
import type { Plan } from '../../../operator/planner/plan.ts';
import { ringOf } from './rings.ts';

/** A member whose kubelet calls it ready, or not yet. */
function member(ordinal: number, isReady: boolean): Place {
  const name = `dev-${ordinal}`;
  const conditions = [{ type: 'Ready', status: isReady ? 'True' : 'False' }];
  return {
    id: nodeId(name),
    ordinal,
    pod: { apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec: {}, status: { conditions } },
    claim: null,
    process: 'running',
    volume: 'v',
  };
}

const PLAN: Plan = {
  action: { kind: 'none' },
  waits: [],
  operation: null,
  conditions: [{ type: 'Ready', status: 'True', reason: 'QuorumsHold', message: '' }],
};

function saidOf(extra: Partial<Extra>) {
  return extraConditions({
    ring: ringOf(),
    plan: PLAN,
    statefulSet: null,
    members: { replicas: 3, held: [], asleep: false },
    places: [],
    claims: [],
    serving: new Set(),
    wasReady: true,
    troubles: [],
    latest: { template: 1, image: 'ringkeeper' },
    obstacle: null,
    problems: [],
    ...extra,
  });
}

/** What is said of Ready beside the planner; undefined: nothing, so its quorums count. */
function readyOf(places: readonly Place[], { wasReady }: { readonly wasReady: boolean }) {
  const serving = new Set(places.map(({ id }) => id));
  return saidOf({ places, serving, wasReady }).find(({ type }) => type === 'Ready');
}

describe('a ring whose quorums hold', () => {
  test('is not Ready before the Service sends clients to all who serve', () => {
    const places = [member(0, true), member(1, false), member(2, false)];
    expect(readyOf(places, { wasReady: false })).toMatchObject({
      status: 'False',
      reason: 'PodsNotReady',
      message: 'dev-1, dev-2: the Service sends no clients there yet',
    });
    expect(
      readyOf(
        places.map((_, i) => member(i, true)),
        { wasReady: false },
      ),
    ).toBeUndefined();
  });

  test('stays Ready while one of its pods is not', () => {
    expect(readyOf([member(0, true), member(1, false)], { wasReady: true })).toBeUndefined();
  });
});

describe('volumes', () => {
  const claim = (asked: string, present: string): Claim => ({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'data-dev-0' },
    spec: { resources: { requests: { storage: asked } } },
    status: { capacity: { storage: present } },
  });
  const resizing = (size: string, claims: readonly Claim[], spec: object = {}) =>
    saidOf({ ring: ringOf({ storage: { size }, ...spec }), claims }).find(
      ({ type }) => type === 'VolumesResizing',
    );

  test('are resizing from the moment that more is wanted, until each has it', () => {
    const growing = { status: 'True', reason: 'Growing', message: 'data-dev-0: to 2Gi' };
    expect(resizing('2Gi', [claim('1Gi', '1Gi')])).toMatchObject(growing);
    expect(resizing('2Gi', [claim('2Gi', '1Gi')])).toMatchObject(growing);
    expect(resizing('2Gi', [claim('2Gi', '2Gi')])).toMatchObject({ status: 'False' });
  });

  test('of a ring that is paused do not begin to grow, and it is said so', () => {
    expect(resizing('2Gi', [claim('1Gi', '1Gi')], { paused: true })?.message).toBe(
      'data-dev-0: to 2Gi; nothing begins while the ring is paused',
    );
  });

  test('larger than what is wanted are at their size', () => {
    expect(resizing('1Gi', [claim('4Gi', '4Gi')])).toMatchObject({ reason: 'AtSize' });
  });
});

describe('a ring that is to sleep', () => {
  const hibernated = (places: readonly Place[]) =>
    saidOf({
      ring: ringOf({ hibernate: true }),
      members: { replicas: 3, held: [], asleep: true },
      places,
    }).find(({ type }) => type === 'Hibernated');

  test('sleeps once its last pod is gone, and names those that are not', () => {
    expect(hibernated([member(0, false), member(2, false)])).toMatchObject({
      status: 'False',
      reason: 'WaitsForRing',
      message: 'dev-0, dev-2 still stop',
    });
    expect(hibernated([])).toMatchObject({ status: 'True', reason: 'Asleep' });
  });
});

describe('a claim', () => {
  const claim = (phase: string): Claim => ({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'data-dev-0', labels: { [CLUSTER_UID_LABEL]: ringOf().uid } },
    spec: { resources: { requests: { storage: '1Gi' } } },
    status: { phase },
  });
  const larger = ringOf({ storage: { size: '2Gi' } });

  test('grows once it has a volume; the API server refuses it before, as of the pod of a gap', () => {
    expect(claimPatch(claim('Bound'), larger)).toMatchObject({
      spec: { resources: { requests: { storage: '2Gi' } } },
    });
    expect(claimPatch(claim('Pending'), larger)).toBeNull();
  });
});
