import { describe, expect, test } from '@jest/globals';
import { nearest } from '../../../core/api/suggestion.ts';

const WORDS = ['replicas', 'replicationFactor', 'slotBits', 'paused', 'read'];

describe('did you mean', () => {
  test.each([
    ['replica', 'replicas'],
    ['repilcas', 'replicas'],
    ['REPLICAS', 'replicas'],
    ['slotbits', 'slotBits'],
    ['replication_factor', 'replicationFactor'],
    ['pause', 'paused'],
    ['raed', 'read'],
  ])('%s: %s', (word, meant) => {
    expect(nearest(word, WORDS)).toBe(meant);
  });

  test.each(['image', 'tls', '', 'x'.repeat(1000), 'constructor'])('nothing for %j', (word) => {
    expect(nearest(word, WORDS)).toBeNull();
  });

  test('the nearer of two, the first of equals', () => {
    expect(nearest('reads', ['ready', 'read', 'reeds'])).toBe('ready');
    expect(nearest('redas', ['ready', 'reads'])).toBe('reads');
  });
});
