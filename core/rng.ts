// A seeded generator: the core's only source of chance, handed in by who drives it.

/** Draws numbers that depend on the seed alone. */
export interface Rng {
  /** An integer in 0 … bound − 1; bound is 1 … 2^32. */
  below(bound: number): number;
  /** A number in [0, 1). */
  fraction(): number;
}

/** sfc32 (Doty-Humphrey, PractRand), seeded by splitmix32 and warmed up by 12 rounds. */
export function seededRng(seed: number): Rng {
  let a = mix(seed),
    b = mix(seed + 0x9e3779b9),
    c = mix(seed + 0x3c6ef372),
    d = 1;
  const draw = (): number => {
    const t = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + t) | 0;
    return t >>> 0;
  };
  for (let round = 0; round < 12; round++) draw();
  return {
    below: (bound) => Math.floor((draw() / 2 ** 32) * bound),
    fraction: () => draw() / 2 ** 32,
  };
}

function mix(seed: number): number {
  let z = (seed + 0x9e3779b9) | 0;
  z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
  z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
  return z ^ (z >>> 15);
}
