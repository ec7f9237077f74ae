// The node's log: one line per change of state, none per data request at info. JSON, or coloured
// and readable on a terminal.
import { pino } from 'pino';
import type { Logger } from 'pino';
import type { ReplicaEvent } from '../core/replica/effects.ts';
import type { NodeConfig } from './config.ts';

export type { Logger } from 'pino';

export async function openLog(
  config: Pick<NodeConfig, 'id' | 'logLevel' | 'logFormat'>,
): Promise<Logger> {
  const options = {
    level: config.logLevel,
    base: { node: config.id },
    formatters: { level: (label: string) => ({ level: label }) },
    timestamp: pino.stdTimeFunctions.isoTime,
  };
  // Synchronous, so that the last line before an exit is never lost; lines are few.
  if (config.logFormat === 'json') return pino(options, pino.destination({ dest: 1, sync: true }));
  // Loaded only where a person watches: a serving node does without its memory.
  const { default: pretty } = await import('pino-pretty');
  return pino(options, pretty({ sync: true, ignore: 'node', translateTime: 'SYS:HH:MM:ss.l' }));
}

/** One line for what the replica found worth telling, at the level it deserves. */
export function logEvent(log: Logger, event: ReplicaEvent): void {
  switch (event.kind) {
    case 'split-ring':
    case 'data-loss-possible':
      log.error(event, event.kind);
      break;
    case 'corrupt-record':
    case 'hints-dropped':
    case 'peer-silent':
      log.warn(event, event.kind);
      break;
    case 'peer-back':
    case 'slots-covered':
    case 'cleaned-up':
    case 'drained':
      log.info(event, event.kind);
  }
}
