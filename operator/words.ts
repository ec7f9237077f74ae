// How figures are written for people: counts, bytes, durations, progress.

export function formatCount(n: number): string {
  return Math.round(n).toLocaleString('en-US');
}

/** `1 key`, `2 keys`. */
export function counted(n: number, one: string, many = `${one}s`): string {
  return `${formatCount(n)} ${n === 1 ? one : many}`;
}

/** Binary units, three digits at most: `0 B`, `12.3 MiB`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = Math.max(0, bytes);
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]!}`;
}

/** `340 ms`, `12 s`, `3 min 05 s`, `2 h 10 min`. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const two = (n: number): string => String(n).padStart(2, '0');
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${two(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${two(Math.floor((seconds % 3600) / 60))} min`;
}

/** `█████░░░░░  50 %`; an unknown total counts as nothing done. */
export function progressBar(done: number, total: number, width = 24): string {
  const fraction = total <= 0 ? 0 : Math.min(1, done / total);
  const full = Math.floor(fraction * width);
  return `${'█'.repeat(full)}${'░'.repeat(width - full)} ${String(Math.floor(fraction * 100)).padStart(3)} %`;
}

/** ms that the rest takes at the speed so far; null while nothing was done. */
export function remainingMs(progress: {
  done: number;
  total: number;
  elapsedMs: number;
}): number | null {
  const { done, total, elapsedMs } = progress;
  if (done <= 0 || total <= 0) return null;
  return done >= total ? 0 : Math.round((elapsedMs * (total - done)) / done);
}

/** `3 min 05 s left` to be put after a line; nothing where it is done or not known. */
export function remainingText(ms: number | null, before = '  '): string {
  return ms === null || ms <= 0 ? '' : `${before}${formatDuration(ms)} left`;
}

/** A sentence as it stands within another one; names (`dev-1`, `N`, `DhtCluster`) stay as they are. */
export function midSentence(text: string): string {
  return /^[A-Z][a-z]*\b/.test(text) && !/^[NRW]\b/.test(text)
    ? text[0]!.toLowerCase() + text.slice(1)
    : text;
}

/** The message of anything thrown, with what led to it. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause =
    error.cause instanceof Error && error.cause.message !== '' ? ` (${error.cause.message})` : '';
  return `${error.message}${cause}`;
}
