// `dht hibernate`, `dht wake`: all members stopped, all volumes kept; and back.
import type { Command } from 'commander';
import type { RingStatus } from '../local/status.ts';
import { isConverged } from '../local/status.ts';
import type { Cli } from './cli.ts';
import { wishCommand } from './pause.ts';
import type { Wish } from './wish.ts';

const HIBERNATE: Wish = {
  edit: () => ({ hibernate: true }),
  says: 'for all members to be stopped and their volumes kept',
  isReached: ({ conditions }: RingStatus) =>
    conditions.some(({ type, status }) => type === 'Hibernated' && status === 'True'),
};

const WAKE: Wish = {
  edit: () => ({ hibernate: false }),
  says: 'for all members to run',
  isReached: isConverged,
};

export function hibernateCommand(cli: Cli): Command {
  return wishCommand(cli, 'hibernate', HIBERNATE).description(
    'stop all members and keep their volumes, once every copy is in its place (Kubernetes)',
  );
}

export function wakeCommand(cli: Cli): Command {
  return wishCommand(cli, 'wake', WAKE).description('start a hibernating ring, with the same data');
}
