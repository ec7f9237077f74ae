// Arguments and options as people type them → numbers; a complaint names what would be right.
import { InvalidArgumentError, Option } from 'commander';

/** A parser of whole numbers within bounds. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Give a whole number from ${min} to ${max}.`);
  };
}

/** `--timeout`: given and shown in seconds, read in ms. */
export function timeoutOption(description: string, defaultSeconds: number): Option {
  return new Option('--timeout <seconds>', description)
    .argParser(seconds)
    .default(defaultSeconds * 1000, String(defaultSeconds));
}

/** Seconds, as ms. */
function seconds(text: string): number {
  const value = Number(text.replace(/s$/, ''));
  if (Number.isFinite(value) && value > 0) return value * 1000;
  throw new InvalidArgumentError('Give seconds, such as 60.');
}

/** A moment: `10m`, `30s`, `2h` ago, or a date that JavaScript reads. Wall clock in ms. */
export function moment(text: string): number {
  const ago = /^(\d+)(s|m|h)$/.exec(text);
  if (ago !== null) {
    const unit = { s: 1_000, m: 60_000, h: 3_600_000 }[ago[2] as 's' | 'm' | 'h'];
    return Date.now() - Number(ago[1]) * unit;
  }
  const at = Date.parse(text);
  if (Number.isFinite(at)) return at;
  throw new InvalidArgumentError(
    'Give a time such as 30s, 10m, 2h (ago), or 2026-01-31T12:00:00Z.',
  );
}
