import { describe, expect, test } from '@jest/globals';
import { podTemplate } from '../../../../operator/kubernetes/manifests/pod-template.ts';
import { podRevision } from '../../../../operator/kubernetes/pod-settings.ts';
import { ringOf } from '../rings.ts';

interface Pods {
  readonly metadata: {
    readonly labels: Record<string, string>;
    readonly annotations: Record<string, string>;
  };
  readonly spec: Record<string, unknown>;
}

const podsOf = (overlay: object): Pods => {
  const ring = ringOf({ podTemplate: overlay });
  return podTemplate(ring, { template: 1, image: 'a:1', restartedAt: '' }) as Pods;
};
const revisionOf = (overlay: object): string => podRevision(ringOf({ podTemplate: overlay }).spec);

describe('what users add to the pods of their ring', () => {
  test('stands beside what the operator gives them', () => {
    const bare = podsOf({});
    const pods = podsOf({
      labels: { team: 'storage' },
      annotations: { note: 'x' },
      nodeSelector: { disk: 'nvme' },
      tolerations: [{ key: 'dedicated', value: 'storage' }],
      priorityClassName: 'important',
      imagePullSecrets: ['registry'],
    });
    expect(pods.metadata.labels).toEqual({ ...bare.metadata.labels, team: 'storage' });
    expect(Object.keys(pods.metadata.annotations)).toEqual(
      expect.arrayContaining([...Object.keys(bare.metadata.annotations), 'note']),
    );
    expect(pods.spec).toEqual({
      ...bare.spec,
      nodeSelector: { disk: 'nvme' },
      tolerations: [{ key: 'dedicated', operator: 'Equal', value: 'storage' }],
      priorityClassName: 'important',
      imagePullSecrets: [{ name: 'registry' }],
    });
  });

  test('leaves no trace where it is nothing', () => {
    const empty = { labels: {}, annotations: {}, nodeSelector: {}, tolerations: [] };
    expect(podsOf(empty)).toEqual(podsOf({}));
    expect(podsOf({}).spec).not.toHaveProperty('tolerations');
    expect(revisionOf(empty)).toBe(revisionOf({}));
  });

  test.each([
    { labels: { a: 'b' } },
    { annotations: { a: 'b' } },
    { nodeSelector: { a: 'b' } },
    { tolerations: [{ operator: 'Exists' }] },
    { priorityClassName: 'a' },
    { imagePullSecrets: ['a'] },
  ])('restarts the members when it changes to %j', (overlay) => {
    expect(revisionOf(overlay)).not.toBe(revisionOf({}));
  });

  test('restarts nobody when it is written in another order', () => {
    expect(revisionOf({ labels: { a: '1', b: '2' }, nodeSelector: { c: '3', d: '4' } })).toBe(
      revisionOf({ labels: { b: '2', a: '1' }, nodeSelector: { d: '4', c: '3' } }),
    );
  });
});
