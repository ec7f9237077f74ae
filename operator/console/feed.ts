// One ring for all pages that watch it: the newest look, what happened, and who is to be told.
import { CONSOLE_LOOK_MS, CONSOLE_NEWS_MAX, CONSOLE_STATE_MS } from '../../core/limits.ts';
import type { ConsoleRing, Look, Telling } from '../console-place.ts';
import type { NodeId } from '../../core/api/ids.ts';
import type { RingDocument } from '../../core/api/ring-document.ts';
import { watchFigures } from './figures.ts';
import { newsFollower } from './news-follower.ts';
import { flowsOf, ringState, slotMap } from './state.ts';
import type { Flow, NewsItem, RingState, SlotMap } from './view.ts';

/** A page, as the feed sees it. */
export interface Viewer {
  state(state: RingState): void;
  slots(map: SlotMap | null): void;
  news(items: readonly NewsItem[]): void;
}

export class Feed {
  readonly ring: ConsoleRing;
  private readonly now: () => number;
  private readonly viewers = new Set<Viewer>();
  private readonly figures: ReturnType<typeof watchFigures>;
  private news: NewsItem[] = [];
  private newsMade = 0;
  private look: Look | null = null;
  /** Of one document; see `keyOf`. */
  private flows: { readonly key: string; readonly flows: readonly Flow[] } = { key: '', flows: [] };
  /** What all viewers were sent last: the document's key, and the state as text. */
  private shown = { key: '', state: '' };
  private timer: NodeJS.Timeout | null = null;
  private readonly follow: (look: Look) => void;
  private unwatch: (() => void) | null = null;

  constructor(ring: ConsoleRing, now: () => number) {
    this.ring = ring;
    this.now = now;
    this.follow = newsFollower((telling) => {
      this.tell(telling);
    });
    this.figures = watchFigures(
      (id) => ring.adminUrl(id),
      () => {
        this.soon();
      },
    );
    if (ring.isWatchedAnyway) this.watch();
  }

  /** The newest look; where nobody watches, one that is taken for who asks. null: it took too long. */
  async newest(): Promise<Look | null> {
    if (this.look !== null) return this.look;
    const nobody = (): void => undefined;
    let leave = nobody;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      timer = setTimeout(resolve, CONSOLE_LOOK_MS);
      leave = this.join({ state: () => resolve(), slots: nobody, news: nobody });
    });
    clearTimeout(timer);
    const { look } = this;
    leave();
    return look;
  }

  /** Tells the page all there is, and whatever comes until the function that is returned is called. */
  join(viewer: Viewer): () => void {
    // Those who are here already get what is new first, since it counts as shown afterwards.
    this.show();
    this.viewers.add(viewer);
    this.watch();
    this.figures.run(() => this.look?.observed.nodes.map(({ id }) => id) ?? []);
    viewer.news(this.news);
    if (this.look !== null) {
      viewer.slots(slotMap(this.look.observed.document));
      viewer.state(this.stateNow(this.look));
    }
    return () => {
      this.viewers.delete(viewer);
      if (this.viewers.size === 0) this.rest();
    };
  }

  close(): void {
    this.unwatch?.();
    this.unwatch = null;
    this.figures.rest();
    if (this.timer !== null) clearTimeout(this.timer);
  }

  private watch(): void {
    this.unwatch ??= this.ring.watch({
      looked: (look) => {
        this.look = look;
        this.follow(look);
        this.soon();
      },
      told: (telling) => {
        this.tell(telling);
      },
    });
  }

  /** Nobody looks any more; what was seen last is forgotten, since it grows old. */
  private rest(): void {
    this.figures.rest();
    if (this.ring.isWatchedAnyway) return;
    this.unwatch?.();
    this.unwatch = null;
    this.look = null;
  }

  private tell({ kind, text }: Telling): void {
    const item: NewsItem = { id: (this.newsMade += 1), atMs: this.now(), kind, text };
    this.news = [...this.news, item].slice(-CONSOLE_NEWS_MAX);
    for (const viewer of this.viewers) viewer.news([item]);
  }

  /** The first look is shown at once, what follows it within CONSOLE_STATE_MS together. */
  private soon(): void {
    if (this.viewers.size === 0 || this.timer !== null) return;
    this.show();
    this.timer = setTimeout(() => {
      this.timer = null;
      this.show();
    }, CONSOLE_STATE_MS);
  }

  private show(): void {
    if (this.look === null || this.viewers.size === 0) return;
    const { document } = this.look.observed;
    const state = this.stateNow(this.look);
    const [key, text] = [keyOf(document), JSON.stringify({ ...state, nowMs: 0 })];
    if (key === this.shown.key && text === this.shown.state) return;
    const map = key === this.shown.key ? undefined : slotMap(document);
    this.shown = { key, state: text };
    for (const viewer of this.viewers) {
      if (map !== undefined) viewer.slots(map);
      viewer.state(state);
    }
  }

  private stateNow(look: Look): RingState {
    const { document } = look.observed;
    const key = keyOf(document);
    if (this.flows.key !== key) this.flows = { key, flows: flowsOf(document) };
    return ringState(look, {
      ring: this.ring.name,
      handlingOf: (id) => this.ring.hands?.handlingOf(id as NodeId) ?? null,
      figuresOf: (id) => this.figures.of(id as NodeId),
      flows: this.flows.flows,
    });
  }
}

/** Equal for equal owners: nothing about them changes within an epoch. */
function keyOf(document: RingDocument | null): string {
  return document === null ? 'none' : `${document.clusterId} ${document.epoch}`;
}
