// `npm run bench [-- --quick] [-- --only NAME,NAME]`: starts everything itself and prints, section
// by section, target, measured, met or missed. Exit code 1 where a target was missed.
import { cpus } from 'node:os';
import { InvalidArgumentError } from 'commander';
import { npmCommand } from '../command-line.ts';
import { client } from './client.ts';
import type { Bench, Figure, Section } from './figures.ts';
import { tableOf } from './figures.ts';
import { handoff } from './handoff.ts';
import { metrics } from './metrics.ts';
import { stolenSeconds } from './processor-time.ts';
import { quorum } from './quorum.ts';
import { routing } from './routing.ts';
import { singleNode } from './single-node.ts';
import { stepRate } from './step.ts';
import { storage } from './storage.ts';
import { transport } from './transport.ts';

const SECTIONS: readonly Section[] = [
  stepRate,
  singleNode,
  metrics,
  quorum,
  routing,
  client,
  handoff,
  storage,
  transport,
];
const NAMES = SECTIONS.map(({ name }) => name);
/** Share of the processors that the host may keep to itself before a reader is told. */
const STOLEN_MAX = 0.05;

const { quick = false, only = NAMES } = npmCommand(
  'bench',
  'Measures a ring beside something bare, run beside it.',
)
  .option('--quick', 'fewer rounds, shorter ones, fewer keys')
  .option('--only <names>', `of ${NAMES.join(', ')}: these, separated by commas`, sectionsIn)
  .addHelpText('after', '\nExit codes: 0 every target was met, 1 one was missed, 2 usage.')
  .parse()
  .opts<{ quick?: true; only?: readonly string[] }>();

// A signal must reach the `exit` handlers that take the processes and folders away.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130));

const bench: Bench = {
  quick,
  rounds: quick ? 3 : 5,
  seconds: quick ? 1 : 2,
  tell: (line) => {
    if (process.stderr.isTTY)
      process.stderr.write(`\x1b[2K\r${line.slice(0, process.stderr.columns - 1)}`);
  },
};

console.log(
  `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}`,
);
const all: Figure[] = [];
for (const section of SECTIONS.filter(({ name }) => only.includes(name))) {
  const [began, stolen] = [performance.now(), stolenSeconds()];
  const figures = await section.run(bench);
  all.push(...figures);
  if (process.stderr.isTTY) process.stderr.write('\x1b[2K\r');
  const seconds = (performance.now() - began) / 1000;
  const share = (stolenSeconds() - stolen) / (seconds * cpus().length);
  console.log(`\n${section.title} (${section.name}, ${Math.round(seconds)} s${warningOf(share)})`);
  console.log(tableOf(figures));
}
const judged = all.filter(({ isMet }) => isMet !== undefined);
const missed = judged.filter(({ isMet }) => isMet === false);
console.log(`\n${judged.length - missed.length} of ${judged.length} targets met`);
process.exitCode = missed.length === 0 ? 0 : 1;

function warningOf(stolenShare: number): string {
  if (!(stolenShare > STOLEN_MAX)) return '';
  return `; the host took ${Math.round(stolenShare * 100)} % of the processors away: measure again`;
}

function sectionsIn(text: string): readonly string[] {
  const names = text.split(',');
  if (names.every((name) => NAMES.includes(name))) return names;
  throw new InvalidArgumentError(`Give some of ${NAMES.join(', ')}.`);
}
