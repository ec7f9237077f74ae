// What commands rely on, wherever a ring runs: what its operator publishes is what they tell, and what
// they change is what is wanted, checked first, and nothing else.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { nodeId } from '../../core/api/ids.ts';
import { CommandFailed, EXIT, exitCodeOf } from '../../operator/cli/exit.ts';
import { explain } from '../../operator/cli/explain.ts';
import { mergeByTime } from '../../operator/cli/log-lines.ts';
import type { LogLine } from '../../operator/cli/log-lines.ts';
import type { GlobalOptions, LogWish, Rings, Target } from '../../operator/cli/target.ts';
import { desiredOf } from '../../operator/desired.ts';
import type { Observed } from '../../operator/planner/observed.ts';
import { forecast } from '../../operator/planner/plan.ts';
import type { Plan } from '../../operator/planner/plan.ts';
import { until } from '../live/until.ts';
import { REST, seenAt } from './published.ts';

/** A ring `dev` of three, which wants what its operator has last looked at. */
export interface TargetUnderTest {
  readonly rings: Rings;
  readonly options: GlobalOptions;
  /** Publishes as the operator does, by its own code, judged by what is wanted now. */
  publish(plan: Plan, observed: Observed): Promise<void>;
  /** A process of this member writes a line into its log; the first one makes the member known. */
  say(member: string, text: string): Promise<void>;
  /** One more ring beside it. */
  another(name: string): Promise<void>;
  dispose(): Promise<void>;
}

const BLOCKED: Plan = {
  ...REST,
  waits: [
    {
      reason: 'DiskWouldFill',
      message: 'The disks of dev-1 have no room for what they would get',
      unblock: 'Give them larger volumes, or raise replicas again',
      nodes: [nodeId('dev-1')],
    },
  ],
};

const ALL: LogWish = { filter: { level: 'debug', sinceMs: 0 }, tail: 100 };

/** A line as nodes write it. */
const logged = (time: string, level: string, msg: string, more: object = {}): string =>
  JSON.stringify({ level, time: `2026-01-31T12:00:0${time}Z`, msg, ...more });

const wordsOf = (lists: readonly (readonly LogLine[])[]): readonly string[] =>
  mergeByTime(lists).map(({ node, message }) => `${node} ${message}`);

