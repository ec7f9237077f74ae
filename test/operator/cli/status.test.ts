import { describe, expect, test } from '@jest/globals';
import { statusText, unattendedText } from '../../../operator/cli/status.ts';
import { unattended } from '../../../operator/cli/unattended.ts';
import type { MemberStatus, RingStatus } from '../../../operator/local/status.ts';

const member = (name: string): MemberStatus => ({
  name,
  incarnation: 'a',
  state: 'serving',
  lost: false,
  process: 'running',
  serving: true,
  zone: 'local',
  slots: 4096,
  keys: 12,
  bytes: 2048,
  diskFull: false,
  hints: 0,
  epoch: 5,
  client: 'http://127.0.0.1:8100',
  admin: 'http://127.0.0.1:8101',
});
const SERVING: RingStatus = {
  cluster: 'dev',
  observedMs: 1_000,
  url: 'http://localhost:8080',
  wish: '',
  desiredReplicas: 2,
  readyReplicas: 2,
  ring: {
    clusterId: 'c',
    epoch: 5,
    phase: 'write-both',
    replicationFactor: 2,
    readQuorum: 2,
    writeQuorum: 1,
    slots: 4096,
  },
  members: [member('dev-0'), member('dev-1')],
  operation: {
    id: 'x',
    summary: 'join dev-1',
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
  waits: [
    {
      reason: 'StreamsRunning',
      message: 'The slots move',
      unblock: 'It ends by itself',
      nodes: [],
      sinceMs: 0,
    },
  ],
  conditions: [
    {
      type: 'Ready',
      status: 'True',
      reason: 'QuorumsHold',
      message: 'Every slot can be read and written',
      sinceMs: 0,
    },
  ],
};
const lines = (text: string): readonly string[] => text.split('\n');

describe('dht status', () => {
  test('of a ring that an operator runs says who serves, what moves and what waits', () => {
    const text = statusText(SERVING);
    expect(lines(text)[0]).toBe(
      'dev  http://localhost:8080  epoch 5, write-both; 2 of 2 serve, N=2 R=2 W=1, 4096 slots',
    );
    expect(text).toContain('50 %  10 keys  2.0 KiB  1 s left');
    expect(text).toContain(
      'waits (StreamsRunning): the slots move\n  what would unblock it: it ends by itself',
    );
    expect(text).toMatch(/ZONE +HOLDS +RECORDS/);
  });

  test('of a member that does not answer says so, and not that it has no records', () => {
    const mute = { keys: 0, bytes: 0, hints: null, epoch: null, serving: false };
    const text = statusText({
      ...SERVING,
      members: [member('dev-0'), { ...member('dev-1'), ...mute }],
    });
    expect(text).toMatch(/^dev-0 +serving +running +local +4096 +12 +2\.0 KiB +0 +5 /m);
    expect(text).toMatch(/^dev-1 +not serving +running +local +4096 +– +– +– +– /m);
  });

  test('of a member whose disk is full says so while it serves', () => {
    const members = [{ ...member('dev-0'), diskFull: true }, member('dev-1')];
    const text = statusText({ ...SERVING, members });
    expect(text).toMatch(/^dev-0 +disk full +running .*\ndev-1 +serving +running /m);
  });

  test('of a ring that was stopped says so first, and claims nothing that nobody knows', () => {
    const text = unattendedText(
      unattended(SERVING, () => false),
      9_000,
    );
    expect(lines(text)[0]).toBe(
      'dev is not running (last seen 8 s ago); `npm start` goes on with what is on disk',
    );
    expect(text).not.toMatch(/running +local| serve,|left$|Ready|waits/m);
    expect(text.match(/stopped/g)).toHaveLength(2);
  });

  test('of nodes that outlived their operator counts those that live', () => {
    const status = unattended(SERVING, (name) => name === 'dev-1');
    expect(lines(unattendedText(status, 9_000))[0]).toBe(
      'dev runs without an operator (last seen 8 s ago): 1 node lives, none is restarted; `npm start` adopts them',
    );
    expect(status).toMatchObject({
      readyReplicas: 1,
      waits: [],
      operation: { etaMs: null },
      members: [
        { process: 'stopped', serving: false },
        { process: 'running', serving: true },
      ],
      conditions: [{ type: 'Ready', status: 'Unknown', reason: 'NoOperator' }],
    });
  });
});
