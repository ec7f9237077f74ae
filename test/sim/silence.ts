// Which schedules give the seats of silent members away (spec.replaceAfterSeconds), and who is away in
// them: how it goes, what is asked of the ring meanwhile, and whether it comes back with its volume.
import { seededRng } from '../../core/rng.ts';
import { between, chance, mixSeeds, weighted } from './chance.ts';
import {
  wishWeights,
  type Ending,
  type Going,
  type ProfileName,
  type Setting,
  type Silence,
} from './setting.ts';

/** In these, where the operator has the most to do, silence costs the seat now and then. */
const NOW_AND_THEN: ReadonlySet<ProfileName> = new Set(['churn', 'operator', 'all']);
/** One of so many of their seeds, at a remainder that no seed of test/seeds.txt had before. */
const EVERY = 17;
const REMAINDER = 3;

function isDrawn(seed: number, profile: ProfileName): boolean {
  return profile === 'silence' || (NOW_AND_THEN.has(profile) && seed % EVERY === REMAINDER);
}

const GOINGS: Readonly<Record<Going, number>> = { dead: 5, cut: 3, unheard: 2 };
const ENDINGS: Readonly<Record<Ending, number>> = { returns: 4, late: 3, never: 2, gone: 2 };
const WISHES = wishWeights({
  shrink: 4,
  grow: 3,
  decommission: 2,
  regrow: 1,
  factor: 1,
  roll: 1,
});

/** Drawn from a generator of its own, so that all else stays what the seed drew before; null: never by time. */
export function drawSilence(
  seed: number,
  { profile, troubleMs }: Pick<Setting, 'profile' | 'troubleMs'>,
): Silence | null {
  if (!isDrawn(seed, profile)) return null;
  const rng = seededRng(mixSeeds(seed, 9));
  const replaceAfterMs = between(rng, 200, 2_500);
  const absences = weighted(rng, { '0': 1, '1': 4, '2': 2 });
  return {
    replaceAfterMs,
    absences: Array.from({ length: Number(absences) }, () => {
      const how = weighted(rng, GOINGS);
      const ending = weighted(rng, ENDINGS);
      const lastsMs = between(rng, Math.floor(replaceAfterMs / 2), replaceAfterMs + 6_000);
      return {
        how,
        // What still runs somewhere is not proved gone.
        ending: how === 'dead' || ending === 'returns' ? ending : 'late',
        atMs: between(rng, 0, troubleMs),
        lastsMs,
        wish: chance(rng, 0.6)
          ? { kind: weighted(rng, WISHES), afterMs: between(rng, 0, lastsMs) }
          : null,
      };
    }),
  };
}