export function targetContract(name: string, open: () => Promise<TargetUnderTest>): void {
  describe(`${name} as a target`, () => {
    let under: TargetUnderTest;
    let target: Target;
    beforeEach(async () => {
      under = await open();
      target = await under.rings.target(under.options);
    });
    afterEach(async () => {
      await under.dispose();
    });
    const exitOf = async (call: Promise<unknown>): Promise<number> => {
      const error = await call.then(
        () => null,
        (thrown: unknown) => thrown,
      );
      return error === null ? EXIT.ok : exitCodeOf(error);
    };

    test('the only ring needs no name; of several one must be named, and the names are told', async () => {
      expect(target.name).toBe('dev');
      await under.another('other');
      const named = await under.rings.target({ ...under.options, cluster: 'other' });
      expect(named.name).toBe('other');
      const unnamed = under.rings.target(under.options);
      await expect(unnamed).rejects.toThrow(CommandFailed);
      await expect(unnamed).rejects.toThrow(/dev, other/);
    });

    test('a ring that is not there is not found', async () => {
      const nobody = under.rings.target({ ...under.options, cluster: 'nobody' });
      expect(await exitOf(nobody)).toBe(EXIT.notFound);
    });

    test('what is wanted has its defaults filled in', async () => {
      const { spec } = await target.wanted();
      expect(spec).toMatchObject({ replicas: 3, replicationFactor: 3, paused: false });
      expect(spec.consistency).toMatchObject({ read: 2, write: 2 });
    });

    test('what is only imagined changes nothing, and what may not be is refused with what would be right', async () => {
      expect((await target.imagined({ replicas: 5 })).spec.replicas).toBe(5);
      const few = target.imagined({ replicas: 2 });
      await expect(few).rejects.toThrow(/2 is below spec.replicationFactor 3/);
      expect(await exitOf(few)).toBe(EXIT.refused);
      expect((await target.wanted()).spec.replicas).toBe(3);
    });

    test('a change is a change of what is wanted, made once', async () => {
      expect(await target.change(() => ({ replicas: 5 }))).toBe(true);
      expect(await target.change(() => ({ replicas: 5 }))).toBe(false);
      expect(await target.change(() => ({ paused: true, restartedAt: 'now' }))).toBe(true);
      const { spec } = await target.wanted();
      expect(spec).toMatchObject({ replicas: 5, paused: true, restartedAt: 'now' });
    });

    test('members to take out are added to those that were asked for, and taken back', async () => {
      const add =
        (name: string) =>
        ({ decommission }: { decommission: readonly string[] }) => ({
          decommission: [...decommission, name],
        });
      await target.change(add('dev-1'));
      await target.change(add('dev-0'));
      expect((await target.wanted()).spec.decommission).toEqual(['dev-1', 'dev-0']);
      await target.change(() => ({ decommission: [] }));
      expect((await target.wanted()).spec.decommission).toEqual([]);
    });

    test('a change that may not be is refused and changes nothing', async () => {
      const few = target.change(() => ({ replicas: 2 }));
      await expect(few).rejects.toThrow(/below.*replicationFactor/);
      expect(await exitOf(few)).toBe(EXIT.refused);
      expect((await target.wanted()).spec.replicas).toBe(3);
    });

    test('the status is that of the last pass, and is known to be old once more is wanted', async () => {
      await under.publish(REST, seenAt(Date.now()));
      const status = await target.status();
      expect(status).toMatchObject({ cluster: 'dev', operated: true, isCurrent: true });
      expect(status.ring).toMatchObject({ epoch: 1, phase: 'stable', replicationFactor: 3 });
      expect(status.members.map((member) => member.name)).toEqual(['dev-0', 'dev-1', 'dev-2']);
      expect(explain(status)).toEqual([]);
      await target.change(() => ({ replicas: 4 }));
      const later = await target.status();
      expect(later.isCurrent).toBe(false);
      expect(explain(later)[0]?.message).toMatch(/has not taken notice yet/);
    });

    test('a wait is explained: for what, for whom, since when, what would unblock it, where to read on', async () => {
      const sinceMs = Math.floor(Date.now() / 1000) * 1000 - 60_000;
      await under.publish(BLOCKED, seenAt(sinceMs));
      await under.publish(BLOCKED, seenAt(Date.now()));
      expect(explain(await target.status())).toEqual([
        {
          ...BLOCKED.waits[0],
          condition: null,
          sinceMs,
          runbook: 'docs/runbooks/DiskWouldFill.md',
        },
      ]);
    });

    test('a forecast gives a joiner as many slots as the others give', async () => {
      const desired = desiredOf(await target.imagined({ replicas: 4 }));
      const moves = forecast(desired, await target.observe());
      const sum = (of: 'gives' | 'gets') =>
        moves.reduce((total, each) => total + each[of].slots, 0);
      expect(moves.find(({ id }) => id === 'dev-3')?.gets.slots).toBe(sum('gives'));
      expect(sum('gets')).toBe(sum('gives'));
      expect(sum('gives')).toBeGreaterThan(0);
    });

    test('the lines of all members are one log in the order of their times, and are chosen from', async () => {
      await under.say('dev-1', logged('2', 'warn', 'two', { requestId: 'r~1' }));
      await under.say('dev-0', logged('1', 'info', 'one'));
      await under.say('dev-0', 'Error: no JSON');
      await under.say('dev-0', logged('3', 'debug', 'three', { requestId: 'r' }));
      const heard = async (wish: Partial<LogWish>) => {
        const reader = await target.logs({ ...ALL, ...wish });
        const lists = await reader.look();
        reader.close();
        return wordsOf(lists);
      };
      const all = await heard({});
      expect(all.filter((line) => !line.endsWith('no JSON'))).toEqual([
        'dev-0 one',
        'dev-1 two',
        'dev-0 three',
      ]);
      expect(all).toContain('dev-0 Error: no JSON');
      expect(await heard({ members: ['dev-1'] })).toEqual(['dev-1 two']);
      expect(await heard({ filter: { ...ALL.filter, level: 'warn' } })).toContain('dev-1 two');
      expect(await heard({ filter: { ...ALL.filter, request: 'r' } })).toEqual([
        'dev-1 two',
        'dev-0 three',
      ]);
      expect(await heard({ members: ['dev-0'], tail: 1 })).toEqual(['dev-0 three']);
      const nobody = target.logs({ ...ALL, members: ['dev-7'] });
      await expect(nobody).rejects.toThrow('there is no member dev-7; known: dev-0, dev-1');
      expect(await exitOf(nobody)).toBe(EXIT.notFound);
    });

    test('who goes on reading hears each line once, and members that come later', async () => {
      await under.say('dev-0', logged('1', 'info', 'one'));
      const reader = await target.logs(ALL);
      const heard: string[] = [];
      const listen = async (last: string): Promise<void> => {
        await until(`heard ${last}`, 30_000, async () => {
          heard.push(...wordsOf(await reader.look()));
          return heard.includes(last);
        });
      };
      await listen('dev-0 one');
      await under.say('dev-0', logged('2', 'info', 'two'));
      await listen('dev-0 two');
      await under.say('dev-1', logged('3', 'info', 'three'));
      await listen('dev-1 three');
      await under.say('dev-0', logged('4', 'info', 'four'));
      await listen('dev-0 four');
      reader.close();
      expect(heard).toEqual(['dev-0 one', 'dev-0 two', 'dev-1 three', 'dev-0 four']);
    });

    test('a list has every ring', async () => {
      await under.another('other');
      await under.publish(REST, seenAt(Date.now()));
      const names = (await under.rings.targets(under.options)).map((each) => each.name);
      expect(names).toEqual(['dev', 'other']);
    });
  });
}
