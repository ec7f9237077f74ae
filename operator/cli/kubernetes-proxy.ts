// The ring's REST interface through the API server's proxy: whoever may use that needs no port of the
// cluster's network. For questions only; values are read and written through the ring's own Service.
import { RingError } from '../../core/errors.ts';
import { REQUEST_MS } from '../../core/limits.ts';
import { callOnce } from '../kubernetes/http.ts';
import { refusalOf, statusOf } from '../kubernetes/refusals.ts';
import { problemOf } from '../node-client.ts';
import { CommandFailed, EXIT } from './exit.ts';
import type { Door } from './kubernetes-door.ts';
import type { Answer, Ask, RingClient } from './ring-client.ts';

export function proxiedClient(door: Door, root: string): RingClient {
  const ask = async (path: string, { method = 'GET', query = {} }: Ask = {}): Promise<Answer> => {
    if (method !== 'GET')
      throw new CommandFailed(
        EXIT.refused,
        'the API server carries questions only: kubectl port-forward the Service of the ring instead',
      );
    const given = Object.entries(query).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value] as const],
    );
    const answer = await callOnce(
      door.calls.config,
      { method, path: root + path, query: Object.fromEntries(given), isProxied: true },
      { callMs: REQUEST_MS },
    );
    if (answer.kind === 'answered' && answer.status < 400)
      return { status: answer.status, headers: {}, body: Buffer.from(answer.text, 'utf8') };
    // The API server's own refusal is a Status; what the ring says is a problem document.
    if (answer.kind === 'silent' || statusOf(answer.text) !== null)
      throw refusalOf(answer, `${root}${path}`);
    const problem = problemOf(answer.text);
    throw new RingError(problem.code, `${answer.status}: ${problem.detail || problem.code}`);
  };
  return {
    origin: root,
    ask,
    json: async (path, what) =>
      JSON.parse((await ask(path, what)).body.toString('utf8')) as unknown,
    close: () => door.close(),
  };
}
