// What one schedule is made of: the ring, the weather, the faults and the clients, all drawn from
// the seed within the bounds of a profile.
import type { DataLimits, RingDocument } from '../../core/api/ring-document.ts';
import { seededRng } from '../../core/rng.ts';
import type { Rng } from '../../core/rng.ts';
import { between, chance, pick } from './chance.ts';
import type { DiskHabits } from './machine.ts';
import type { Weather } from './network.ts';

export const PROFILES = [
  'small',
  'churn',
  'partition',
  'disk',
  'operator',
  'all',
  'silence',
] as const;
export type ProfileName = (typeof PROFILES)[number];

export type Fault =
  | 'kill'
  | 'kill-mid-step'
  | 'power-loss'
  | 'blackout'
  | 'restart'
  | 'lose-volume'
  | 'restore-volume'
  | 'corrupt'
  | 'disk-full'
  | 'disk-stall'
  | 'cut'
  | 'one-way'
  | 'isolate-operator'
  | 'storm'
  | 'reset'
  | 'clock'
  | 'operator-kill'
  | 'second-operator'
  | 'stale-reads'
  | 'restore-store';

export type Wish = 'grow' | 'shrink' | 'jump' | 'decommission' | 'factor' | 'roll' | 'regrow';

/** `dead`: its host is gone with it; `cut`: nobody reaches it; `unheard`: the operators do not. */
export type Going = 'dead' | 'cut' | 'unheard';
/** With its volume, in time or long after its seat was given away; never; or its volume is proved gone. */
export type Ending = 'returns' | 'late' | 'never' | 'gone';

export interface Absence {
  readonly how: Going;
  readonly ending: Ending;
  /** ms after the trouble began. */
  readonly atMs: number;
  /** ms until it returns, or its volume is proved gone. */
  readonly lastsMs: number;
  /** Asked for so many ms after it went; null: nothing. */
  readonly wish: { readonly kind: Wish; readonly afterMs: number } | null;
}

export interface Silence {
  readonly replaceAfterMs: number;
  readonly absences: readonly Absence[];
}

export interface Setting {
  readonly profile: ProfileName;
  readonly members: number;
  /** Ordinals are spread over so many zones. */
  readonly zones: number;
  readonly slotBits: number;
  readonly replicationFactor: number;
  readonly readQuorum: number;
  readonly writeQuorum: number;
  readonly mode: RingDocument['mode'];
  readonly conflicts: RingDocument['conflicts'];
  readonly limits: DataLimits;
  readonly keys: number;
  readonly clients: number;
  /** ms between a client's calls, on average. */
  readonly thinkMs: number;
  /** Share of writes: with what was read before, deletes, conditional, expiring; of all calls: lists. */
  readonly contextShare: number;
  readonly deleteShare: number;
  readonly conditionShare: number;
  readonly expiryShare: number;
  readonly listShare: number;
  /** ms of virtual time during which faults begin. */
  readonly troubleMs: number;
  readonly faults: number;
  readonly faultWeights: Readonly<Record<Fault, number>>;
  /** Chance that a fault strikes right after a new phase was stored; so many faults more at most. */
  readonly aim: number;
  readonly wishes: number;
  readonly wishWeights: Readonly<Record<Wish, number>>;
  readonly weather: Weather;
  readonly disk: DiskHabits;
  /** ms at most until a crashed process runs again. */
  readonly downMs: number;
  readonly barrierWaitMs: number;
  readonly abortAfterMs: number;
  /** Chance per pass that the operator dies before, and after, its action. */
  readonly operatorDeaths: number;
  /** Chance that a pass sees what an earlier one saw. */
  readonly staleReads: number;
  /** More may be destroyed than quorums survive: then lost writes are no violation. */
  readonly disaster: boolean;
  /** Who is silent for too long gives its seat away; absent: never by time. */
  readonly silence?: Silence;
}

const NO_FAULTS: Record<Fault, number> = {
  kill: 0,
  'kill-mid-step': 0,
  'power-loss': 0,
  blackout: 0,
  restart: 0,
  'lose-volume': 0,
  'restore-volume': 0,
  corrupt: 0,
  'disk-full': 0,
  'disk-stall': 0,
  cut: 0,
  'one-way': 0,
  'isolate-operator': 0,
  storm: 0,
  reset: 0,
  clock: 0,
  'operator-kill': 0,
  'second-operator': 0,
  'stale-reads': 0,
  'restore-store': 0,
};

