// `kubectl dht` as a user gets it: kubectl finds the program on the PATH.
import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { ended, feed } from '../live/ended.ts';
import type { Kube } from './kube.ts';

/** Characters of a long output that are shown of a failure. */
const SHOWN_MAX = 4000;
const PROGRAM = join(import.meta.dirname, '../../operator/cli/kubectl-dht.mjs');

export class Plugin {
  readonly #folder = mkdtempSync(join(tmpdir(), 'ringkeeper-plugin-'));

  constructor() {
    symlinkSync(PROGRAM, join(this.#folder, 'kubectl-dht'));
  }

  /** Results and remarks; throws where it fails. */
  async run(
    kube: Kube,
    ...words: readonly string[]
  ): Promise<{ readonly out: string; readonly err: string }> {
    const { code, out, err } = await ended(this.#start(kube, words));
    // For people who read the run; a long log tells them nothing.
    if (words[0] !== 'logs')
      process.stderr.write(`  $ kubectl dht ${words.join(' ')}\n${out}${err}`);
    if (code !== 0) throw new Error(`kubectl dht ${words.join(' ')}: ${String(code)}: ${err}`);
    return { out, err };
  }

  /** Runs it while something is done, and ends it then; what it printed meanwhile. Throws where it ends sooner. */
  async during(
    kube: Kube,
    words: readonly string[],
    act: (said: () => string) => Promise<void>,
  ): Promise<string> {
    const child = this.#start(kube, words);
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    const end = ended(child);
    const tooSoon = end.then(({ code, err }) => {
      throw new Error(`kubectl dht ${words.join(' ')} ended by itself: ${String(code)}: ${err}`);
    });
    try {
      await Promise.race([act(() => said), tooSoon]);
    } catch (error) {
      const shown = said.slice(-SHOWN_MAX);
      throw new Error(`${String(error)}; last that it printed:\n${shown}`, { cause: error });
    } finally {
      child.kill();
      await end;
    }
    return said;
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #start({ settings, namespace }: Kube, words: readonly string[]): ChildProcessWithoutNullStreams {
    const line = ['dht', ...words, '-n', namespace, '--context', settings.context];
    const child = spawn('kubectl', line, {
      env: { ...process.env, PATH: `${this.#folder}${delimiter}${process.env.PATH ?? ''}` },
    });
    feed(child, '');
    return child;
  }
}
