// What a status is made of, for a ring that nobody has asked anything yet.
import type { RingDocument } from '../../../core/api/ring-document.ts';
import type { StatusInput } from '../../../operator/kubernetes/status.ts';
import { seenAt } from '../../contracts/published.ts';

export const statusInput = (
  document: RingDocument | null,
  more: Partial<StatusInput> = {},
): StatusInput => ({
  metadata: { name: 'dev', generation: 2 },
  plan: { action: { kind: 'none' }, waits: [], operation: null, conditions: [] },
  observed: { ...seenAt(1_000), document, highest: document },
  replicas: 3,
  conditions: [],
  before: null,
  ...more,
});
