// Files that may not be there yet, or be replaced this very moment.
import { readFileSync } from 'node:fs';

export function readOr(path: string, otherwise: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return otherwise;
  }
}

/** The JSON in the file; null where there is none. */
export function parsed(path: string): unknown {
  const text = readOr(path, '');
  try {
    return text === '' ? null : (JSON.parse(text) as unknown);
  } catch {
    return null;
  }
}