const NO_WISHES: Record<Wish, number> = {
  grow: 0,
  shrink: 0,
  jump: 0,
  decommission: 0,
  factor: 0,
  roll: 0,
  regrow: 0,
};

/** These faults and no others. */
export const faultWeights = (some: Partial<Record<Fault, number>>): Record<Fault, number> => ({
  ...NO_FAULTS,
  ...some,
});
/** These wishes and no others. */
export const wishWeights = (some: Partial<Record<Wish, number>>): Record<Wish, number> => ({
  ...NO_WISHES,
  ...some,
});

/** Everything at once. */
const ALL_FAULTS: Partial<Record<Fault, number>> = {
  kill: 3,
  'kill-mid-step': 3,
  'power-loss': 2,
  blackout: 1,
  restart: 1,
  'lose-volume': 2,
  'restore-volume': 1,
  corrupt: 1,
  'disk-full': 1,
  'disk-stall': 1,
  cut: 3,
  'one-way': 1,
  'isolate-operator': 1,
  storm: 2,
  reset: 1,
  clock: 1,
  'operator-kill': 2,
  'second-operator': 1,
  'stale-reads': 1,
  'restore-store': 1,
};

const FAULTS: Record<ProfileName, Partial<Record<Fault, number>>> = {
  small: { kill: 3, 'kill-mid-step': 3, 'power-loss': 2, cut: 2, 'lose-volume': 1, storm: 1 },
  churn: {
    kill: 3,
    'kill-mid-step': 3,
    'power-loss': 1,
    'operator-kill': 2,
    'lose-volume': 1,
    cut: 1,
  },
  partition: { cut: 5, 'one-way': 3, 'isolate-operator': 2, storm: 3, reset: 2, kill: 1 },
  disk: {
    'power-loss': 3,
    blackout: 1,
    'lose-volume': 2,
    'restore-volume': 2,
    corrupt: 2,
    'disk-full': 1,
    'disk-stall': 2,
    kill: 1,
    'kill-mid-step': 2,
  },
  operator: {
    'operator-kill': 4,
    'second-operator': 3,
    'stale-reads': 2,
    'restore-store': 2,
    'isolate-operator': 2,
    kill: 1,
    'lose-volume': 1,
  },
  all: ALL_FAULTS,
  silence: ALL_FAULTS,
};

const WISHES: Record<Wish, number> = {
  grow: 5,
  shrink: 3,
  jump: 3,
  decommission: 1,
  factor: 2,
  roll: 1,
  regrow: 2,
};

const CALM: Weather = { drop: 0, duplicate: 0, slow: 0, slowMs: 0, ordered: true };

/** A small ring to which nothing happens by itself, for schedules that are written by hand. */
export function calmSetting(members: number): Setting {
  return {
    ...drawSetting(seededRng(1), 'small', members, false),
    zones: 1,
    slotBits: 3,
    replicationFactor: 3,
    readQuorum: 2,
    writeQuorum: 2,
    mode: 'strict',
    conflicts: 'siblings',
    limits: {
      keyBytesMax: 1024,
      valueBytesMax: 1 << 20,
      hintAgeMs: 60_000,
      tombstoneGraceMs: 120_000,
      operationMs: 1_000,
    },
    keys: 0,
    clients: 0,
    faults: 0,
    wishes: 0,
    aim: 0,
    operatorDeaths: 0,
    staleReads: 0,
    disaster: false,
    weather: CALM,
    disk: { syncMs: [1, 3], miss: 0, missMs: 1, pageRecords: 0 },
    barrierWaitMs: 500,
    abortAfterMs: 3_000,
  };
}

