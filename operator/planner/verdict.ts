// What one rule of the planner says about the world: an action, which ends the pass, and what waits.
import type { NodeId } from '../../core/api/ids.ts';
import type { Edit } from '../../core/membership/edit.ts';
import type { RingDocument } from '../../core/api/ring-document.ts';
import { AssertionFailed } from '../../core/assert.ts';
import type { Action, Wait, WaitReason } from './actions.ts';

/** `action` null: the next rule is asked. `{ kind: 'none' }`: nobody may act now. */
export interface Verdict {
  readonly action: Action | null;
  readonly waits: readonly Wait[];
}

/** Nothing to do and nothing to say. */
export const SILENT: Verdict = { action: null, waits: [] };

/** This is done now; the pass ends. */
export function act(action: Action, ...waits: readonly Wait[]): Verdict {
  return { action, waits };
}

/** Something waits; lower rules may still act. */
export function hold(...waits: readonly Wait[]): Verdict {
  return { action: null, waits };
}

/** Something waits and nobody may act meanwhile. */
export function halt(...waits: readonly Wait[]): Verdict {
  return { action: { kind: 'none' }, waits };
}

/** Stores the outcome of an edit. A refused one is a bug of the rule that made it: rules look first. */
export function store(
  edit: Edit,
  replaces: RingDocument | null,
  ...waits: readonly Wait[]
): Verdict {
  if (edit.kind === 'refused')
    throw new AssertionFailed(`the planner made a refused edit: ${edit.why}`);
  return act({ kind: 'store-document', document: edit.document, replaces }, ...waits);
}

/** A wait in one call: why, for whom, and what would unblock it. */
export function wait(
  reason: WaitReason,
  message: string,
  unblock: string,
  nodes: readonly NodeId[] = [],
): Wait {
  return { reason, message, unblock, nodes };
}
