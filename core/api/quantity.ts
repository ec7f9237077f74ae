// Amounts with a unit, as Kubernetes writes them: bytes (10Gi, 500M) and cores (2, 0.5, 250m). Only
// the spellings that our fields take; what they admit fits a number exactly.

const UNITS = {
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
} as const;

/** Of six digits, as BYTES_PATTERN has it. */
const DIGITS_MAX = 999_999;

/** Whole numbers with a unit: a bare number is too easily a slip, and a fraction has a smaller unit. */
export const BYTES_PATTERN = '^[1-9][0-9]{0,5}(M|G|T|Mi|Gi|Ti)$';
export const CORES_PATTERN = '^([1-9][0-9]{0,5}m|(0|[1-9][0-9]{0,2})([.][0-9]{1,3})?)$';

/** Bytes of a text that fits BYTES_PATTERN. */
export function bytesOf(quantity: string): number {
  const digits = /^[0-9]+/.exec(quantity)?.[0] ?? '';
  return Number(digits) * UNITS[quantity.slice(digits.length) as keyof typeof UNITS];
}

/** Thousandths of a core. */
export function millicoresOf(cores: number | string): number {
  if (typeof cores === 'string' && cores.endsWith('m')) return Number(cores.slice(0, -1));
  return Math.round(Number(cores) * 1000);
}

/** The text of at least so many bytes: mebibytes, or a larger unit where they would not fit. */
export function quantityOf(bytes: number): string {
  const unit = (['Mi', 'Gi', 'Ti'] as const).find((each) => bytes <= DIGITS_MAX * UNITS[each]);
  return `${String(Math.ceil(bytes / UNITS[unit ?? 'Ti']))}${unit ?? 'Ti'}`;
}
