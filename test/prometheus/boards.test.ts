import { describe, expect, test } from '@jest/globals';
import { BOARDS } from '../../helm/monitoring/files.ts';

const panels = BOARDS.flatMap((board) =>
  board.rows.flatMap((row) => row.panels.map((panel) => ({ board: board.title, ...panel }))),
);

describe('every panel', () => {
  test('has a unit on its axis, a query, and a word on what it means', () => {
    const bare = panels.filter(
      ({ unit, queries, about }) => unit === '' || queries.length === 0 || !about.endsWith('.'),
    );
    expect(bare.map(({ title }) => title)).toEqual([]);
  });

  test('has a title of its own on its dashboard', () => {
    for (const { title } of BOARDS) {
      const titles = panels.filter(({ board }) => board === title).map((panel) => panel.title);
      expect(new Set(titles).size).toBe(titles.length);
    }
  });
});

test('dashboards let people choose namespace and cluster, and the member of its own', () => {
  expect(BOARDS.map(({ variables }) => variables.map(({ name }) => name))).toEqual([
    ['namespace', 'cluster'],
    ['namespace', 'cluster', 'pod'],
    ['namespace'],
  ]);
});
