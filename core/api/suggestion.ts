// Did you mean …? Decides which known word an unknown one was probably meant to be.

/**
 * The nearest known word, where it is near enough to be meant; null: none is. Case does not count.
 */
export function nearest(word: string, known: readonly string[]): string | null {
  let best: string | null = null;
  let least = Math.max(1, Math.floor(word.length / 3)) + 1;
  if (word.length > 64) return null;
  for (const candidate of known) {
    const edits = distance(word.toLowerCase(), candidate.toLowerCase());
    if (edits < least) {
      best = candidate;
      least = edits;
    }
  }
  return best;
}

/** Letters to insert, drop, replace or swap with the next (optimal string alignment). */
function distance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = last[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const edits = Math.min(replaced, last[j]! + 1, row[j - 1]! + 1);
      row.push(swapped ? Math.min(edits, beforeLast[j - 2]! + 1) : edits);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length]!;
}
