// What a person sees while `npm start` runs: a line for each thing that happens, and below them, on
// a terminal, one line that is drawn again and again while something is under way.
import type { Observed } from '../planner/observed.ts';
import type { Telling } from '../console-place.ts';
import { follower } from '../news.ts';
import type { Plan } from '../planner/plan.ts';
import {
  counted,
  formatBytes,
  formatDuration,
  midSentence,
  progressBar,
  reasonOf,
  remainingText,
} from '../words.ts';
import type { ManifestEvent, ManifestFile } from './manifest.ts';
import { isConverged } from './status.ts';
import type { RingStatus } from './status.ts';
import type { SupervisorEvent } from './supervisor.ts';

export interface Screen {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export interface Picture {
  line(text: string): void;
  opened(manifest: ManifestFile): void;
  process(event: SupervisorEvent, logFile: string): void;
  manifest(event: ManifestEvent): void;
  status(status: RingStatus, plan: Plan, observed: Observed): void;
  /** Where the console is, to be named once the ring is ready. */
  console(url: string): void;
  /** Takes the drawn line away; nothing is drawn any more. */
  end(): void;
}

/** Plain output repeats progress no more often than this, in ms. */
const PLAIN_PROGRESS_MS = 2_000;

export function openPicture(screen: Screen, now: () => number): Picture {
  const live = screen.isTTY === true;
  let drawn = '';
  let ended = false;
  const draw = (text: string): void => {
    if (!live || ended || text === drawn) return;
    screen.write(`\r\x1b[K${text.slice(0, (screen.columns || 80) - 1)}`);
    drawn = text;
  };
  const line = (text: string): void => {
    if (live && drawn !== '') screen.write('\r\x1b[K');
    screen.write(`${text}\n`);
    const again = drawn;
    drawn = '';
    if (again !== '') draw(again);
  };
  let consoleUrl: string | null = null;
  const follow = storyteller(line, () => consoleUrl);
  const failures = new Map<string, string>();
  let plainMs = 0;
  return {
    line,
    opened: ({ path, folder }) => {
      line(`Ringkeeper runs the ring ${folder.cluster} of ${path}; its state is in ${folder.root}`);
    },
    process: (event, logFile) => {
      // A failure that repeats itself is told once, until something else happens to the node.
      const told = event.kind === 'failed' ? reasonOf(event.error) : '';
      if (told !== '' && failures.get(event.id) === told) return;
      failures.set(event.id, told);
      for (const text of processLines(event, logFile)) line(text);
    },
    manifest: (event) => {
      for (const text of manifestLines(event)) line(text);
    },
    status: (status) => {
      follow(status);
      const progress = progressLine(status);
      draw(progress);
      if (!live && status.operation !== null && now() - plainMs >= PLAIN_PROGRESS_MS) {
        plainMs = now();
        line(`  ${progress}`);
      }
    },
    console: (url) => {
      consoleUrl = url;
    },
    end: () => {
      draw('');
      ended = true;
    },
  };
}

export function processLines(event: SupervisorEvent, logFile: string): readonly string[] {
  switch (event.kind) {
    case 'started':
      return [`  ${event.id}  started (process ${event.pid}), log in ${logFile}`];
    case 'adopted':
      return [`  ${event.id}  adopted: process ${event.pid} went on without an operator`];
    case 'stopped':
      return [`  ${event.id}  stopped`];
    case 'crashed':
      return [
        `! ${event.id}  ended by itself (${event.how}); starts again in ` +
          `${formatDuration(event.retryMs)}; log in ${logFile}`,
      ];
    case 'failed':
      return [
        `! ${event.id}  cannot be started: ${reasonOf(event.error)}`,
        `           tried again in ${formatDuration(event.retryMs)}, and ever more seldom until it works`,
      ];
    case 'held':
      return [`  ${event.id}  stays stopped until it is started by hand`];
    case 'killed':
      return [`  ${event.id}  killed by hand`];
    case 'paused':
      return [`  ${event.id}  paused by hand`];
    case 'resumed':
      return [`  ${event.id}  goes on, by hand`];
    case 'volume-gone':
      return [
        `! ${event.id}  its data folder was taken away; the process is ended, ` +
          'and the ring rebuilds what it held',
      ];
  }
}

export function manifestLines(event: ManifestEvent): readonly string[] {
  switch (event.kind) {
    case 'changed':
      return [`* ${event.path} changed: ${event.summary}`];
    case 'invalid':
      return [
        `! ${event.path} is not valid; the last good one stays in force:`,
        ...event.problems.map((problem) => `    ${problem}`),
      ];
    case 'missing':
      return [`! ${event.path} is gone; the last good manifest stays in force`];
  }
}

/** Tells what differs from the last status, and greets once when all is there. */
function storyteller(
  line: (text: string) => void,
  consoleUrl: () => string | null,
): (status: RingStatus) => void {
  const follow = follower(({ kind, text }) => {
    line(`${MARKS[kind]} ${text}`);
  });
  let welcomed = false;
  return (status) => {
    const whole = isConverged(status);
    follow({
      observedMs: status.observedMs,
      epoch: status.ring.epoch,
      operation: status.operation,
      waits: status.waits,
      atRest: whole,
      restText: summaryOf(status),
    });
    if (!whole || welcomed) return;
    for (const text of welcomeLines(status, consoleUrl())) line(text);
    welcomed = true;
  };
}

const MARKS: Readonly<Record<Telling['kind'], string>> = {
  trouble: '!',
  change: '~',
  healthy: '=',
  waits: '.',
  manifest: '*',
  process: ' ',
};

function summaryOf({ ring, readyReplicas, desiredReplicas }: RingStatus): string {
  return (
    `ring is ready: ${readyReplicas} of ${desiredReplicas} members serve, epoch ${ring.epoch}, ` +
    `N=${ring.replicationFactor} R=${ring.readQuorum} W=${ring.writeQuorum}`
  );
}

function welcomeLines({ url, cluster }: RingStatus, consoleUrl: string | null): readonly string[] {
  return [
    '',
    `    curl -X PUT ${url}/v1/kv/greeting -d 'hello'`,
    `    curl ${url}/v1/kv/greeting`,
    '',
    ...(consoleUrl === null ? [] : [`    ${consoleUrl}`, '']),
    `    npx dht status          what the ring ${cluster} is doing`,
    '    npx dht scale 5         or edit `replicas` in the manifest',
    '    Ctrl-C                  stops all nodes in order; the data stays',
    '',
  ];
}

function progressLine(status: RingStatus): string {
  const { operation, waits } = status;
  if (operation === null)
    return waits[0] === undefined ? '' : `waits: ${midSentence(waits[0].message)}`;
  return (
    `${operation.summary}  ${operation.phase}  ` +
    `${progressBar(operation.slotsDone, operation.slotsTotal)}  ${counted(operation.keysDone, 'key')}  ` +
    `${formatBytes(operation.bytesDone)}${remainingText(operation.etaMs)}`
  );
}
