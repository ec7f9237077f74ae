// Schedules that aim at one rule: with the rule switched off, its violation is found within few
// seeds (protocol §7). Each is the profile `all` with the circumstances under which the rule matters.
import type { DataLimits } from '../../core/api/ring-document.ts';
import type { Rule } from '../../core/replica/rules.ts';
import { faultWeights, wishWeights } from './setting.ts';
import type { Setting } from './setting.ts';
import type { Weather } from './network.ts';

/** Seeds within which the rule's absence must be found. */
export interface Hunt {
  readonly seeds: number;
  readonly tune: Partial<Setting>;
}

const LOSSY: Weather = { drop: 0.2, duplicate: 0.05, slow: 0.1, slowMs: 200, ordered: false };
const DELAYS: Weather = { drop: 0.01, duplicate: 0.02, slow: 0.2, slowMs: 300, ordered: false };
/** Hints are dropped almost at once, tombstones never. */
const HASTY: DataLimits = {
  keyBytesMax: 1024,
  valueBytesMax: 1 << 20,
  hintAgeMs: 100,
  tombstoneGraceMs: 60_000,
  operationMs: 800,
};
const USUAL: Partial<Setting> = {
  members: 3,
  replicationFactor: 3,
  readQuorum: 2,
  writeQuorum: 2,
  mode: 'strict',
  conflicts: 'siblings',
  expiryShare: 0,
  disaster: false,
  keys: 4,
  clients: 4,
};

/** Many slots are gained at once, while old replicas miss writes. */
const GAINERS: Partial<Setting> = {
  ...USUAL,
  wishWeights: wishWeights({ jump: 1 }),
  thinkMs: 20,
  faults: 4,
  troubleMs: 4_000,
  faultWeights: faultWeights({ cut: 1, 'disk-stall': 1 }),
  zones: 1,
  keys: 8,
  limits: HASTY,
};

export const HUNTS: Readonly<Record<Rule, Hunt>> = {
  'R2-quorum': { seeds: 40, tune: { ...USUAL, wishes: 2, thinkMs: 60 } },
  'R2-durable': { seeds: 10, tune: { ...USUAL } },
  // Re-sends happen where messages are lost.
  R3: {
    seeds: 40,
    tune: { ...USUAL, weather: { ...LOSSY, drop: 0.35 }, contextShare: 0.9, thinkMs: 80, keys: 2 },
  },
  // A coordinator that the operator cannot reach goes on under an old ring.
  R4: {
    seeds: 300,
    tune: {
      ...USUAL,
      faults: 3,
      faultWeights: faultWeights({ 'isolate-operator': 1 }),
      wishes: 2,
      wishWeights: wishWeights({ jump: 1 }),
      weather: DELAYS,
      barrierWaitMs: 200,
      thinkMs: 20,
      troubleMs: 4_000,
      deleteShare: 0,
      zones: 1,
      keys: 8,
    },
  },
  // Members of one set that are away, or slow to sync, while phases pass.
  R5: {
    seeds: 200,
    tune: {
      ...USUAL,
      faults: 2,
      faultWeights: faultWeights({ blackout: 1, cut: 1 }),
      aim: 0.5,
      wishes: 2,
      downMs: 3_000,
      wishWeights: wishWeights({ jump: 1, grow: 1 }),
      barrierWaitMs: 200,
      zones: 1,
      troubleMs: 9_000,
      clients: 1,
      thinkMs: 2_000,
      disk: { syncMs: [30, 300], miss: 0.1, missMs: 4, pageRecords: 0 },
    },
  },
  // Two gainers of a slot, and an old replica that missed writes.
  'R6-pairs': {
    seeds: 500,
    tune: { ...GAINERS, wishes: 2, weather: DELAYS },
  },
  R7: { seeds: 60, tune: { ...USUAL, wishes: 3, thinkMs: 60 } },
  // A new owner that missed a write, and a loser in a hurry.
  R8: {
    seeds: 200,
    tune: { ...GAINERS, wishes: 3, weather: { ...DELAYS, drop: 0.05 }, deleteShare: 0 },
  },
  R9: {
    seeds: 100,
    tune: {
      ...USUAL,
      faults: 5,
      faultWeights: faultWeights({ 'restore-volume': 3, 'lose-volume': 1, kill: 1 }),
      thinkMs: 60,
    },
  },
  R10: { seeds: 40, tune: { ...USUAL, deleteShare: 0.5, thinkMs: 80 } },
  // A coordinator killed before its own sync, while concurrent writers send contexts.
  R13: {
    seeds: 300,
    tune: {
      ...USUAL,
      faults: 10,
      faultWeights: faultWeights({ 'power-loss': 2, 'kill-mid-step': 2 }),
      wishes: 1,
      keys: 2,
      contextShare: 0.95,
      thinkMs: 15,
      deleteShare: 0,
      conditionShare: 0,
      clients: 6,
      troubleMs: 4_000,
      downMs: 200,
      disk: { syncMs: [5, 120], miss: 0.1, missMs: 4, pageRecords: 0 },
    },
  },
  R14: { seeds: 60, tune: { ...USUAL, contextShare: 0.8, thinkMs: 60, keys: 2 } },
};

/** What the hunt for this rule changes about a schedule; null: no hunt. */
export function tuneOf(rule: Rule | null): Partial<Setting> {
  return rule === null ? {} : HUNTS[rule].tune;
}
