// `dht apply -f`: gives the running ring another spec, after it was found valid.
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Command } from 'commander';
import { withSpecOf } from '../local/manifest-text.ts';
import { CommandFailed, EXIT } from './exit.ts';
import { clusterNameIn, editManifest } from './manifest-edit.ts';
import { localRing } from './local-ring.ts';
import type { LocalOptions } from './local-ring.ts';
import type { Terminal } from './terminal.ts';

interface ApplyOptions extends LocalOptions {
  readonly file: string;
}

export function applyCommand(terminal: Terminal): Command {
  return new Command('apply')
    .description('give a running ring the spec of another manifest')
    .requiredOption(
      '-f, --file <path>',
      'a DhtCluster manifest; - reads it from the standard input',
    )
    .addHelpText('after', '\nExample:\n  dht apply -f examples/dev.yaml')
    .action(async (_options: object, command: Command) => {
      const options = command.optsWithGlobals<ApplyOptions>();
      const text = await readManifest(options.file);
      const cluster = clusterNameIn(text, options.file);
      const ring = await localRing({ ...options, cluster });
      const changed =
        resolve(options.file) !== ring.operator.manifest &&
        (await editManifest(ring, (old) => withSpecOf(old, text)));
      if (options.output === 'json')
        terminal.printJson({ cluster, changed, operated: ring.isOperated });
      else terminal.print(`${cluster} ${changed ? 'configured' : 'unchanged'}`);
      if (!ring.isOperated)
        terminal.remark('no operator runs this ring: the next `npm start` will carry it out');
    });
}

async function readManifest(path: string): Promise<string> {
  try {
    return path === '-' ? readFileSync(0, 'utf8') : await readFile(path, 'utf8');
  } catch (cause) {
    throw new CommandFailed(EXIT.notFound, `${path} cannot be read`, { cause });
  }
}
