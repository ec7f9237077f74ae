import { describe, expect, test } from '@jest/globals';
import {
  counted,
  formatBytes,
  formatCount,
  formatDuration,
  midSentence,
  progressBar,
  reasonOf,
  remainingMs,
  remainingText,
} from '../../operator/words.ts';

describe('figures for people', () => {
  test.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 KiB'],
    [12_900_000, '12.3 MiB'],
    [2 ** 30 * 250, '250 GiB'],
  ])('%d bytes read %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });
  test.each([
    [0, '0 ms'],
    [999, '999 ms'],
    [12_400, '12 s'],
    [185_000, '3 min 05 s'],
    [7_800_000, '2 h 10 min'],
  ])('%d ms read %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });
  test('counts carry separators and their noun its number', () => {
    expect(formatCount(1_234_567)).toBe('1,234,567');
    expect([counted(1, 'key'), counted(2, 'key'), counted(2, 'entry', 'entries')]).toEqual([
      '1 key',
      '2 keys',
      '2 entries',
    ]);
  });
  test('a bar is full exactly at the end, and empty where the total is unknown', () => {
    expect(progressBar(1, 2, 4)).toBe('██░░  50 %');
    expect(progressBar(2, 2, 4)).toBe('████ 100 %');
    expect(progressBar(199, 200, 4)).toBe('███░  99 %');
    expect(progressBar(0, 0, 4)).toBe('░░░░   0 %');
  });
  test('the rest is told by the speed so far, and not before anything was done', () => {
    expect(remainingMs({ done: 1, total: 4, elapsedMs: 100 })).toBe(300);
    expect(remainingMs({ done: 0, total: 4, elapsedMs: 100 })).toBeNull();
    expect(remainingMs({ done: 4, total: 4, elapsedMs: 100 })).toBe(0);
  });
  test('what is left is told while something is', () => {
    expect([
      remainingText(3000),
      remainingText(3000, ', '),
      remainingText(0),
      remainingText(null),
    ]).toEqual(['  3 s left', ', 3 s left', '', '']);
  });
  test.each([
    ['The ring is founded', 'the ring is founded'],
    ['It starts by itself', 'it starts by itself'],
    ['A node is gone', 'a node is gone'],
    ['dev-3 is silent', 'dev-3 is silent'],
    ['N 3 → 2 waits', 'N 3 → 2 waits'],
    ['DhtCluster is gone', 'DhtCluster is gone'],
  ])('"%s" within a sentence reads "%s"', (alone, within) => {
    expect(midSentence(alone)).toBe(within);
  });
  test('a reason names what led to it', () => {
    expect(reasonOf(new Error('no answer', { cause: new Error('refused') }))).toBe(
      'no answer (refused)',
    );
    expect(reasonOf('plain')).toBe('plain');
  });
});
