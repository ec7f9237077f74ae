// The process that crash.test.ts kills: writes effects as fast as they are taken, and prints the
// number of each one on its own line once it is told that it is durable.
import { writeSync } from 'node:fs';
import { keyOf } from '../../../core/ring/hash.ts';
import { openLevelStorage } from '../../../node/storage/level.ts';
import { objectOf, recordOf } from './samples.ts';

const OUTSTANDING = 20;
const [folder = '', start = '0'] = process.argv.slice(2);

const storage = await openLevelStorage({
  folder,
  durability: 'sync',
  cacheBytes: 50_000,
  failed: (error) => {
    throw error;
  },
});

/** Two records of its own, and a record, a mark and a hint that all effects share. */
function issue(number: number): void {
  storage.store(
    [
      recordOf(`left-${number}`, 'v'),
      recordOf('shared', 'v'.repeat(number % 3000), number + 1),
      { kind: 'mark', name: 'last', value: String(number) },
      {
        kind: 'hint',
        target: storage.identity.incarnation,
        key: keyOf('hint'),
        hint: { object: objectOf('h'), sinceMs: number },
      },
      recordOf(`right-${number}`, 'v'),
    ],
    () => {
      writeSync(1, `${number}\n`);
      issue(next++);
    },
  );
}

let next = Number(start);
for (let i = 0; i < OUTSTANDING; i++) issue(next++);
