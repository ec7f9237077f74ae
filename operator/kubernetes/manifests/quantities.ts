// Amounts as the API server writes them, so that what it has can be compared with what it should have.
import { millicoresOf } from '../../../core/api/quantity.ts';

/** `0.5` → `500m`, `2000m` → `2`. */
export function canonicalCores(cores: number | string): string {
  const millicores = millicoresOf(cores);
  return millicores % 1000 === 0 ? String(millicores / 1000) : `${millicores}m`;
}

const LARGER: Readonly<Record<string, { readonly unit: string; readonly times: number }>> = {
  M: { unit: 'G', times: 1000 },
  G: { unit: 'T', times: 1000 },
  Mi: { unit: 'Gi', times: 1024 },
  Gi: { unit: 'Ti', times: 1024 },
};

/** `2048Mi` → `2Gi`; for texts as the spec admits them (core/api/quantity.ts). */
export function canonicalBytes(text: string): string {
  let amount = Number(/^[0-9]+/.exec(text)?.[0] ?? '0');
  let unit = text.replace(/^[0-9]+/, '');
  for (;;) {
    const larger = LARGER[unit];
    if (larger === undefined || amount % larger.times !== 0) return `${amount}${unit}`;
    amount /= larger.times;
    unit = larger.unit;
  }
}
