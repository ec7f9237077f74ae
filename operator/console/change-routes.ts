// The plan before the act, and the acts: another size, and nodes by hand where the platform has hands.
import type { Router } from '@koa/router';
import { nodeId } from '../../core/api/ids.ts';
import { RingError } from '../../core/errors.ts';
import { MEMBERS_MAX } from '../../core/limits.ts';
import type { ConsolePlace, Hands, Look } from '../console-place.ts';
import { forecast } from '../planner/forecast.ts';
import { plan } from '../planner/plan.ts';
import { wishedIds } from '../planner/world.ts';
import { readBody } from './body.ts';
import type { Feeds } from './feeds.ts';
import { permitted } from './guard.ts';
import { queryText, ringIn } from './key-routes.ts';
import type { Amount, Forecast } from './view.ts';

interface ChangeParts {
  readonly place: ConsolePlace;
  readonly feeds: Feeds;
}

/** bytes of an order: a number in JSON. */
const ORDER_BYTES_MAX = 1024;

export function changeRoutes(router: Router, { place, feeds }: ChangeParts): void {
  router.get('/api/rings/:ring/plan', async (ctx) => {
    ctx.body = forecastOf(await feeds.look(ringIn(ctx)), replicasIn(queryText(ctx, 'replicas')));
  });
  router.put('/api/rings/:ring/replicas', async (ctx) => {
    const ring = ringIn(ctx);
    const token = await permitted(ctx, place, ring);
    const text = (await readBody(ctx.req, ORDER_BYTES_MAX)).toString('utf8');
    await (await feeds.of(ring)).ring.scale(replicasIn(text), token);
    ctx.status = 204;
  });
  router.post('/api/rings/:ring/members/:member/:act', async (ctx) => {
    const ring = ringIn(ctx);
    await permitted(ctx, place, ring);
    const { hands } = (await feeds.of(ring)).ring;
    if (hands === null)
      throw new RingError('FORBIDDEN', 'nodes are handled by hand in local mode only');
    const act = actIn(ctx.params['act'] ?? '');
    const member = ctx.params['member'] ?? '';
    const { nodes } = (await feeds.look(ring)).observed;
    const known = nodes.some(({ id }) => id === member);
    if (!known) throw new RingError('NOT_FOUND', `there is no node ${member}`);
    await hands[act](nodeId(member));
    ctx.status = 204;
  });
}

type Act = Exclude<keyof Hands, 'handlingOf'>;

const ACTS: readonly Act[] = ['stop', 'start', 'kill', 'pause', 'resume'];

function actIn(text: string): Act {
  const act = ACTS.find((known) => known === text);
  if (act === undefined)
    throw new RingError('NOT_FOUND', `a node can be made to ${ACTS.join(', ')}, not to ${text}`);
  return act;
}

/** A number, as it is or as `{"replicas": N}`. Throws BAD_REQUEST. */
function replicasIn(text: string): number {
  let replicas: unknown = Number.NaN;
  try {
    const read: unknown = JSON.parse(text);
    replicas =
      typeof read === 'object' && read !== null ? (read as { replicas?: unknown }).replicas : read;
  } catch {
    // Falls through to the one complaint.
  }
  if (Number.isInteger(replicas) && Number(replicas) >= 1 && Number(replicas) <= MEMBERS_MAX)
    return Number(replicas);
  throw new RingError('BAD_REQUEST', `replicas is a whole number from 1 to ${MEMBERS_MAX}`);
}

/** What the planner says to so many members, asked before anybody acts. */
export function forecastOf({ desired, observed }: Look, replicas: number): Forecast {
  const { document } = observed;
  if (document === null)
    throw new RingError('NOT_SERVING', 'there is no ring yet: nothing would move');
  const wish = { ...desired, replicas };
  const members = forecast(wish, observed);
  const seated = new Set<string>(document.members.map(({ id }) => id));
  const stays: ReadonlySet<string> = wishedIds(wish, observed);
  return {
    replicas,
    epoch: document.epoch,
    members: members.map(({ id, gives, gets }) => ({
      id,
      gives,
      gets,
      fate: !seated.has(id) ? ('joins' as const) : stays.has(id) ? 'stays' : 'leaves',
    })),
    total: members.reduce((sum, { gets }) => added(sum, gets), NOTHING),
    loadsKnown: observed.loads.size,
    refusals: refusals(wish, observed),
  };
}

/** What holds such a change up now. That nodes have to start first is no refusal. */
function refusals(desired: Look['desired'], observed: Look['observed']): Forecast['refusals'] {
  const now = plan(desired, observed);
  const passing = new Set(['NodesStarting', 'StreamsRunning', 'CleanUpRunning', 'BarrierPending']);
  return now.waits
    .filter(({ reason }) => !passing.has(reason))
    .map(({ reason, message, unblock }) => ({ reason, message, unblock }));
}

const NOTHING: Amount = { slots: 0, keys: 0, bytes: 0 };

function added(a: Amount, b: Amount): Amount {
  return { slots: a.slots + b.slots, keys: a.keys + b.keys, bytes: a.bytes + b.bytes };
}
