// Nodes that should run and do not: members, wished joiners (R12: nodes first, then the change), and
// stopped ones that must say who they are before they can be judged.
import { hasReceipt } from '../../core/membership/upkeep.ts';
import type { NodeId } from '../../core/api/ids.ts';
import type { Wait } from './actions.ts';
import { act, hold, wait } from './verdict.ts';
import type { Verdict } from './verdict.ts';
import { newcomersOf, silenceMs } from './world.ts';
import type { World } from './world.ts';

/**
 * Starts one node. The one that answered last comes first: a crash loop must not starve the others.
 * A paused ring gets no newcomer: it would cost its host and do nothing.
 */
export function startNodes(world: World): Verdict {
  const { desired, document, observed, nodes, wished } = world;
  const held = desired.paused ? newcomersOf(world) : [];
  const needed = new Set<NodeId>([...wished].filter((id) => !held.includes(id)));
  for (const member of document.members) {
    if (!member.lost && !hasReceipt(document, member.incarnation)) needed.add(member.id);
  }
  const absent = [...needed].find((id) => !nodes.has(id));
  const stopped = observed.nodes
    .filter((node) => node.process === 'stopped')
    .sort((a, b) => a.silentMs - b.silentMs)[0];
  const id = stopped?.id ?? absent;
  const waits = silentWaits(world);
  return id === undefined ? hold(...waits) : act({ kind: 'start-node', id }, ...waits);
}

/** Members that do not answer under the incarnation that the document names. */
function silentWaits(world: World): Wait[] {
  const { document, reports, nodes, desired } = world;
  const silent = document.members.filter(
    (member) =>
      !member.lost && !hasReceipt(document, member.incarnation) && !reports.has(member.incarnation),
  );
  return silent.map((member): Wait => {
    const { id } = member;
    if (nodes.get(id)?.report) {
      return wait(
        'MemberUnreachable',
        `${id} came back with another volume than that of ${member.incarnation}`,
        'It is replaced once the old volume is proved gone',
        [id],
      );
    }
    if (silenceMs(world, member) > desired.abortAfterMs) {
      return wait(
        'MemberUnreachable',
        `${id} has not answered for long`,
        'See its log; it is replaced once its volume is proved gone',
        [id],
      );
    }
    return wait('NodesStarting', `${id} does not answer yet`, 'It starts by itself; see its log', [
      id,
    ]);
  });
}
