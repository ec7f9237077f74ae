// Makes news of looks: what the whole ring does, and members that come, go, fall silent and answer again.
import type { Look, Telling } from '../console-place.ts';
import { follower } from '../news.ts';
import { operationStatus } from '../ring-status.ts';

export function newsFollower(tell: (telling: Telling) => void): (look: Look) => void {
  const followRing = follower(tell);
  let serving: ReadonlySet<string> | null = null;
  return (look) => {
    const now = servingIn(look);
    if (serving !== null) {
      for (const id of now) if (!serving.has(id)) tell({ kind: 'process', text: `${id} serves` });
      for (const id of serving) if (!now.has(id)) tell(farewell(id, look));
    }
    serving = now;
    const { desired, observed, plan } = look;
    followRing({
      observedMs: observed.nowMs,
      epoch: observed.document?.epoch ?? 0,
      operation: operationStatus(plan.operation, observed.nowMs),
      waits: plan.waits,
      atRest: isAtRest(look, now.size),
      restText: `ring is ready: ${now.size} of ${desired.replicas} members serve, epoch ${observed.document?.epoch ?? 0}`,
    });
  };
}

function servingIn({ observed }: Look): ReadonlySet<string> {
  const members = new Set(observed.document?.members.map(({ incarnation }) => incarnation));
  return new Set(
    observed.nodes.flatMap(({ id, report }) =>
      report?.serving === true && !report.draining && members.has(report.incarnation) ? [id] : [],
    ),
  );
}

function farewell(id: string, { observed }: Look): Telling {
  const node = observed.nodes.find((candidate) => candidate.id === id);
  const member = observed.document?.members.find((candidate) => candidate.id === id);
  if (member === undefined || member.state === 'left')
    return { kind: 'process', text: `${id} has left the ring` };
  if (node?.report == null)
    return node?.process === 'running'
      ? { kind: 'trouble', text: `${id} does not answer` }
      : { kind: 'process', text: `${id} is away` };
  return { kind: 'process', text: `${id} ends what it has begun, keeps its slots` };
}

function isAtRest({ desired, observed, plan }: Look, serving: number): boolean {
  const is = (type: string, status: string): boolean =>
    plan.conditions.some((condition) => condition.type === type && condition.status === status);
  return (
    is('Ready', 'True') &&
    is('RingConverged', 'True') &&
    is('Reconciling', 'False') &&
    serving === desired.replicas &&
    observed.nodes.length === desired.replicas
  );
}
