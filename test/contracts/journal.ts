// What happened, in order, and a way to wait until something has: tests await events, never time.
export class Journal<Entry> {
  readonly entries: Entry[] = [];
  readonly #waiting = new Set<() => void>();

  add(entry: Entry): void {
    this.entries.push(entry);
    for (const look of [...this.#waiting]) look();
  }

  /** Resolves once the entries satisfy the claim; the test's own timeout is the only patience. */
  until(claim: (entries: readonly Entry[]) => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!claim(this.entries)) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      look();
    });
  }
}
