// What a node's log tells at debug of clients' requests that others coordinate or have handed to it:
// each line has the request's name, so that one request is followed through all nodes.
import type { Envelope } from '../core/api/messages.ts';
import { namesOf } from './http/request-ids.ts';
import type { Logger } from './log.ts';
import { isQuestion } from './transport/in-flight.ts';
import type { Transport, TransportEvents } from './transport/transport.ts';

/** Never changes in a process's life: peers learn it from the hello. */
export function tellsRequests(log: Logger): boolean {
  return log.isLevelEnabled('debug');
}

/** `received`, with a line for each question that a request is the reason of. */
export function tellQuestions(
  log: Logger,
  received: TransportEvents['received'],
): TransportEvents['received'] {
  if (!tellsRequests(log)) return received;
  return (envelope) => {
    tellQuestion(log, envelope);
    received(envelope);
  };
}

/** `transport`, with a line for each answer to such a question. */
export function tellAnswers(log: Logger, transport: Transport): Pick<Transport, 'send'> {
  if (!tellsRequests(log)) return transport;
  return {
    send(envelope) {
      tellAnswer(log, envelope);
      transport.send(envelope);
    },
  };
}

function tellQuestion(log: Logger, { from, body, about }: Envelope): void {
  if (body.kind === 'coordinate')
    log.debug({ ...namesOf(body.request.id), from }, 'write handed over by a peer');
  else if (about !== null && isQuestion(body))
    log.debug({ ...namesOf(about), from, asked: body.kind }, 'asked by a peer');
}

function tellAnswer(log: Logger, { to, body, about }: Envelope): void {
  if (about === null || isQuestion(body)) return;
  const code = body.kind === 'refused' ? { code: body.code } : {};
  log.debug({ ...namesOf(about), to, answer: body.kind, ...code }, 'answered a peer');
}
