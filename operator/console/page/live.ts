// The open stream of one ring: what the page knows, kept up to date by the server.
import { useEffect, useState } from 'preact/hooks';
import type { NewsItem, RingState, SlotMap } from '../view.ts';
import { decodeSlots } from './slots.ts';
import type { Slots } from './slots.ts';

export interface Live {
  readonly state: RingState | null;
  readonly slots: Slots | null;
  /** Newest first. */
  readonly news: readonly NewsItem[];
  /** False: the stream is broken off; it is opened again by itself. */
  readonly connected: boolean;
}

/** By the name of its event. */
interface Sent {
  readonly state: RingState;
  readonly slots: SlotMap | null;
  readonly news: readonly NewsItem[];
}

const NEWS_KEPT = 200;
const NOTHING: Live = { state: null, slots: null, news: [], connected: true };

export function useLive(ring: string | null): Live {
  const [live, setLive] = useState(NOTHING);
  useEffect(() => {
    setLive(NOTHING);
    if (ring === null) return;
    const source = new EventSource(`/api/rings/${encodeURIComponent(ring)}/events`);
    const on = <K extends keyof Sent>(
      name: K,
      take: (live: Live, data: Sent[K]) => Partial<Live>,
    ): void => {
      source.addEventListener(name, (event) => {
        const data = JSON.parse((event as MessageEvent<string>).data) as Sent[K];
        setLive((before) => ({ ...before, connected: true, ...take(before, data) }));
      });
    };
    on('state', (_live, state) => ({ state }));
    on('slots', (_live, map) => ({ slots: map === null ? null : decodeSlots(map) }));
    on('news', (before, items) => ({ news: mergeNews(before.news, items) }));
    source.addEventListener('error', () => {
      setLive((before) => ({ ...before, connected: false }));
    });
    source.addEventListener('open', () => {
      setLive((before) => ({ ...before, connected: true }));
    });
    return () => {
      source.close();
    };
  }, [ring]);
  return live;
}

/** A stream that was opened again tells all once more; another operator counts anew. */
function mergeNews(known: readonly NewsItem[], items: readonly NewsItem[]): readonly NewsItem[] {
  const names = new Set(known.map(({ id, atMs }) => `${id} ${atMs}`));
  const fresh = items.filter(({ id, atMs }) => !names.has(`${id} ${atMs}`));
  return [...fresh.reverse(), ...known].slice(0, NEWS_KEPT);
}
