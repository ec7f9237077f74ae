// Bugs crash; expected outcomes are values. Nothing here is caught.

export class AssertionFailed extends Error {}

/** Throws AssertionFailed with the message when the claim does not hold. */
export function assert(claim: boolean, message: string): asserts claim {
  if (!claim) throw new AssertionFailed(message);
}

/** The end of an exhausted union: the compiler proves that nothing gets here. */
export function unreachable(value: never): never {
  throw new AssertionFailed(`unreachable: ${JSON.stringify(value)}`);
}

/** The value, which the caller knows to be there. */
export function defined<T>(value: T | undefined | null, what: string): T {
  if (value === undefined || value === null) throw new AssertionFailed(`missing: ${what}`);
  return value;
}
