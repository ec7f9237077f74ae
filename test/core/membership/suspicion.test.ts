import { describe, expect, test } from '@jest/globals';
import { incarnation } from '../../../core/api/ids.ts';
import { SUSPICION_TICKS } from '../../../core/limits.ts';
import { Suspicion } from '../../../core/membership/suspicion.ts';

const A = incarnation('a');
const B = incarnation('b');

function watching(): Suspicion {
  const suspicion = new Suspicion();
  suspicion.watch([A, B], 0);
  return suspicion;
}

describe('a peer', () => {
  test('falls silent once nothing was heard of it for longer than the suspicion time, and once only', () => {
    const suspicion = watching();
    suspicion.heard(A, 5);
    expect(suspicion.fellSilent(SUSPICION_TICKS)).toEqual([]);
    expect(suspicion.fellSilent(SUSPICION_TICKS + 1)).toEqual([B]);
    expect(suspicion.fellSilent(SUSPICION_TICKS + 2)).toEqual([]);
    expect(suspicion.fellSilent(SUSPICION_TICKS + 6)).toEqual([A]);
    expect(suspicion.silent()).toEqual([A, B]);
  });

  test('that is heard again is back, and told of once', () => {
    const suspicion = watching();
    suspicion.fellSilent(SUSPICION_TICKS + 1);
    expect(suspicion.heard(A, 30)).toBe(true);
    expect(suspicion.heard(A, 31)).toBe(false);
    expect(suspicion.heardOf()).toEqual([A]);
  });

  test('whose connection broke is silent at once', () => {
    const suspicion = watching();
    expect(suspicion.broke(A)).toBe(true);
    expect(suspicion.broke(A)).toBe(false);
    expect(suspicion.isSilent(A)).toBe(true);
    expect(suspicion.isSilent(B)).toBe(false);
  });

  test('that is not watched counts as silent for ever, and is never back', () => {
    const suspicion = watching();
    const stranger = incarnation('x');
    expect(suspicion.isSilent(stranger)).toBe(true);
    expect(suspicion.silentFor(stranger, 7)).toBe(Infinity);
    expect([suspicion.heard(stranger, 7), suspicion.broke(stranger)]).toEqual([false, false]);
  });

  test('has been silent since it was last heard, not since it was suspected', () => {
    const suspicion = watching();
    suspicion.heard(A, 10);
    suspicion.broke(A);
    expect(suspicion.silentFor(A, 25)).toBe(15);
  });
});

describe('a new document', () => {
  test('keeps what is known of who stays, forgets who went, and trusts who is new', () => {
    const suspicion = watching();
    suspicion.fellSilent(SUSPICION_TICKS + 1);
    const c = incarnation('c');
    suspicion.watch([A, c], 40);
    expect(suspicion.silent()).toEqual([A]);
    expect(suspicion.heardOf()).toEqual([c]);
    expect(suspicion.isSilent(B)).toBe(true);
    expect(suspicion.fellSilent(40 + SUSPICION_TICKS)).toEqual([]);
    expect(suspicion.fellSilent(41 + SUSPICION_TICKS)).toEqual([c]);
  });
});
