// The bugs of others and the schedules found in review (protocol §6): each transcript prints what its
// file says. UPDATE_TRANSCRIPTS=1 writes what they print now; read the difference before you keep it.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { Script } from './script.ts';

const FOLDER = new URL('../transcripts/', import.meta.url);

describe('transcripts', () => {
  test.each(
    readdirSync(FOLDER)
      .filter((name) => name.endsWith('.txt'))
      .sort(),
  )('%s', (name) => {
    const file = new URL(name, FOLDER);
    const text = readFileSync(file, 'utf8');
    const printed = new Script().run(text);
    if (process.env['UPDATE_TRANSCRIPTS'] === '1') writeFileSync(file, printed);
    else expect(printed).toBe(text);
  });
});
