// All cases of the exhausted small scope on all cores, one lane (node and blow) at a time per worker.
import { Worker } from 'node:worker_threads';
import type { ExhaustReport } from './exhaust-worker.ts';
import { LANES } from './exhaust.ts';

/** Resolves to the exit code: 1 after a violation. */
export async function runExhaustion(jobs: number, stride: number): Promise<number> {
  const began = performance.now();
  const lanes = [...LANES];
  const print = (line: string): void => {
    process.stdout.write(`${line}\n`);
  };
  let cases = 0,
    violations = 0;
  const noted = (report: ExhaustReport): void => {
    cases += report.cases;
    violations += report.failed.length;
    for (const line of report.failed) print(line);
    print(
      `${report.lane.blow} of dev-${report.lane.ordinal}: ${report.cases} cases, ${report.failed.length} violations`,
    );
  };
  const work = async (): Promise<void> => {
    for (let lane = lanes.shift(); lane !== undefined; lane = lanes.shift())
      noted(await runLane({ lane, stride }));
  };
  await Promise.all(Array.from({ length: Math.max(1, jobs) }, work));
  print(
    `cases=${cases} violations=${violations} seconds=${((performance.now() - began) / 1000).toFixed(0)}`,
  );
  return violations > 0 ? 1 : 0;
}

function runLane(workerData: object): Promise<ExhaustReport> {
  const worker = new Worker(new URL('./exhaust-worker.ts', import.meta.url), { workerData });
  return new Promise((resolve, reject) => {
    worker.on('error', reject);
    worker.on('message', resolve);
  });
}
