// Server-sent events: what a feed tells, as one response that never ends. A page that reads too slowly
// is spared states, since the next one says all; news and slots it gets.
import type { ServerResponse } from 'node:http';
import type { Context } from 'koa';
import { RingError } from '../../core/errors.ts';
import {
  CONSOLE_BEAT_MS,
  CONSOLE_BEHIND_BYTES_MAX,
  CONSOLE_STREAMS_MAX,
} from '../../core/limits.ts';
import type { Feed } from './feed.ts';

export class Streams {
  private readonly open = new Set<ServerResponse>();

  /** Throws OVERLOADED where too many pages are open. */
  stream(ctx: Context, feed: Feed): void {
    if (this.open.size >= CONSOLE_STREAMS_MAX)
      throw new RingError('OVERLOADED', `${CONSOLE_STREAMS_MAX} pages are open already`);
    const { res } = ctx;
    ctx.respond = false;
    ctx.status = 200;
    ctx.set({
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store',
      // Some proxies would gather it otherwise.
      'X-Accel-Buffering': 'no',
    });
    res.flushHeaders();
    this.open.add(res);
    const send = (name: string, value: unknown): void => {
      res.write(`event: ${name}\ndata: ${JSON.stringify(value)}\n\n`);
    };
    res.write('retry: 1000\n\n');
    const leave = feed.join({
      state: (state) => {
        if (res.writableLength < CONSOLE_BEHIND_BYTES_MAX) send('state', state);
      },
      slots: (map) => {
        send('slots', map);
      },
      news: (items) => {
        send('news', items);
      },
    });
    const beat = setInterval(() => {
      res.write(': alive\n\n');
    }, CONSOLE_BEAT_MS);
    res.on('close', () => {
      clearInterval(beat);
      leave();
      this.open.delete(res);
    });
  }

  /** Ends them; the pages come back by themselves where somebody listens again. */
  close(): void {
    for (const response of this.open) response.end();
  }
}
