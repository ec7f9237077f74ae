// Properties: the same examples each time, so that a run that fails fails again, and one that passed
// tells that a change broke nothing. PROPERTY_SEED names another start; `random` draws one.
import { env } from 'node:process';
import fc from 'fast-check';

const { PROPERTY_SEED: named = '1' } = env;
// fast-check draws a seed where none is configured, and tells it when a property fails.
if (named !== 'random') fc.configureGlobal({ seed: seedIn(named) });

function seedIn(text: string): number {
  const seed = Number(text);
  if (Number.isInteger(seed) && text !== '') return seed;
  throw new Error(`PROPERTY_SEED: ${text} is neither a whole number nor 'random'`);
}

export { fc };
