// How a proof client reaches the ring: through the proxy or one node, one connection to each, and
// every way a call can end told apart.
import type { ErrorCode } from '../../core/errors.ts';
import { LOCAL_HOST } from '../../core/limits.ts';
import { Connection, Unanswered } from '../live/connection.ts';
import type { Answer } from '../live/connection.ts';
import type { FailureCode } from './failures.ts';

/** ms: longer than any deadline of the ring, so that silence is a fault. */
const PATIENCE_MS = 15_000;

export interface Target {
  /** null: the proxy. */
  readonly node: string | null;
  readonly port: number;
  /** Left out: this machine. */
  readonly host?: string;
}

export type Outcome =
  | { readonly kind: 'answer'; readonly answer: Answer }
  /** `isClean`: certainly without effect. */
  | {
      readonly kind: 'failure';
      readonly code: FailureCode;
      readonly detail: string;
      readonly isClean: boolean;
    };

export class RingAccess {
  readonly #connections = new Map<string, Connection>();

  async call(target: Target, request: Buffer): Promise<Outcome> {
    const connection = this.#connectionTo(target);
    let patience: NodeJS.Timeout | undefined;
    const silence = new Promise<null>((resolve) => {
      patience = setTimeout(() => resolve(null), PATIENCE_MS);
    });
    try {
      const answer = await Promise.race([connection.ask(request), silence]);
      if (answer === null) {
        connection.close();
        return {
          kind: 'failure',
          code: 'SILENCE',
          detail: `nothing in ${PATIENCE_MS} ms`,
          isClean: false,
        };
      }
      return answer.status < 400 ? { kind: 'answer', answer } : problem(answer);
    } catch (error) {
      if (!(error instanceof Unanswered)) throw error;
      return {
        kind: 'failure',
        code: error.sent ? 'CUT' : 'REFUSED',
        detail: error.message,
        isClean: !error.sent,
      };
    } finally {
      clearTimeout(patience);
    }
  }

  close(): void {
    for (const connection of this.#connections.values()) connection.close();
    this.#connections.clear();
  }

  #connectionTo({ host = LOCAL_HOST, port }: Target): Connection {
    const name = `${host}:${port}`;
    const known = this.#connections.get(name);
    if (known?.isOpen === true) return known;
    const connection = new Connection(port, host);
    this.#connections.set(name, connection);
    return connection;
  }
}

interface Problem {
  readonly code?: ErrorCode;
  readonly detail?: string;
  readonly maybeApplied?: boolean;
}

function problem(answer: Answer): Outcome {
  let told: Problem = {};
  try {
    told = JSON.parse(answer.body.toString('utf8')) as Problem;
  } catch {
    // No problem document: an error of its own, told with its status.
  }
  return {
    kind: 'failure',
    code: told.code ?? 'INTERNAL',
    detail: `${answer.status} ${told.detail ?? answer.body.toString('utf8').slice(0, 200)}`,
    isClean: told.maybeApplied !== true,
  };
}
