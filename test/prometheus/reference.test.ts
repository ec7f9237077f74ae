// What rules and dashboards speak of is exported, and what is exported is seen somewhere.
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { ALERTS } from '../../helm/monitoring/alerts.ts';
import { exportedByNode, exportedByOperator } from '../../helm/monitoring/exported.ts';
import type { Metric } from '../../helm/monitoring/exported.ts';
import { BOARDS } from '../../helm/monitoring/files.ts';
import {
  isNamed,
  namesIn,
  REFERENCE,
  referencePage,
  usesOf,
} from '../../helm/monitoring/reference.ts';

const EXPRESSIONS = [
  ...ALERTS.flatMap((group) => group.alerts.map(({ name, expr }) => ({ name, expr }))),
  ...BOARDS.flatMap((board) => [
    ...board.variables.map(({ name, query }) => ({ name: `${board.title}: ${name}`, expr: query })),
    ...board.marks.map(({ title, expr }) => ({ name: `${board.title}: ${title}`, expr })),
    ...board.rows.flatMap((row) =>
      row.panels.flatMap(({ title, queries }) =>
        queries.map(({ expr }) => ({ name: `${board.title}: ${title}`, expr })),
      ),
    ),
  ]),
];

describe('metrics', () => {
  let exported: readonly Metric[] = [];
  beforeAll(async () => {
    exported = [...(await exportedByNode()), ...(await exportedByOperator())];
  });

  test('that a rule or a dashboard names are exported', () => {
    const unknown = EXPRESSIONS.flatMap(({ name, expr }) =>
      namesIn(expr)
        .filter((each) => !exported.some((metric) => isNamed(metric, each)))
        .map((each) => `${name} names ${each}`),
    );
    expect(unknown).toEqual([]);
  });

  test('are each seen in an alert or a panel', () => {
    const unseen = exported.filter((metric) => {
      const { alerts, panels } = usesOf(metric);
      return alerts.length + panels.length === 0;
    });
    expect(unseen.map(({ name }) => name)).toEqual([]);
  });

  test('have labels that a rule or a dashboard asks for', () => {
    const given = ['namespace', 'cluster', 'pod', 'le'];
    const missing = EXPRESSIONS.flatMap(({ name, expr }) =>
      [...expr.matchAll(/\b((?:dht|rest|work|lead|contr)\w+)\{([^}]*)\}/g)].flatMap(
        ([, of, inner]) => {
          const metric = exported.find((each) => isNamed(each, of!));
          const asked = [...inner!.matchAll(/(\w+)=/g)].map(([, label]) => label!);
          return asked
            .filter((label) => !given.includes(label) && metric?.labels.includes(label) !== true)
            .map((label) => `${name}: ${of} has no ${label}`);
        },
      ),
    );
    expect(missing).toEqual([]);
  });

  test('say what they count, and after a colon what a rise, a fall or a change of it means', () => {
    const mute = exported.filter(({ help }) => !/^.+: .+\.$/.test(help));
    expect(mute.map(({ name, help }) => `${name} ${help}`)).toEqual([]);
  });

  test('are on the reference page as `npm run monitoring` writes it', async () => {
    expect(readFileSync(REFERENCE, 'utf8')).toBe(await referencePage());
  });
});
