// A worker thread of the fleet: runs the ranges of seeds that it is handed.
import { parentPort, workerData } from 'node:worker_threads';
import { defined } from '../../core/assert.ts';
import type { Range, WorkerSetup } from './fleet.ts';
import { tuneOf } from './hunts.ts';
import { runSchedule, type Outcome } from './schedule.ts';

const port = defined(parentPort, 'a parent thread');
const { profile, members, without, hunted } = workerData as WorkerSetup;

port.on('message', ({ from, count }: Range) => {
  const outcomes: Outcome[] = [];
  for (let seed = from; seed < from + count; seed++) {
    outcomes.push(
      runSchedule({
        seed,
        profile,
        members,
        without: new Set(without),
        trace: null,
        tune: tuneOf(hunted),
      }),
    );
  }
  port.postMessage(outcomes);
});
