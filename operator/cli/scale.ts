// `dht scale N`: sets `replicas` in the manifest that the operator watches, comments left as they are.
import { Command } from 'commander';
import { MEMBERS_MAX } from '../../core/limits.ts';
import { withField } from '../local/manifest-text.ts';
import { isConverged } from '../local/status.ts';
import { counted, formatDuration } from '../words.ts';
import { timeoutOption, wholeNumber } from './arguments.ts';
import { follow } from './follow.ts';
import { editManifest } from './manifest-edit.ts';
import { localRing } from './target.ts';
import type { GlobalOptions } from './target.ts';
import type { Terminal } from './terminal.ts';

interface ScaleOptions extends GlobalOptions {
  readonly wait?: boolean;
  readonly timeout: number;
}

export function scaleCommand(terminal: Terminal): Command {
  return new Command('scale')
    .description('change the number of members; may be changed again at any time, also half way')
    .argument('<replicas>', 'members wanted', wholeNumber(1, MEMBERS_MAX))
    .option('-w, --wait', 'follow the change to its end')
    .addOption(timeoutOption('give up waiting, not scaling, after this time', 600))
    .addHelpText('after', '\nExamples:\n  dht plan --replicas 5\n  dht scale 5 --wait')
    .action(async (replicas: number, _options: object, command: Command) => {
      const options = command.optsWithGlobals<ScaleOptions>();
      const ring = await localRing(options);
      const sinceMs = Date.now();
      const changed = await editManifest(ring, (text) => withField(text, ['replicas'], replicas));
      terminal.remark(
        changed
          ? `${ring.operator.manifest} asks for ${counted(replicas, 'member')} now`
          : `${ring.operator.manifest} asks for ${counted(replicas, 'member')} already`,
      );
      if (!ring.isOperated)
        terminal.remark('no operator runs this ring: the next `npm start` will scale it');
      if (options.wait === true && ring.isOperated) {
        const status = await follow(
          options,
          {
            sinceMs,
            timeoutMs: options.timeout,
            isReached: (now) => now.desiredReplicas === replicas && isConverged(now),
          },
          terminal,
        );
        terminal.remark(
          `done in ${formatDuration(Date.now() - sinceMs)}, epoch ${status.ring.epoch}`,
        );
      }
      if (options.output === 'json') {
        terminal.printJson({
          cluster: ring.folder.cluster,
          replicas,
          changed,
          operated: ring.isOperated,
        });
      }
    });
}
