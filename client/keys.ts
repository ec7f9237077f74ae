// All keys of a ring, a page at a time.
import type { Attempts } from './attempts.ts';
import type { KeysOptions } from './options.ts';
import { queryText } from './paths.ts';

export interface ListedKey {
  readonly key: string;
  readonly etag: string;
}

export async function* keyPages(
  attempts: Attempts,
  { prefix, pageSize, ...options }: KeysOptions,
): AsyncGenerator<readonly ListedKey[], void, undefined> {
  let cursor: string | undefined;
  do {
    const done = await attempts.run(
      {
        operation: 'keys',
        method: 'GET',
        path: `/v1/keys${queryText({ prefix, limit: pageSize, cursor })}`,
        key: null,
        purpose: 'read',
        isRepeatable: true,
      },
      options,
    );
    const page = JSON.parse(new TextDecoder().decode(done.body)) as {
      readonly keys: readonly ListedKey[];
      readonly cursor: string | null;
    };
    yield page.keys;
    cursor = page.cursor ?? undefined;
  } while (cursor !== undefined);
}
