// A ring in figures, for tests of what is made of them.
import type { RingFigures } from '../../operator/ring-figures.ts';

export const CALM: RingFigures = {
  epoch: 4,
  epochSinceMs: 1_000_000,
  phase: 'stable',
  underReplicated: 0,
  moving: 0,
  balance: 1.01,
  keys: 100,
  members: { joining: 0, serving: 3, leaving: 0, left: 0, lost: 0 },
  ready: 3,
  wanted: 3,
  operation: null,
  waits: [],
  conditions: [
    { type: 'Ready', status: 'True' },
    { type: 'Stalled', status: 'False' },
    { type: 'ScaleInBlocked', status: 'False' },
  ],
};

export const GROWING: RingFigures = {
  ...CALM,
  epoch: 5,
  phase: 'write-both',
  moving: 1024,
  members: { ...CALM.members, joining: 1 },
  wanted: 4,
  operation: {
    id: 'x',
    summary: 'join dev-3',
    phase: 'write-both',
    startedMs: 1_000_000,
    slotsDone: 25,
    slotsTotal: 100,
    keysDone: 10,
    bytesDone: 2048,
    keysTotal: 40,
    bytesTotal: 8192,
    etaMs: 3000,
  },
};
