// Keeps the heap small, from before anything else is loaded. By default V8 may let the old generation
// double or more before it collects it, and each dead record there keeps memory outside as well.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Collect once it has grown by 60 %: with 30 % a node that takes writes spends a quarter more
 * processor time, with 100 % it holds a tenth more memory.
 */
setFlagsFromString('--heap-growing-percent=60');

/** To be called once all is loaded: an idle node would keep what its start left behind, some 12 MB. */
export function collectStart(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  setFlagsFromString('--no-expose-gc');
}
