// The shape of a rule between fields, of one spec or of two that follow one another.
import type { ClusterSpec } from './cluster-spec.ts';
import type { Problem } from './schema.ts';

export interface ClusterRule {
  /** The field that carries the rule; `self` in its CEL. */
  readonly at: string;
  readonly cel: string;
  /** What the API server answers. */
  readonly message: string;
  readonly holds: (spec: ClusterSpec) => boolean;
  /** The same with the numbers at hand; asked only where the rule does not hold. */
  readonly problem: (spec: ClusterSpec) => Problem;
}

/** What may not become of a field in a ring that exists. */
export interface UpdateRule {
  /** The field that carries the rule; `self` and `oldSelf` in its CEL. */
  readonly at: string;
  /** `self == oldSelf` where left out. */
  readonly cel?: string;
  /** The field that it is about, without `spec.` */
  readonly field: string;
  readonly of: (spec: ClusterSpec) => unknown;
  /** Equality where left out. */
  readonly holds?: (old: ClusterSpec, next: ClusterSpec) => boolean;
  /** `cannot be changed`, `can only grow`. */
  readonly may: string;
  /** Why, and what to do instead. */
  readonly right: string;
}
