// The protocol's rules that can be switched off, one at a time, to prove that the simulator catches
// each (protocol §7). Production never switches one off.

export const RULES = [
  'R2-quorum',
  'R2-durable',
  'R3',
  'R4',
  'R5',
  'R6-pairs',
  'R7',
  'R8',
  'R9',
  'R10',
  'R13',
  'R14',
] as const;

export type Rule = (typeof RULES)[number];

/** Switches nothing off. */
export const NO_RULES_OFF: ReadonlySet<Rule> = new Set();
