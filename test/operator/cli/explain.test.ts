import { describe, expect, test } from '@jest/globals';
import { nodeId } from '../../../core/api/ids.ts';
import { explain } from '../../../operator/cli/explain.ts';
import type { TargetStatus } from '../../../operator/cli/target.ts';
import { whyText } from '../../../operator/cli/why.ts';
import type { LastingCondition, LastingWait } from '../../../operator/since.ts';

const condition = (
  type: string,
  status: 'True' | 'False',
  reason: string,
  message = '',
): LastingCondition => ({ type, status, reason, message, sinceMs: 1_000 });
const PAUSED: LastingWait = {
  reason: 'Paused',
  message: 'The cluster is paused: join dev-3 waits',
  unblock: 'Set paused to false',
  nodes: [],
  sinceMs: 2_000,
};
const status = (given: Partial<TargetStatus>): TargetStatus => ({
  cluster: 'dev',
  observedMs: 0,
  url: '',
  wish: '',
  desiredReplicas: 3,
  readyReplicas: 3,
  ring: {
    clusterId: 'c',
    epoch: 4,
    phase: 'stable',
    replicationFactor: 3,
    readQuorum: 2,
    writeQuorum: 2,
    slots: 4096,
  },
  members: [],
  operation: null,
  waits: [],
  conditions: [],
  operated: true,
  isCurrent: true,
  ...given,
});
const reasons = (given: Partial<TargetStatus>): readonly string[] =>
  explain(status(given)).map(({ reason }) => reason);

describe('dht why', () => {
  test('tells what concerns data and clients first, then what waits, then the rest', () => {
    expect(
      reasons({
        waits: [PAUSED],
        conditions: [
          condition('Ready', 'False', 'QuorumLost', '3 slots have no quorum'),
          condition('RollingOut', 'True', 'OldRevisions', 'dev-0'),
          condition('DataLossPossible', 'True', 'TooManyVolumesLost', 'Slots 1-3'),
        ],
      }),
    ).toEqual(['TooManyVolumesLost', 'QuorumLost', 'Paused', 'OldRevisions']);
  });

  test('tells what is refused before what waits for it: commands that follow a ring show the first', () => {
    const cleaning = { ...PAUSED, reason: 'CleanUpRunning' as const };
    const refusal = condition('Stalled', 'True', 'ApiRefused', 'delete data-dev-0: denied');
    expect(reasons({ waits: [cleaning], conditions: [refusal] })).toEqual([
      'ApiRefused',
      'CleanUpRunning',
    ]);
  });

  test('tells what is wrong with a manifest that the operator cannot go by', () => {
    const invalid = ['spec.replicas: 2 is below spec.replicationFactor 3'];
    expect(explain(status({ isCurrent: false, invalid }))).toMatchObject([
      { reason: 'InvalidSpec', message: expect.stringContaining(invalid[0]!) },
    ]);
  });

  test('tells nothing twice', () => {
    const conditions = [
      condition('Stalled', 'True', 'Paused', 'The cluster is paused. Set paused to false'),
      condition('Reconciling', 'True', 'Paused', 'The cluster is paused'),
      condition('Paused', 'True', 'Asked'),
    ];
    expect(reasons({ waits: [PAUSED], conditions })).toEqual(['Paused']);
    expect(reasons({ conditions })).toEqual(['Paused']);
    const silent = { ...PAUSED, reason: 'MemberUnreachable' as const, nodes: [nodeId('dev-1')] };
    const again = { ...silent, message: 'dev-1 has not answered for long' };
    expect(explain(status({ waits: [silent, again] }))).toMatchObject([silent]);
  });

  test('says how old it is where the operator has published nothing for a while', () => {
    const text = whyText({ status: status({ observedMs: 1_000 }), waits: [], warnings: [] }, 9_000);
    expect(text).toBe('dev waits for nothing (as of 8 s ago)');
  });

  test('has nothing to say of a ring at rest, whatever its conditions are called', () => {
    const conditions = [
      condition('Ready', 'True', 'QuorumsHold'),
      condition('Reconciling', 'True', 'Acting'),
      condition('Stalled', 'False', 'NotStalled'),
      condition('Hibernated', 'False', 'NotAsked'),
    ];
    expect(explain(status({ conditions }))).toEqual([]);
    expect(whyText({ status: status({}), waits: [], warnings: [] }, 0)).toBe(
      'dev waits for nothing',
    );
  });

  test('parts what is wrong from what would unblock it, also where a condition tells both in one', () => {
    const message = 'Nobody would be left in zone b. Decommission members of other zones instead';
    const conditions = [condition('ScaleInBlocked', 'True', 'ZoneRuleBroken', message)];
    expect(explain(status({ conditions }))).toMatchObject([
      {
        message: 'Nobody would be left in zone b',
        unblock: 'Decommission members of other zones instead',
        runbook: 'docs/runbooks/ZoneRuleBroken.md',
      },
    ]);
  });

  test("tells why a pod doesn't start in the kubelet's words, which have a page of their own", () => {
    const message = 'dev-1 does not start: Back-off pulling image "x". It is not there';
    const conditions = [condition('Stalled', 'True', 'ImagePullBackOff', message)];
    expect(explain(status({ conditions }))).toMatchObject([
      { message, unblock: '', runbook: 'docs/runbooks/PodTrouble.md' },
    ]);
  });

  test('of a ring that nobody operates says that, and nothing that nobody knows any more', () => {
    expect(reasons({ operated: false, waits: [PAUSED] })).toEqual(['NoOperator']);
  });

  test('is written for people: how long, whom, what to do, where to read on', () => {
    const waits = [{ ...PAUSED, reason: 'MemberUnreachable' as const, nodes: [nodeId('dev-1')] }];
    const of = status({ waits, observedMs: 61_000 });
    const warnings = [{ atMs: 60_000, reason: 'NodeLost', note: 'The volume of dev-1 is gone' }];
    expect(whyText({ status: of, waits: explain(of), warnings }, 62_000)).toBe(
      [
        'dev: 1 thing to know',
        '',
        '1. MemberUnreachable, for 1 min 00 s',
        '   The cluster is paused: join dev-3 waits',
        '   whom it is about: dev-1',
        '   what would unblock it: set paused to false',
        '   runbook: docs/runbooks/MemberUnreachable.md',
        '',
        'warnings of late:',
        '  2 s ago  NodeLost: The volume of dev-1 is gone',
      ].join('\n'),
    );
  });
});
