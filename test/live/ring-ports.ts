// Where a ring under test listens: apart from the defaults, and from other rings of this machine.
import { LOCAL_PORT_STRIDE } from '../../core/limits.ts';
import { isFree } from '../../operator/local/ports.ts';

/** Below the range of outgoing connections, and apart from the defaults. */
const PORTS_FROM = 15_000;
const PORTS_TO = 31_000;
/** Ports that one ring may use: enough for a dozen nodes. */
const PORTS_OF_RING = 20 * LOCAL_PORT_STRIDE;

/** The start of a run of free ports for one ring. */
export async function freePortBase(): Promise<number> {
  for (let at = PORTS_FROM + (process.pid % 40) * PORTS_OF_RING; ; at += PORTS_OF_RING) {
    const base = PORTS_FROM + ((at - PORTS_FROM) % (PORTS_TO - PORTS_FROM));
    const probes = Array.from({ length: 7 }, (_, i) => base + i * LOCAL_PORT_STRIDE);
    if ((await Promise.all(probes.map(isFree))).every(Boolean)) return base;
  }
}
