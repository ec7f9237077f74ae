// What a checker says when an invariant is broken.

export interface Violation {
  /** `I1` … `I10`, `§5`, or what else was promised. */
  readonly invariant: string;
  readonly message: string;
  /** Virtual time, ms. */
  readonly atMs: number;
}

export type Accuse = (invariant: string, message: string) => void;
