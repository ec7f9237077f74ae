// Virtual time: what happens next, and when. Equal times keep the order in which they were asked for.

interface Event {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
}

/** A binary heap of events; the world moves only by taking the next one. */
export class EventQueue {
  nowMs = 0;
  private readonly heap: Event[] = [];
  private order = 0;

  get length(): number {
    return this.heap.length;
  }

  after(delayMs: number, run: () => void): void {
    const event = { atMs: this.nowMs + delayMs, order: this.order++, run };
    const heap = this.heap;
    let at = heap.length;
    heap.push(event);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent]!;
      if (!isEarlier(event, above)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = event;
  }

  /** Runs the next event; false when nothing is left or the next one lies after `untilMs`. */
  next(untilMs: number): boolean {
    const first = this.heap[0];
    if (first === undefined || first.atMs > untilMs) return false;
    const last = this.heap.pop()!;
    if (last !== first) this.sink(last);
    this.nowMs = first.atMs;
    first.run();
    return true;
  }

  private sink(event: Event): void {
    const heap = this.heap;
    const length = heap.length;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= length) break;
      if (child + 1 < length && isEarlier(heap[child + 1]!, heap[child]!)) child++;
      if (!isEarlier(heap[child]!, event)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = event;
  }
}

function isEarlier(a: Event, b: Event): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}
