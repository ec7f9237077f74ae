// An application in a process of its own: keeps calls outstanding for some seconds, either through
// ringkeeper/client or through plain REST with the same fetch, and tells how many were answered.
import { connect } from '../../client/client.ts';
import type { ClientOrder, ClientResult } from './client.ts';

interface Calls {
  readonly get: (key: string) => Promise<void>;
  readonly put: (key: string, value: string) => Promise<void>;
  readonly close: () => void;
}

async function throughClient(url: string): Promise<Calls> {
  const ring = connect(url);
  await ring.ready();
  return {
    get: async (key) => {
      if ((await ring.get(key)) === null) throw new Error(`${key} is not there`);
    },
    put: async (key, value) => {
      await ring.put(key, value);
    },
    close: () => {
      ring.close();
    },
  };
}

/** As a careful application does it: each answer's status is looked at and its body read. */
function throughRest(url: string): Calls {
  const ask = async (key: string, init: RequestInit): Promise<void> => {
    const answer = await fetch(`${url}/v1/kv/${encodeURIComponent(key)}`, init);
    if (!answer.ok) throw new Error(`${key}: ${answer.status}`);
    if (answer.status !== 204) await answer.arrayBuffer();
  };
  return {
    get: (key) => ask(key, { method: 'GET' }),
    put: (key, body) =>
      ask(key, { method: 'PUT', body, headers: { 'content-type': 'text/plain' } }),
    close: () => undefined,
  };
}

async function run({ through, url, outstanding, seconds, keys, value, puts }: ClientOrder) {
  const calls = through === 'client' ? await throughClient(url) : throughRest(url);
  let next = 0;
  let done = 0;
  let failed = 0;
  const cpu = process.cpuUsage();
  const began = performance.now();
  const end = began + seconds * 1000;
  await Promise.all(
    Array.from({ length: outstanding }, async () => {
      while (performance.now() < end) {
        const nth = next++;
        const key = keys[nth % keys.length]!;
        // Of ten calls so many are writes.
        const call = nth % 10 < puts * 10 ? calls.put(key, value) : calls.get(key);
        await call.then(
          () => done++,
          () => failed++,
        );
      }
    }),
  );
  const took = (performance.now() - began) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  calls.close();
  const result: ClientResult = { rate: done / took, failed, busy: (user + system) / 1e6 / took };
  return result;
}

process.on('message', (order: ClientOrder) => {
  run(order).then(
    (result) => process.send?.({ result }),
    (error: unknown) => process.send?.({ error: String(error) }),
  );
});
process.on('disconnect', () => process.exit(0));
