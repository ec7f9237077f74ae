// Objects of a ring, compared with files that earlier releases left: what an upgrade of the operator
// would change shows as a difference here. UPDATE_GOLDEN=1 writes new files; never change a released one.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { stringify } from 'yaml';
import {
  networkPolicy,
  secret,
  serviceAccount,
} from '../../../../operator/kubernetes/manifests/access.ts';
import { disruptionBudget } from '../../../../operator/kubernetes/manifests/budget.ts';
import type { Ring } from '../../../../operator/kubernetes/manifests/ring.ts';
import { clientService, peerService } from '../../../../operator/kubernetes/manifests/services.ts';
import { statefulSet } from '../../../../operator/kubernetes/manifests/stateful-set.ts';
import { ringOf } from '../rings.ts';

const FOLDER = fileURLToPath(new URL('../golden/', import.meta.url));
const PINNED = { template: 1, image: 'ringkeeper:0.1.0', restartedAt: '' };

function expectGolden(name: string, ...objects: readonly object[]): void {
  const path = `${FOLDER}${name}.yaml`;
  const text = objects
    .map((each) => stringify(each, { aliasDuplicateObjects: false }))
    .join('---\n');
  if (process.env.UPDATE_GOLDEN === '1') writeFileSync(path, text);
  expect(text).toBe(readFileSync(path, 'utf8'));
}

const members = (replicas: number, held: readonly number[] = []) =>
  ({ replicas, held, asleep: false }) as const;

const whole = (ring: Ring, replicas: number) =>
  statefulSet(ring, { pinned: PINNED, members: members(replicas) }, undefined);

describe('an upgrade of the operator restarts nothing: the first form of pods stays as it was', () => {
  test('for a ring of defaults', () => {
    expectGolden('template-1-defaults', whole(ringOf(), 3));
  });

  test('for a ring with everything set', () => {
    const ring = ringOf({
      replicas: 5,
      image: 'registry.example.com/ringkeeper:1.2.3',
      storage: {
        durability: 'relaxed',
        cacheBytes: 256 * 2 ** 20,
        size: '200Gi',
        storageClassName: 'fast',
      },
      resources: { requests: { cpu: '0.5', memory: '1Gi' }, limits: { cpu: '2', memory: '4Gi' } },
      topology: { zoneKey: 'example.com/rack', spread: 'required' },
      handoff: { maxBytesPerSecond: 1_000_000 },
      http: { corsOrigins: ['https://a.example', 'https://b.example'] },
      restartedAt: 'once',
    });
    expectGolden('template-1-everything', whole(ring, 5));
  });

  test('for a cache ring: no claims, no volume', () => {
    expectGolden('template-1-ephemeral', whole(ringOf({ storage: { ephemeral: true } }), 3));
  });
});

describe('the other objects of a ring', () => {
  test('are as they were', () => {
    const ring = ringOf();
    const { data, ...rest } = secret(ring);
    expectGolden(
      'objects',
      clientService(ring),
      peerService(ring),
      disruptionBudget(ring, true),
      serviceAccount(ring),
      networkPolicy(ring),
      { ...rest, data: Object.keys(data ?? {}) },
    );
  });

  test('allow an eviction only while every slot has all its copies', () => {
    expect(disruptionBudget(ringOf(), false)).toMatchObject({ spec: { maxUnavailable: 0 } });
  });

  test('draw new secrets for each ring, which their nodes find long enough', () => {
    const words = [secret(ringOf()), secret(ringOf())].flatMap(({ data }) =>
      Object.values(data ?? {}),
    );
    expect(new Set(words).size).toBe(4);
    expect(Math.min(...words.map((word) => Buffer.from(word, 'base64').length))).toBe(43);
  });
});

describe('a StatefulSet', () => {
  test('tells its members how much to log, where somebody said so', () => {
    const level = (spec: object): boolean =>
      JSON.stringify(whole(ringOf(spec), 3)).includes(
        '{"name":"RINGKEEPER_LOG_LEVEL","value":"debug"}',
      );
    expect([level({ logLevel: 'debug' }), level({})]).toEqual([true, false]);
  });

  test('that sleeps has no pods, and remembers how many it had', () => {
    const asleep = { replicas: 4, held: [2], asleep: true };
    const made = statefulSet(ringOf(), { pinned: PINNED, members: asleep }, '7');
    expect(made.spec.replicas).toBe(0);
    expect(made.metadata.resourceVersion).toBe('7');
    expect(made.metadata.annotations).toMatchObject({
      'dht.ringkeeper.dev/members': '{"replicas":4,"held":[2],"asleep":true}',
    });
  });

  test('of a later form than this operator knows is not touched', () => {
    const later = { pinned: { ...PINNED, template: 2 }, members: members(3) };
    expect(() => statefulSet(ringOf(), later, undefined)).toThrow(/later release/);
  });
});
