// How a transcript sees the world: names instead of identities, and what disks hold durably.
import type { Key } from '../../core/api/object.ts';
import { defined } from '../../core/assert.ts';
import { textOf } from './words.ts';
import type { World } from './world.ts';

/** The node that carries the incarnation, or carried it. */
export function idOf({ site, store }: World, own: string): string {
  for (const machine of site.machines.values())
    if (machine.volume.identity?.incarnation === own) return machine.id;
  const members = store.written.flatMap((document) => document.members);
  const member = members.find(({ incarnation }) => incarnation === own);
  return member === undefined ? own : `${member.id} (gone)`;
}

/** The text with incarnations read as the nodes that carry them. */
export function named(world: World, text: string): string {
  return text.replace(/\b[0-9a-f]{16}\b/g, (own) => idOf(world, own));
}

/** Epoch, phase and members of the stored document. */
export function ringOf(world: World): string[] {
  const { document } = world.store;
  return document === null ? ['no ring'] : [`epoch ${document.epoch} ${phaseOf(world)[0]}`];
}

/** Phase and members, without the epoch, whose number is nobody's business. */
export function phaseOf(world: World): string[] {
  const document = defined(world.store.document, 'a stored document');
  const members = document.members.map((member) => {
    const state = member.lost ? 'lost' : member.state;
    return state === 'serving' ? member.id : `${member.id} ${state}`;
  });
  const change = document.change === null ? '' : ` (${document.change.summary})`;
  return [`${document.phase}${change}: ${members.join(', ')}`];
}

/** What each node holds durably of a key. */
export function holdersOf(world: World, key: Key): string[] {
  const dotName = (actor: string): string => {
    const [own, term] = actor.split('.');
    return `${idOf(world, own!)}.${term}`;
  };
  return world.site.all().map((machine) => {
    const values = machine.volume.durable
      .find(key)
      ?.siblings.map(
        ({ value, dot }) =>
          `${value === null ? 'deleted' : textOf(value)} (${dotName(dot.actor)}:${dot.counter})`,
      );
    return `${machine.id}${machine.isUp ? '' : ' (down)'}: ${values?.join(', ') ?? 'nothing'}`;
  });
}

/** How many nodes hold which values of a key, and under how many dots each. */
export function copiesOf(world: World, key: Key): string[] {
  const copies = new Map<string, { count: number; dots: Set<string> }>();
  for (const machine of world.site.all()) {
    for (const { value, dot } of machine.volume.durable.find(key)?.siblings ?? []) {
      const text = value === null ? 'deleted' : textOf(value);
      const known = copies.get(text) ?? { count: 0, dots: new Set<string>() };
      known.count++;
      known.dots.add(`${dot.actor}:${dot.counter}`);
      copies.set(text, known);
    }
  }
  if (copies.size === 0) return ['nobody holds it'];
  return [...copies].map(
    ([text, { count, dots }]) =>
      `${text}: ${count} copies under ${dots.size} dot${dots.size > 1 ? 's' : ''}`,
  );
}
