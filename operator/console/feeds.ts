// The feeds of all rings that somebody watches. One is opened when it is first asked for and kept while
// its ring is there: what happened is then still told to who comes later.
import { RingError } from '../../core/errors.ts';
import type { ConsolePlace, Look } from '../console-place.ts';
import { Feed } from './feed.ts';

export class Feeds {
  private readonly place: ConsolePlace;
  private readonly now: () => number;
  private readonly feeds = new Map<string, Feed>();
  private isClosed = false;

  constructor(place: ConsolePlace, now: () => number) {
    this.place = place;
    this.now = now;
    void this.openAll();
  }

  /** Throws NOT_FOUND where there is no such ring. */
  async of(name: string): Promise<Feed> {
    const ring = await this.place.ring(name);
    if (this.isClosed) throw new RingError('DRAINING', 'the console is closing');
    if (ring === null) {
      this.feeds.get(name)?.close();
      this.feeds.delete(name);
      throw new RingError('NOT_FOUND', `there is no ring ${name} here`);
    }
    let feed = this.feeds.get(name);
    if (feed !== undefined && feed.ring !== ring) {
      feed.close();
      feed = undefined;
    }
    if (feed === undefined) this.feeds.set(name, (feed = new Feed(ring, this.now)));
    return feed;
  }

  /** The newest look. Throws NOT_SERVING where none can be had. */
  async look(name: string): Promise<Look> {
    const look = await (await this.of(name)).newest();
    if (look === null) throw new RingError('NOT_SERVING', `${name} could not be looked at in time`);
    return look;
  }

  close(): void {
    this.isClosed = true;
    for (const feed of this.feeds.values()) feed.close();
    this.feeds.clear();
  }

  /** What happens before the first page comes is told to it. */
  private async openAll(): Promise<void> {
    try {
      for (const name of await this.place.rings()) await this.of(name);
    } catch {
      // A ring that went, or a console that closes meanwhile: who asks for it is told.
    }
  }
}