/** Draws a schedule of the profile. `members` null: drawn too. `isWide`: on 4096 slots. */
export function drawSetting(
  rng: Rng,
  profile: ProfileName,
  members: number | null,
  isWide: boolean,
): Setting {
  const size = members ?? (profile === 'small' || chance(rng, 0.4) ? 3 : between(rng, 3, 5));
  const factor = drawFactor(rng, profile);
  const quorum = drawQuorums(rng, factor);
  const quiet = chance(rng, 0.04);
  // Few, but long and hard: they find what the many short ones leave.
  const fierce = !quiet && chance(rng, 0.04);
  return {
    profile,
    members: size,
    zones: chance(rng, 0.5) ? 1 : between(rng, 2, 4),
    slotBits: isWide ? 12 : between(rng, 3, 5),
    replicationFactor: factor,
    readQuorum: quorum.read,
    writeQuorum: quorum.write,
    mode: chance(rng, 0.04) ? 'sloppy' : 'strict',
    conflicts: chance(rng, 0.08) ? 'lastWriterWins' : 'siblings',
    limits: drawLimits(rng),
    keys: between(rng, 1, 5),
    clients: between(rng, 1, 4),
    thinkMs: fierce ? between(rng, 15, 90) : between(rng, 100, 1_200),
    contextShare: rng.fraction() * 0.7,
    deleteShare: rng.fraction() * 0.4,
    conditionShare: chance(rng, 0.5) ? 0 : rng.fraction() * 0.4,
    expiryShare: chance(rng, 0.8) ? 0 : rng.fraction() * 0.4,
    listShare: rng.fraction() * 0.1,
    troubleMs: fierce ? between(rng, 6_000, 12_000) : between(rng, 2_500, 5_500),
    faults: quiet ? 0 : fierce ? between(rng, 6, 12) : between(rng, 2, 5),
    faultWeights: faultWeights(FAULTS[profile]),
    aim: quiet || chance(rng, 0.5) ? 0 : rng.fraction() * 0.5,
    wishes: fierce ? between(rng, 2, 6) : between(rng, 1, profile === 'churn' ? 4 : 2),
    wishWeights:
      profile === 'small' ? { ...WISHES, jump: 0, decommission: 0, factor: 0, roll: 0 } : WISHES,
    weather: quiet ? CALM : drawWeather(rng, profile),
    disk: drawDisk(rng, profile),
    downMs: 3_000,
    barrierWaitMs: between(rng, 500, 2_000),
    abortAfterMs: between(rng, 2_000, 8_000),
    operatorDeaths: quiet ? 0 : profile === 'operator' ? 0.08 : 0.01,
    staleReads: quiet ? 0 : profile === 'operator' ? 0.1 : 0.02,
    disaster: profile !== 'small' && chance(rng, 0.03),
  };
}

function drawFactor(rng: Rng, profile: ProfileName): number {
  if (profile === 'small' || chance(rng, 0.7)) return 3;
  return pick(rng, [1, 2, 2, 4, 5]);
}

function drawQuorums(rng: Rng, factor: number): { read: number; write: number } {
  const majority = Math.floor(factor / 2) + 1;
  if (chance(rng, 0.8)) return { read: majority, write: majority };
  const write = between(rng, 1, factor);
  return { read: factor - write + 1, write };
}

function drawLimits(rng: Rng): DataLimits {
  const operationMs = between(rng, 800, 2_500);
  const isShort = chance(rng, 0.4);
  const hintAgeMs = isShort ? between(rng, 500, 3_000) : 60_000;
  const tombstoneGraceMs = hintAgeMs + operationMs + (isShort ? between(rng, 200, 1_500) : 60_000);
  return { keyBytesMax: 1024, valueBytesMax: 1 << 20, hintAgeMs, tombstoneGraceMs, operationMs };
}

function drawWeather(rng: Rng, profile: ProfileName): Weather {
  const rough = profile === 'partition' || chance(rng, 0.3);
  return {
    drop: rough ? rng.fraction() * 0.08 : chance(rng, 0.3) ? 0.01 : 0,
    duplicate: rough ? rng.fraction() * 0.1 : chance(rng, 0.3) ? 0.01 : 0,
    slow: chance(rng, 0.5) ? rng.fraction() * 0.15 : 0,
    slowMs: between(rng, 20, 1_500),
    ordered: chance(rng, 0.4),
  };
}

function drawDisk(rng: Rng, profile: ProfileName): DiskHabits {
  const slow = profile === 'disk' || chance(rng, 0.3);
  return {
    syncMs: slow ? [1, between(rng, 5, 300)] : [1, between(rng, 2, 12)],
    miss: rng.fraction() * 0.5,
    missMs: slow ? between(rng, 2, 60) : between(rng, 1, 8),
    pageRecords: chance(rng, 0.3) ? between(rng, 1, 3) : 0,
  };
}
