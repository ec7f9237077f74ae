// A page's stream of events, for tests.
import { request } from 'undici';

interface Told {
  readonly name: string;
  readonly data: unknown;
}

/** A page's stream: what it was told, in order. */
export class Listener {
  private readonly controller = new AbortController();
  private readonly told: Told[] = [];
  private wake: () => void = () => undefined;
  status = 0;

  static async on(origin: string, ring = 'dev'): Promise<Listener> {
    const listener = new Listener();
    const { signal } = listener.controller;
    const answer = await request(`${origin}/api/rings/${encodeURIComponent(ring)}/events`, {
      signal,
    });
    listener.status = answer.statusCode;
    void listener.read(answer.body);
    return listener;
  }

  private async read(body: AsyncIterable<Buffer>): Promise<void> {
    let text = '';
    try {
      for await (const chunk of body) {
        text += chunk.toString();
        const blocks = text.split('\n\n');
        text = blocks.pop()!;
        for (const block of blocks) {
          const [, name, data] = /^event: (\w+)\ndata: (.*)$/.exec(block) ?? [];
          if (name !== undefined) this.told.push({ name, data: JSON.parse(data!) });
        }
        this.wake();
      }
    } catch {
      // Closed by the test.
    }
  }

  /** The first event of that name, from now on or not asked for yet, that fits. */
  async next<T>(name: string, fits: (data: T) => boolean = () => true): Promise<T> {
    for (;;) {
      const at = this.told.findIndex((event) => event.name === name && fits(event.data as T));
      if (at >= 0) return this.told.splice(0, at + 1).at(-1)!.data as T;
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }

  close(): void {
    this.controller.abort();
  }
}
