import { describe, expect, test } from '@jest/globals';
import { parseManifest, withField, withSpecOf } from '../../../operator/local/manifest-text.ts';

const TEXT = `# my ring
apiVersion: dht.ringkeeper.dev/v1alpha1
kind: DhtCluster
metadata:
  name: dev   # short
spec:
  replicas: 3   # may grow
  # copies
  replicationFactor: 3
`;

describe('the text of a manifest', () => {
  test('one field is set, and nothing else changes: comments and order stay', () => {
    expect(withField(TEXT, ['replicas'], 5)).toBe(TEXT.replace('replicas: 3 ', 'replicas: 5 '));
  });

  test('a field that is not there yet is added where it belongs', () => {
    const text = withField(TEXT, ['consistency', 'read'], 3);
    const read = parseManifest(text);
    expect('cluster' in read ? read.cluster.spec.consistency.read : null).toBe(3);
    expect(text).toContain('# copies');
  });

  test('an edit that would not be valid is refused with the reason', () => {
    expect(() => withField(TEXT, ['replicas'], 2)).toThrow(
      /replicas.*2 is below spec.replicationFactor 3/s,
    );
  });

  test('a spec is taken over with its comments, the name is not', () => {
    const other = TEXT.replace('dev   # short', 'other').replace(
      'replicas: 3   # may grow',
      'replicas: 7   # many',
    );
    const text = withSpecOf(TEXT, other);
    expect(text).toContain('replicas: 7 # many');
    expect(text).toContain('name: dev');
    expect(text).toContain('# my ring');
  });

  test('broken YAML is told with its line', () => {
    const read = parseManifest('spec: [1,\nkind: x');
    expect('problems' in read ? read.problems.join('\n') : '').toMatch(/line \d/);
  });

  test('a manifest that is wrong still tells whose it is', () => {
    expect(parseManifest(TEXT.replace('replicas: 3', 'replicas: many'))).toMatchObject({
      name: 'dev',
    });
  });
});
