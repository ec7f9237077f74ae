import { describe, expect, test } from '@jest/globals';
import { pinned, pinnedAnnotation, requiresUpdate } from '../../../operator/kubernetes/pinned.ts';
import type { Pinned } from '../../../operator/kubernetes/pinned.ts';
import { podRevision } from '../../../operator/kubernetes/pod-settings.ts';
import { ringOf } from './rings.ts';

const LATEST = { template: 2, image: 'ringkeeper:2' };
const OLD: Pinned = { template: 1, image: 'ringkeeper:1', restartedAt: '' };
const spec = (given: object = {}) => ringOf(given).spec;
const holder = (kept: Pinned | null, text = '') => ({
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: {
    name: 'dev',
    annotations: kept === null ? { 'dht.ringkeeper.dev/pinned': text } : pinnedAnnotation(kept),
  },
});

describe('what a ring keeps when the operator is upgraded', () => {
  test('a new ring gets the latest', () => {
    expect(pinned(null, spec(), LATEST)).toEqual({ ...LATEST, restartedAt: '' });
  });

  test('a running one keeps its image and the form of its pods', () => {
    expect(pinned(holder(OLD), spec(), LATEST)).toEqual(OLD);
    expect(pinned(holder(OLD), spec({ handoff: { maxBytesPerSecond: 70_000 } }), LATEST)).toEqual(
      OLD,
    );
    expect(requiresUpdate(OLD, spec(), LATEST)).toBe(true);
  });

  test('until it is restarted on request', () => {
    const asked = spec({ restartedAt: 'now' });
    const kept = pinned(holder(OLD), asked, LATEST);
    expect(kept).toEqual({ ...LATEST, restartedAt: 'now' });
    expect(requiresUpdate(kept, asked, LATEST)).toBe(false);
  });

  test('an image of its own is nothing that an upgrade brings', () => {
    const own = spec({ image: 'mine:1' });
    expect(requiresUpdate({ ...OLD, template: 2 }, own, LATEST)).toBe(false);
    expect(requiresUpdate(OLD, own, LATEST)).toBe(true);
  });

  test.each(['', 'null', '{"template":"1"}'])('an unreadable note counts as none: %s', (text) => {
    expect(pinned(holder(null, text), spec(), LATEST)).toEqual({ ...LATEST, restartedAt: '' });
  });
});

describe('the revision of pods', () => {
  const of = (given: object): string => podRevision(spec(given));

  test.each([
    ['the image', { image: 'mine:1' }],
    ['the cache', { storage: { cacheBytes: 2 ** 27 } }],
    ['cores', { resources: { requests: { cpu: '200m' } } }],
    ['memory', { resources: { limits: { memory: '2Gi' } } }],
    ['a request for a restart', { restartedAt: 'now' }],
  ])('changes with %s', (_what, given) => {
    expect(of(given)).not.toBe(of({}));
  });

  test.each([
    ['size of the ring', { replicas: 5 }],
    ['size of its volumes', { storage: { size: '20Gi' } }],
    ['place of its members', { topology: { spread: 'required' } }],
    ['spelling of an amount', { resources: { requests: { cpu: '0.1' } } }],
  ])('stays with the %s', (_what, given) => {
    expect(of(given)).toBe(of({}));
  });
});
