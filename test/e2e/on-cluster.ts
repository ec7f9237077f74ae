// A suite of scenarios on the cluster that the environment names: the operator is installed, one ring
// made, and each act is done to it under a steady load of eight clients whose history is judged.
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { Installation } from './installation.ts';
import { ENDED_MS, HOW_TO, e2eSettings } from './kube.ts';
import type { LoadVerdict } from './load-port.ts';
import { RingUnderLoad } from './ring-under-load.ts';

/** ms: a scale by three members, on three hosts that share two cores. */
export const CHANGE_MS = 240_000;
export const TEST_MS = 900_000;
export const RING = 'ring';

const settings = e2eSettings();

export interface Scene {
  readonly installed: Installation;
  readonly ring: RingUnderLoad;
  /** Runs the act under load; the ring must settle, and every acknowledged write be there. */
  underLoad(act: () => Promise<void>, options?: { readonly host?: string }): Promise<LoadVerdict>;
  /** The same for what is done in order: nobody who tries twice sees an error. */
  gracefully(act: () => Promise<void>): Promise<void>;
}

/** Skipped, with a word on what would run it, where no cluster is named. */
export function describeOnCluster(
  title: string,
  suite: (scene: Scene) => void,
  spec: object = {},
): void {
  const onCluster = settings === null ? describe.skip : describe;
  onCluster(settings === null ? `${title} (${HOW_TO})` : title, () => {
    let installed: Installation;
    let ring: RingUnderLoad;

    beforeAll(async () => {
      installed = await Installation.open(settings!);
      ring = new RingUnderLoad(installed.rings, RING, installed.images);
    }, TEST_MS);

    afterEach(async () => {
      await installed.rings.again(['delete', 'pod', 'load', '--ignore-not-found', '--now'], {
        timeoutMs: ENDED_MS,
      });
    }, TEST_MS);

    afterAll(async () => {
      await installed?.close();
    }, TEST_MS);

    const underLoad: Scene['underLoad'] = async (act, options = {}) => {
      await ring.startLoad(options);
      await act();
      await ring.untilSettled(CHANGE_MS);
      const verdict = await ring.finishLoad();
      say(lineOf(verdict));
      expect(verdict.violations).toEqual([]);
      expect(verdict.acknowledged).toBeGreaterThan(100);
      return verdict;
    };
    const gracefully: Scene['gracefully'] = async (act) => {
      expect((await underLoad(act)).givenUp).toEqual([]);
    };

    test(
      'is ready within a minute of its manifest',
      async () => {
        const beganMs = performance.now();
        const storage = { size: '1Gi' };
        await ring.create({ replicas: 3, storage, replaceAfterSeconds: 60, ...spec });
        await ring.untilSettled(CHANGE_MS);
        const seconds = (performance.now() - beganMs) / 1000;
        const installing = installed.installMs / 1000;
        say(`helm install: ${installing.toFixed(1)} s, manifest to Ready: ${seconds.toFixed(1)} s`);
        expect(installing + seconds).toBeLessThan(60);
      },
      TEST_MS,
    );

    suite({
      get installed() {
        return installed;
      },
      get ring() {
        return ring;
      },
      underLoad,
      gracefully,
    });

    test(
      'ends with its namespace',
      async () => {
        const beganMs = performance.now();
        await installed.rings.destroy(180_000);
        const seconds = (performance.now() - beganMs) / 1000;
        say(`the namespace ended in ${seconds.toFixed(0)} s`);
      },
      TEST_MS,
    );
  });
}

type Scenario = (title: string, act: () => Promise<void>, ms: number) => void;

/** Scenarios that need more than a cluster; `missing`: where it is not there, the title says what. */
export function needing(missing: string | null): Scenario {
  if (missing === null) return test;
  return (title, act, ms) => {
    test.skip(`${title} (skipped: ${missing})`, act, ms);
  };
}

/** Scenarios that need hosts which may be harmed. */
export const harm = needing(
  settings?.hostFaults == null
    ? 'E2E_HOST_FAULTS names no command that cuts and halts hosts'
    : null,
);

/** For people who read the run. */
export function say(line: string): void {
  process.stderr.write(`  ${expect.getState().currentTestName ?? ''}: ${line}\n`);
}

/** How long nobody was served, and what clients saw. */
function lineOf(verdict: LoadVerdict): string {
  const { seconds, calls, acknowledged, failures, givenUp, longestGapMs } = verdict;
  const codes = new Map<string, number>();
  for (const { code } of failures) codes.set(code, (codes.get(code) ?? 0) + 1);
  const firstTries = [...codes].map(([code, n]) => `${String(n)} ${code}`).join(', ') || 'none';
  return (
    `${seconds.toFixed(0)} s, ${String(calls)} calls, ${String(acknowledged)} writes acknowledged; ` +
    `first tries that failed: ${firstTries}; given up: ${String(givenUp.length)}; longest time ` +
    `without an answer: ${longestGapMs.toFixed(0)} ms`
  );
}
