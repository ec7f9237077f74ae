import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { nodeId } from '../../../core/api/ids.ts';
import { isAlive, isPaused, signalProcess } from '../../../operator/local/process-identity.ts';
import { Supervisor } from '../../../operator/local/supervisor.ts';
import type { SupervisorEvent } from '../../../operator/local/supervisor.ts';
import { until } from '../../live/until.ts';
import { inTemporaryFolder } from './temporary-folder.ts';

const ID = nodeId('ring-0');
const STEADY = 'setInterval(() => 0, 1000)';
/** Ends at once, like a node whose settings are wrong. */
const CRASHING = 'process.exit(3)';

class Watched {
  readonly supervisor: Supervisor;
  readonly folder: string;
  private readonly events: SupervisorEvent[] = [];
  private news: () => void = () => undefined;

  constructor(folder: string, script: string, launchable = (): void => undefined) {
    this.folder = folder;
    const dataFolder = (): string => join(folder, 'data');
    const recordFile = (): string => join(folder, 'process.json');
    this.supervisor = new Supervisor({
      launch: () => {
        launchable();
        return Promise.resolve({
          program: () => [process.execPath, '-e', script],
          dataFolder: dataFolder(),
          recordFile: recordFile(),
          logFile: join(folder, 'log'),
          revision: 'r1',
          nowMs: Date.now(),
        });
      },
      orphan: () => Promise.resolve(null),
      dataFolder,
      recordFile,
      happened: (event) => {
        this.events.push(event);
        this.news();
      },
    });
  }

  /** The next event of the kind that was not asked for before. */
  async next(kind: SupervisorEvent['kind']): Promise<SupervisorEvent> {
    for (;;) {
      const at = this.events.findIndex((event) => event.kind === kind);
      if (at >= 0) return this.events.splice(at, 1)[0]!;
      await new Promise<void>((resolve) => {
        this.news = resolve;
      });
    }
  }
}

const supervised = (script: string, work: (watched: Watched) => Promise<void>): Promise<void> =>
  inTemporaryFolder(async (folder) => {
    const watched = new Watched(folder, script);
    try {
      await work(watched);
    } finally {
      await watched.supervisor.killAll();
    }
  });

