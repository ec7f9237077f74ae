// A replica's page of its keys in one slot, without their values.
import type { Slot } from '../api/ids.ts';
import type { Key, KeyRecord } from '../api/object.ts';
import { PAGE_BYTES, PAGE_RECORDS } from '../limits.ts';
import { withoutValues } from '../version/siblings.ts';
import type { Replica } from './state.ts';
import { scanSlot } from './state.ts';

export interface ListWish {
  readonly slot: Slot;
  readonly after: Key | null;
  readonly prefix: string;
  readonly limit: number;
}

export interface ListedPage {
  readonly records: readonly KeyRecord[];
  readonly next: Key | null;
}

/** Reads on until `limit` keys with the prefix are found or the slot ends. null: a record is damaged. */
export function listPage(
  r: Replica,
  wish: ListWish,
  then: (page: ListedPage | null) => void,
): void {
  const found: KeyRecord[] = [];
  const readOn = (after: Key | null): void => {
    const range = {
      slot: wish.slot,
      after,
      until: null,
      limit: PAGE_RECORDS,
      bytesMax: PAGE_BYTES,
    };
    scanSlot(r, range, (page) => {
      r.corrupt.push(...page.corrupt);
      if (page.corrupt.length > 0) return then(null);
      for (const { key, object } of page.records) {
        if (!key.text.startsWith(wish.prefix)) continue;
        found.push({ key, object: withoutValues(object) });
        if (found.length === wish.limit) return then({ records: found, next: key });
      }
      if (page.next === null) then({ records: found, next: null });
      else readOn(page.next);
    });
  };
  readOn(wish.after);
}
