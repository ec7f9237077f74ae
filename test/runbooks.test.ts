// Every reason that the code can give leads to a page that a person can act on, and no page is orphaned.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { WAIT_REASONS } from '../operator/planner/actions.ts';
import { CALM, RUNBOOKS, runbookOf } from '../operator/runbooks.ts';

const FOLDER = 'docs/runbooks';
const read = (file: string): string => readFileSync(file, 'utf8');
const INDEX = read(join(FOLDER, 'README.md'));
const PAGES = readdirSync(FOLDER, { withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name !== 'README.md')
  .map(({ name }) => name.replace(/\.md$/, ''));

/** Words of these files that are no reasons: types and statuses of conditions, words of Kubernetes. */
const NO_REASONS = new Set([
  ...['DataLossPossible', 'Paused', 'Ready', 'Reconciling', 'ReplicationSatisfied'],
  ...['RequiresUpdate', 'RingConverged', 'RollingOut', 'ScaleInBlocked', 'ScalingIn', 'ScalingOut'],
  ...['Stalled', 'VolumesResizing', 'True', 'False', 'Unknown'],
  ...['ContainerCreating', 'PodInitializing', 'PodScheduled', 'Unschedulable'],
]);

/** Every word in CamelCase that stands between quotes in a file that makes conditions. */
const conditionReasons = [
  'operator/planner/conditions.ts',
  'operator/kubernetes/extra-conditions.ts',
  'operator/kubernetes/hibernation.ts',
  'operator/kubernetes/pod-troubles.ts',
]
  .flatMap((file) => [...read(file).matchAll(/'([A-Z][a-z]+(?:[A-Z][a-z]+)*)'/g)])
  .map(([, word]) => word!)
  .filter((word) => !NO_REASONS.has(word));

/** Reasons of Events: what is told, and the turns of conditions. */
const eventReasons = readdirSync('operator/kubernetes')
  .filter((file) => file.endsWith('.ts'))
  .flatMap((file) => {
    const text = read(join('operator/kubernetes', file));
    return [
      ...text.matchAll(/(?:reason:|\bon:|\boff:) '([A-Z]+[a-z]\w+)'/g),
      ...text.matchAll(/reason: \w+ \? '(\w+)'/g),
      ...text.matchAll(/reason: \w+ \? '\w+' : '(\w+)'/g),
    ];
  })
  .map(([, word]) => word!);

const inIndex = (word: string): boolean => INDEX.includes(`\`${word}\``);

describe('the runbooks', () => {
  test('have a page for every reason of a wait', () => {
    expect(WAIT_REASONS.filter((reason) => !PAGES.includes(reason))).toEqual([]);
  });

  test('have a page, or a line under "Nothing to do", for every reason of a condition', () => {
    expect(conditionReasons.length).toBeGreaterThan(40);
    const silent = conditionReasons.filter((reason) => {
      const page = runbookOf(reason);
      if (page === null) return !inIndex(reason);
      return page.includes('PodTrouble') || !PAGES.includes(page.replace(/^.*\/|\.md$/g, ''));
    });
    expect(silent).toEqual([]);
  });

  test('name every reason of an Event', () => {
    expect(eventReasons).toContain('NodeJoined');
    const known = (word: string): boolean => inIndex(word) || INDEX.includes(`[${word}]`);
    expect(eventReasons.filter((word) => !NO_REASONS.has(word) && !known(word))).toEqual([]);
  });

  test('have no page and no line for what no code gives', () => {
    expect(PAGES.filter((page) => page !== 'PodTrouble').sort()).toEqual([...RUNBOOKS].sort());
    const given = new Set<string>([...WAIT_REASONS, ...conditionReasons, ...eventReasons]);
    // Said by the command line alone.
    given.add('NoOperator').add('DataLossPossible');
    expect(RUNBOOKS.filter((reason) => !given.has(reason))).toEqual([]);
    expect(CALM.filter((reason) => !given.has(reason))).toEqual([]);
    const lines = [...INDEX.matchAll(/^\| \**`(\w+)`\** \|/gm)].map(([, word]) => word!);
    expect(lines.length).toBeGreaterThan(30);
    expect(lines.filter((word) => !given.has(word))).toEqual([]);
  });

  test('are all listed in the index, and each says what it means, whether data is at risk, what to do', () => {
    expect(PAGES.filter((page) => !INDEX.includes(`[${page}](${page}.md)`))).toEqual([]);
    const parts =
      /^# (\w+)\n\n[^]+\n\n\*\*Is data at risk\?\*\* [^]+\n\n## Look\n\n```console\n[^]+\n## Do\n\n[^]+\n## How it ends\n\n[^]+$/;
    const wrong = PAGES.filter(
      (page) => parts.exec(read(join(FOLDER, `${page}.md`)))?.[1] !== page,
    );
    expect(wrong).toEqual([]);
  });
});
