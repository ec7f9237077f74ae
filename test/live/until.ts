// Waiting for something that must come true: bounded, and naming what it was.

/** Waits for the condition, looking every `everyMs`; throws naming it after `ms`. */
export async function until<T>(
  what: string,
  ms: number,
  look: () => T | null | false | Promise<T | null | false>,
  everyMs = 50,
): Promise<T> {
  const deadline = performance.now() + ms;
  for (;;) {
    const found = await look();
    if (found !== null && found !== false) return found;
    if (performance.now() > deadline)
      throw new Error(`waited ${Math.round(ms / 1000)} s in vain: ${what}`);
    await new Promise((again) => setTimeout(again, everyMs));
  }
}
