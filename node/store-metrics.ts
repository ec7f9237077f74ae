// The store and its disk: what is held, how much room is left, what a sync costs.
import { SECONDS_BOUNDS } from './distribution.ts';
import { counter, gauge, histogram } from './metrics.ts';
import type { Metrics } from './metrics.ts';
import type { Picture } from './picture.ts';
import { SIZE_BOUNDS } from './storage/commit.ts';

type Of = (
  kind: typeof gauge,
  name: string,
  help: string,
  read: (picture: Picture) => number,
) => void;

export function storeMetrics(registry: Metrics, now: () => Picture): void {
  const of: Of = (kind, name, help, read) => {
    kind(registry, { name: `dht_node_store_${name}`, help }, () => read(now()));
  };
  heldMetrics(of);
  cacheMetrics(of);
  commitMetrics(registry, now);
}

function heldMetrics(of: Of): void {
  of(
    gauge,
    'keys',
    'Keys held, tombstones included. Rising: data grows.',
    ({ report }) => report.keys,
  );
  of(
    gauge,
    'bytes',
    'Bytes of those keys and their objects. Rising: data grows.',
    ({ report }) => report.bytes,
  );
  of(
    gauge,
    'disk_bytes',
    "Bytes of the store's files. Rising while bytes does not: compaction lags.",
    ({ store }) => store.diskBytes,
  );
  of(
    gauge,
    'disk_free_bytes',
    'Free bytes of its volume. Falling: it fills up.',
    ({ store }) => store.diskFreeBytes,
  );
  of(
    gauge,
    'disk_reserve_bytes',
    'Free bytes below which the disk counts as full. Changed: it was started with another setting.',
    ({ store }) => store.diskReserveBytes,
  );
  of(
    gauge,
    'disk_full',
    'Whether the disk counts as full. 1: new values are refused to keep room for deletes and handoff.',
    ({ store }) => Number(store.diskFull),
  );
  of(
    gauge,
    'damaged_records',
    'Records known to be damaged and not healed yet. Rising: the disk goes bad.',
    ({ report }) => report.damagedRecords ?? 0,
  );
}

function cacheMetrics(of: Of): void {
  of(
    gauge,
    'cache_bytes',
    'Bytes of records kept in memory. At its limit: the cache is in full use.',
    ({ store }) => store.cacheBytes,
  );
  of(
    counter,
    'cache_hits_total',
    'Loads answered from memory. Rising: the cache is of use.',
    ({ store }) => store.cacheHits,
  );
  of(
    counter,
    'cache_misses_total',
    'Loads that went to the disk. Rising: the working set outgrew the cache.',
    ({ store }) => store.cacheMisses,
  );
}

function commitMetrics(registry: Metrics, now: () => Picture): void {
  histogram(
    registry,
    {
      name: 'dht_node_store_commit_duration_seconds',
      help: 'Seconds of group commits, each one sync of the disk. Rising: the disk slows.',
    },
    () => [{ labels: {}, ...now().store.commitSeconds }],
    SECONDS_BOUNDS,
  );
  histogram(
    registry,
    {
      name: 'dht_node_store_commit_writes',
      help: 'Writes that share a group commit. Rising: the load rises or the disk slows.',
    },
    () => [{ labels: {}, ...now().store.commitWrites }],
    SIZE_BOUNDS,
  );
}
