// If-Match and If-None-Match → the condition of a write, or the verdict on a read (RFC 9110 §13).
import type { WriteCondition } from '../../core/api/requests.ts';
import { RingError } from '../../core/errors.ts';

export interface ConditionHeaders {
  readonly ifMatch: string | undefined;
  readonly ifNoneMatch: string | undefined;
}

const ANY: WriteCondition = { kind: 'any' };
const ABSENT: WriteCondition = { kind: 'absent' };

/**
 * Throws BAD_REQUEST where the two contradict each other or ask for what no coordinator can judge.
 */
export function writeCondition({ ifMatch, ifNoneMatch }: ConditionHeaders): WriteCondition {
  if (ifMatch === undefined && ifNoneMatch === undefined) return ANY;
  if (ifMatch !== undefined && ifNoneMatch !== undefined) {
    throw new RingError('BAD_REQUEST', 'give If-Match or If-None-Match, not both');
  }
  if (ifMatch === undefined) {
    if (ifNoneMatch?.trim() === '*') return ABSENT;
    throw new RingError('BAD_REQUEST', 'If-None-Match of a write can only be *');
  }
  if (ifMatch.trim() === '*') return { kind: 'matches', etags: ['*'] };
  // A weak tag never matches strongly (RFC 9110 §8.8.3.2), so it is left out.
  const etags = parseEtags(ifMatch)
    .filter((tag) => !tag.weak)
    .map((tag) => tag.value);
  return { kind: 'matches', etags };
}

/** What a read with these headers answers, given the ETag it found (null: nothing). */
export function readVerdict(
  { ifMatch, ifNoneMatch }: ConditionHeaders,
  etag: string | null,
): 'send' | 'not-modified' | 'failed' {
  if (ifMatch !== undefined && !matches(ifMatch, etag, false)) return 'failed';
  if (ifNoneMatch !== undefined && matches(ifNoneMatch, etag, true)) return 'not-modified';
  return 'send';
}

function matches(header: string, etag: string | null, weakly: boolean): boolean {
  if (header.trim() === '*') return etag !== null;
  return parseEtags(header).some((tag) => tag.value === etag && (weakly || !tag.weak));
}

function parseEtags(header: string): { value: string; weak: boolean }[] {
  const tags: { value: string; weak: boolean }[] = [];
  // One tag with the comma before it; nothing may stand between.
  const pattern = /\s*(W\/)?"([\x21\x23-\x7e]*)"\s*(,|$)/y;
  // At least one: an empty list is no condition, and no version either.
  do {
    const match = pattern.exec(header);
    if (match === null) {
      throw new RingError(
        'BAD_REQUEST',
        'If-Match takes ETags in double quotes, with commas between',
      );
    }
    tags.push({ value: match[2]!, weak: match[1] !== undefined });
  } while (pattern.lastIndex < header.length);
  return tags;
}
