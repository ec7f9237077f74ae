import { describe, expect, test } from '@jest/globals';
import { nodeId } from '../../../core/api/ids.ts';
import { openPicture } from '../../../operator/local/picture.ts';
import type { RingStatus } from '../../../operator/local/status.ts';

class Paper {
  text = '';
  readonly isTTY: boolean;
  constructor(isTTY: boolean) {
    this.isTTY = isTTY;
  }
  write(text: string): void {
    this.text += text;
  }
  get lines(): readonly string[] {
    return this.text.split('\n').filter((line) => line !== '');
  }
}

const is = (type: string, status: 'True' | 'False') =>
  ({ type, status, reason: 'Because', message: '', sinceMs: 0 }) as const;
const CALM: RingStatus = {
  cluster: 'dev',
  observedMs: 0,
  url: 'http://localhost:8080',
  wish: '',
  desiredReplicas: 0,
  readyReplicas: 0,
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
  conditions: [is('Ready', 'True'), is('RingConverged', 'True'), is('Reconciling', 'False')],
};
const MOVING: RingStatus = {
  ...CALM,
  observedMs: 1000,
  conditions: [is('Ready', 'True'), is('RingConverged', 'False'), is('Reconciling', 'True')],
  operation: {
    id: 'x',
    summary: 'join dev-3',
    phase: 'write-both',
    startedMs: 0,
    slotsDone: 50,
    slotsTotal: 100,
    keysDone: 10,
    bytesDone: 2048,
    keysTotal: 20,
    bytesTotal: 4096,
    etaMs: 1000,
  },
};
const show = (paper: Paper, statuses: readonly RingStatus[], now = 0): void => {
  const picture = openPicture(paper, () => now);
  for (const status of statuses) picture.status(status, undefined as never, undefined as never);
  picture.end();
};

describe('what a person sees', () => {
  test('a ring that is ready says so once, with what to type next', () => {
    const paper = new Paper(false);
    show(paper, [CALM, CALM]);
    expect(paper.lines.filter((line) => line.startsWith('= ring is ready'))).toHaveLength(1);
    expect(paper.text).toContain('curl http://localhost:8080/v1/kv/greeting');
  });

  test('a ring change has a beginning, a bar and an end', () => {
    const paper = new Paper(false);
    show(
      paper,
      [CALM, MOVING, { ...CALM, observedMs: 3000, ring: { ...CALM.ring, epoch: 7 } }],
      10_000,
    );
    expect(paper.lines).toEqual(
      expect.arrayContaining([
        '~ join dev-3: ring change begins',
        '  join dev-3  write-both  ████████████░░░░░░░░░░░░  50 %  10 keys  2.0 KiB  1 s left',
        '~ join dev-3: ended at epoch 7 after 3 s, 10 keys (2.0 KiB) moved',
      ]),
    );
  });

  test('a terminal gets one line that is drawn over, plain output none of that', () => {
    const [terminal, plain] = [new Paper(true), new Paper(false)];
    show(terminal, [MOVING, { ...MOVING, observedMs: 1200 }]);
    show(plain, [MOVING, { ...MOVING, observedMs: 1200 }]);
    expect(terminal.text).toContain('\r\x1b[K');
    expect(plain.text).not.toContain('\x1b');
  });

  test('a wait is told with its reason and what ends it, once it has lasted', () => {
    const waiting = (observedMs: number): RingStatus => ({
      ...MOVING,
      operation: null,
      observedMs,
      waits: [
        {
          reason: 'DiskWouldFill',
          message: 'dev-1 would pass its limit',
          unblock: 'free 3 GiB there',
          nodes: [nodeId('dev-1')],
          sinceMs: 0,
        },
      ],
    });
    const paper = new Paper(false);
    show(paper, [waiting(0), waiting(500), waiting(2000), waiting(9000)]);
    expect(paper.lines).toEqual(['. waits: dev-1 would pass its limit — free 3 GiB there']);
  });

  test('that processes take a while to start is not told, unless it lasts; nothing is capital within a sentence', () => {
    const starting = (observedMs: number): RingStatus => ({
      ...MOVING,
      operation: null,
      observedMs,
      waits: [
        {
          reason: 'NodesStarting',
          message: 'The ring is founded later',
          unblock: 'They start by themselves',
          nodes: [nodeId('dev-1')],
          sinceMs: 0,
        },
      ],
    });
    const [soon, later] = [new Paper(false), new Paper(false)];
    show(soon, [starting(0), starting(4_900)]);
    show(later, [starting(0), starting(4_900), starting(5_000)]);
    expect(soon.lines).toEqual([]);
    expect(later.lines).toEqual(['. waits: the ring is founded later — they start by themselves']);
  });

  test('no time is left where everything is done', () => {
    const paper = new Paper(false);
    show(
      paper,
      [{ ...MOVING, operation: { ...MOVING.operation!, slotsDone: 100, etaMs: 0 } }],
      10_000,
    );
    expect(paper.text).toContain('100 %  10 keys  2.0 KiB\n');
  });

  test('a failure that repeats itself is told once until something else happens', () => {
    const paper = new Paper(false);
    const picture = openPicture(paper, () => 0);
    const failed = {
      kind: 'failed',
      id: nodeId('dev-0'),
      error: new Error('port 8102 is held'),
      retryMs: 250,
    } as const;
    picture.process(failed, 'log');
    picture.process(failed, 'log');
    picture.process({ kind: 'started', id: nodeId('dev-0'), pid: 7 }, 'log');
    picture.process(failed, 'log');
    expect(paper.lines.filter((line) => line.includes('port 8102'))).toHaveLength(2);
  });

  test('an edit that is not valid is told with each problem', () => {
    const paper = new Paper(false);
    openPicture(paper, () => 0).manifest({
      kind: 'invalid',
      path: 'dev.yaml',
      problems: ['spec.replicas: wrong', 'spec.x: wrong'],
    });
    expect(paper.lines).toEqual([
      '! dev.yaml is not valid; the last good one stays in force:',
      '    spec.replicas: wrong',
      '    spec.x: wrong',
    ]);
  });
});
