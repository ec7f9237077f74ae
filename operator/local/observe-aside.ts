// A look at a local ring from beside its operator: reads what it stored and asks its nodes, takes no
// lock and changes nothing.
import { zone } from '../../core/api/ids.ts';
import { LOCAL_HOST } from '../../core/limits.ts';
import { nodeClient } from '../node-client.ts';
import type { Observed } from '../planner/observed.ts';
import { readDocument } from './document-file.ts';
import { readIfThere } from './durable-file.ts';
import { openPortBook } from './ports.ts';
import { isAlive } from './process-identity.ts';
import { readRecord, volumeOf } from './process.ts';
import { nodesIn } from './state-folder.ts';
import type { StateFolder } from './state-folder.ts';
import { Survey } from '../survey.ts';
import type { NodeFacts } from '../survey.ts';

export async function observeAside(folder: StateFolder): Promise<Observed> {
  const nowMs = Date.now();
  const document = await readDocument(folder.document);
  const ports = await openPortBook(folder.ports);
  const token = ((await readIfThere(folder.token)) ?? '').trim();
  const facts = await Promise.all(
    (await nodesIn(folder)).map(async (id): Promise<NodeFacts> => {
      const record = await readRecord(folder.processFile(id));
      const known = ports.of(id);
      return {
        id,
        process: record !== null && isAlive(record) ? 'running' : 'stopped',
        startedMs: record?.startedMs ?? 0,
        revision: record?.revision ?? '',
        address: known === null ? '' : `${LOCAL_HOST}:${known.peer}`,
        volume: await volumeOf(folder.dataFolder(id)),
        client:
          known === null
            ? null
            : nodeClient({ origin: `http://${LOCAL_HOST}:${known.admin}`, token }),
        zone: document?.members.find((member) => member.id === id)?.zone ?? zone('local'),
      };
    }),
  );
  return await new Survey(folder.cluster).observe(document, facts, nowMs);
}
