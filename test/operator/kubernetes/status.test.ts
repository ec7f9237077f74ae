import { describe, expect, test } from '@jest/globals';
import { incarnation, nodeId } from '../../../core/api/ids.ts';
import type { RingDocument } from '../../../core/api/ring-document.ts';
import { STATUS } from '../../../core/api/cluster-status.ts';
import { read } from '../../../core/api/validate.ts';
import { markLost, recordReceipts } from '../../../core/membership/upkeep.ts';
import { clusterStatus, sameButFigures } from '../../../operator/kubernetes/status.ts';
import type { StatusInput } from '../../../operator/kubernetes/status.ts';
import type { Wait } from '../../../operator/planner/actions.ts';
import { after, begun, edit, finished, founded } from '../../core/membership/founded.ts';
import { IdealRing } from '../planner/ideal-ring.ts';
import { statusInput } from './statuses.ts';

const STREAMS: Wait = {
  reason: 'StreamsRunning',
  message: '9 slots are being copied to dev-3',
  unblock: 'The copies end by themselves',
  nodes: [nodeId('dev-3')],
};
const input = (
  waits: readonly Wait[],
  nowMs: number,
  before: StatusInput['before'],
): StatusInput => {
  const { plan, observed, ...rest } = statusInput(null, { before });
  return { ...rest, plan: { ...plan, waits }, observed: { ...observed, nowMs } };
};

/** Whose pod and volume must stay, as the policies read it. */
const staying = (document: RingDocument): readonly string[] =>
  (clusterStatus(statusInput(document)).members ?? [])
    .filter(({ state, receipt }) => state !== 'lost' && receipt !== true)
    .map(({ name }) => name);

describe('the status of a DhtCluster', () => {
  test('tells all that waits, since when, and what would unblock it, as the definition has it', () => {
    const first = clusterStatus(input([STREAMS], 1_000, null));
    const later = clusterStatus(input([STREAMS], 61_000, first));
    expect(later.waits).toEqual([
      {
        reason: 'StreamsRunning',
        message: '9 slots are being copied to dev-3',
        unblock: 'The copies end by themselves',
        members: ['dev-3'],
        since: '1970-01-01T00:00:01Z',
      },
    ]);
    const problems: never[] = [];
    read(later, STATUS, 'status', { problems, elsewhere: () => null });
    expect(problems).toEqual([]);
  });

  test('of a ring that waits for nothing says nothing of waits', () => {
    expect(clusterStatus(input([], 1_000, null))).not.toHaveProperty('waits');
  });

  test('marks the members whose disk is full, and is another one then', () => {
    const ring = IdealRing.settledAt(3);
    const status = () => clusterStatus({ ...input([], 1_000, null), observed: ring.observe() });
    const before = status();
    expect(before.members?.filter((member) => 'diskFull' in member)).toEqual([]);
    ring.node(1).says = { diskFull: true };
    const full = status();
    expect(full.members).toMatchObject([{}, { name: 'dev-1', diskFull: true }, {}]);
    expect(full.members?.filter((member) => 'diskFull' in member)).toHaveLength(1);
    expect(sameButFigures(before, full)).toBe(false);
  });

  test('says whose pod and volume must stay: joiners and leavers too, until they have a receipt', () => {
    expect(staying(founded(['0', '1', '2']))).toEqual(['dev-0', 'dev-1', 'dev-2']);
    expect(staying(begun(['0', '1', '2'], ['0', '1', '3']))).toEqual([
      'dev-0',
      'dev-1',
      'dev-2',
      'dev-3',
    ]);
    const left = finished(['0', '1', '2', '3'], ['0', '1', '2']);
    expect(staying(left)).toEqual(['dev-0', 'dev-1', 'dev-2', 'dev-3']);
    const receipt = {
      id: left.members[3]!.id,
      incarnation: incarnation('3'),
      change: left.settled!.change,
      epoch: left.epoch,
      volume: 'volume-3',
    };
    const released = edit(recordReceipts(left, [receipt], after(left)));
    expect(staying(released)).toEqual(['dev-0', 'dev-1', 'dev-2']);
    const [before, now] = [left, released].map((each) => clusterStatus(statusInput(each)));
    expect(sameButFigures(before!, now!)).toBe(false);
  });

  test('keeps nobody for whom is proved lost: what is there now is no data of the ring', () => {
    const document = founded(['0', '1', '2']);
    const lost = edit(markLost(document, [incarnation('1')], after(document)));
    expect(staying(lost)).toEqual(['dev-0', 'dev-2']);
  });

  test('is not another one because the figures of a wait have changed', () => {
    const first = clusterStatus(input([STREAMS], 1_000, null));
    const fewer = { ...STREAMS, message: '7 slots are being copied to dev-3' };
    expect(sameButFigures(first, clusterStatus(input([fewer], 2_000, first)))).toBe(true);
    expect(sameButFigures(first, clusterStatus(input([], 2_000, first)))).toBe(false);
  });
});