describe('a supervised process', () => {
  test('is started once, however often it is asked for', () =>
    supervised(STEADY, async ({ supervisor }) => {
      await Promise.all([supervisor.start(ID), supervisor.start(ID)]);
      const first = supervisor.recordOf(ID);
      await supervisor.start(ID);
      expect(supervisor.recordOf(ID)).toEqual(first);
      expect(supervisor.stateOf(ID)).toBe('running');
    }));

  test('is started again after a crash', () =>
    supervised(STEADY, async (watched) => {
      const { supervisor } = watched;
      await supervisor.start(ID);
      await watched.next('started');
      const first = supervisor.recordOf(ID)!;
      signalProcess(first, 'SIGKILL');
      expect(await watched.next('crashed')).toMatchObject({ how: 'SIGKILL', retryMs: 250 });
      expect(supervisor.stateOf(ID)).toBe('crashed');
      await watched.next('started');
      expect(supervisor.recordOf(ID)!.pid).not.toBe(first.pid);
      expect(supervisor.stateOf(ID)).toBe('running');
    }));

  test('that crashes again and again is waited for ever longer', () =>
    supervised(CRASHING, async (watched) => {
      await watched.supervisor.start(ID);
      const waits = [];
      for (let i = 0; i < 3; i++) {
        const event = await watched.next('crashed');
        if (event.kind === 'crashed') waits.push(event.retryMs);
      }
      expect(waits).toEqual([250, 500, 1000]);
    }));

  test('that was stopped stays stopped', () =>
    supervised(STEADY, async (watched) => {
      await watched.supervisor.start(ID);
      const record = watched.supervisor.recordOf(ID)!;
      await watched.supervisor.stop(ID);
      expect(isAlive(record)).toBe(false);
      expect(watched.supervisor.stateOf(ID)).toBe('stopped');
      await watched.next('stopped');
    }));

  test('that is held by hand is started by nobody until it is released', () =>
    supervised(STEADY, async (watched) => {
      const { supervisor } = watched;
      await supervisor.start(ID);
      await supervisor.hold(ID);
      await watched.next('held');
      await supervisor.start(ID);
      // To the planner it is a node that does not come up, which it need not ask for again.
      expect([supervisor.stateOf(ID), supervisor.isHeld(ID)]).toEqual(['crashed', true]);
      await supervisor.release(ID);
      expect([supervisor.stateOf(ID), supervisor.isHeld(ID)]).toEqual(['running', false]);
    }));

  test('that is paused by hand goes on when it is told to, and can be stopped in between', () =>
    supervised(STEADY, async ({ supervisor }) => {
      await supervisor.start(ID);
      const record = supervisor.recordOf(ID)!;
      supervisor.signal(ID, 'SIGSTOP');
      await until('it is paused', 30_000, () => isPaused(record));
      supervisor.signal(ID, 'SIGCONT');
      await until('it goes on', 30_000, () => !isPaused(record));
      supervisor.signal(ID, 'SIGSTOP');
      await supervisor.stop(ID);
      expect(isAlive(record)).toBe(false);
    }));

  test('that is not there can be handled by nobody', () =>
    supervised(STEADY, async ({ supervisor }) => {
      expect(() => {
        supervisor.signal(ID, 'SIGKILL');
      }).toThrow('there is no node ring-0');
      await expect(supervisor.hold(ID)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    }));

  test('that is stopped while it starts is not left behind', () =>
    supervised(STEADY, async ({ supervisor }) => {
      const starting = supervisor.start(ID);
      await supervisor.stop(ID);
      await starting;
      expect(['stopped', 'absent']).toContain(supervisor.stateOf(ID));
      expect(supervisor.running()).toEqual([]);
    }));

  test('outlives its operator and is adopted by the next, which learns of its end', () =>
    supervised(STEADY, async (watched) => {
      await watched.supervisor.start(ID);
      watched.supervisor.abandon();
      const next = new Watched(watched.folder, STEADY);
      await next.supervisor.adopt([ID]);
      expect(next.supervisor.recordOf(ID)).toEqual(watched.supervisor.recordOf(ID));
      signalProcess(next.supervisor.recordOf(ID)!, 'SIGKILL');
      while (next.supervisor.stateOf(ID) === 'running') await next.supervisor.tend();
      await next.supervisor.tend();
      expect(await next.next('crashed')).toMatchObject({ how: 'it is gone' });
      await next.next('started');
      await next.supervisor.killAll();
    }));

  test('R5: whose volume was taken away is ended before anyone may call that lost', () =>
    supervised(STEADY, async (watched) => {
      await watched.supervisor.start(ID);
      await watched.next('started');
      const first = watched.supervisor.recordOf(ID)!;
      await watched.supervisor.tend();
      expect(isAlive(first)).toBe(true);
      await rm(join(watched.folder, 'data'), { recursive: true });
      await watched.supervisor.tend();
      await watched.next('volume-gone');
      await watched.next('crashed');
      expect(isAlive(first)).toBe(false);
      await watched.next('started');
      expect(watched.supervisor.recordOf(ID)!.volume).not.toBe(first.volume);
    }));

  test('that cannot be started now is tried again, and does not fail the caller', () =>
    inTemporaryFolder(async (folder) => {
      let held = true;
      const watched = new Watched(folder, STEADY, () => {
        if (held) throw new Error('port 8102 is held');
      });
      await watched.supervisor.start(ID);
      await watched.next('failed');
      expect(watched.supervisor.stateOf(ID)).toBe('crashed');
      held = false;
      await watched.next('started');
      await watched.supervisor.killAll();
    }));
});
