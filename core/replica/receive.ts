// What comes from a peer, and in which order it is looked at: whom it means, how new its ring is (R4),
// whether it answers a question of ours. And what its silence takes along.
import type { Incarnation } from '../api/ids.ts';
import type { Envelope, Life, PeerAnswer, PeerMessage } from '../api/messages.ts';
import type { ClientResult } from '../api/requests.ts';
import { OPERATIONS_MAX } from '../limits.ts';
import { mergeClock } from '../version/clock.ts';
import { consider, defer, fetchDocument, greet, splitRing } from './adoption.ts';
import { slotOfKey } from './cells.ts';
import { noteClock } from './clocks.ts';
import { coordinate, owing, unknownOutcome } from './requests.ts';
import { mayCoordinate, serve } from './serve.ts';
import type { Replica } from './state.ts';
import { announce, enforces, send } from './state.ts';

/** Answers belong to whom they were asked of; questions wait while this node is behind. */
export function receive(r: Replica, envelope: Envelope): void {
  const { from, epoch, body } = envelope;
  if (envelope.to !== r.incarnation && enforces(r, 'R9')) return;
  r.clock = mergeClock(r.clock, envelope.clock, r.nowMs);
  noteClock(r, from, envelope.clock);
  if (r.suspicion.heard(from, r.tick)) announce(r, { kind: 'peer-back', peer: from });
  const held = r.document?.epoch ?? 0;
  if (epoch === held && epoch > 0 && envelope.documentHash !== r.hash) {
    splitRing(r, from);
    return;
  }
  if (body.kind === 'heartbeat') noteLife(r, from, body.life);
  if (body.kind === 'fetch-document') return giveDocument(r, from);
  if (body.kind === 'document') return consider(r, body.document);
  if (isAnswer(body)) return answered(r, from, body);
  if (epoch > held && enforces(r, 'R4'))
    return body.kind === 'heartbeat' ? fetchDocument(r, from) : defer(r, envelope);
  if (body.kind === 'heartbeat') return;
  if (r.document === null)
    return send(r, from, { kind: 'refused', call: body.call, code: 'NOT_SERVING' }, envelope.about);
  if (body.kind !== 'coordinate') return serve(r, envelope, body);
  takeOver(r, envelope, body);
}

function giveDocument(r: Replica, from: Incarnation): void {
  if (r.document !== null && !r.split) send(r, from, { kind: 'document', document: r.document });
}

/** Hand-overs name the process that they mean. A peer that has just started is greeted in return. */
function noteLife(r: Replica, from: Incarnation, life: Life): void {
  if (r.lives.get(from) === life) return;
  r.lives.set(from, life);
  if (r.document !== null) greet(r, from);
}

/**
 * A write handed over by a node that is no replica: coordinated here or clearly refused. What is meant
 * for an earlier process of this node is neither: that one may have coordinated it (R4).
 */
function takeOver(
  r: Replica,
  { from, about }: Envelope,
  { call, life, request }: Extract<PeerMessage, { kind: 'coordinate' }>,
): void {
  const refuse = (code: 'DRAINING' | 'NOT_A_REPLICA' | 'OVERLOADED' | 'STALE_EPOCH'): void =>
    send(r, from, { kind: 'refused', call, code }, about);
  const answer = (result: ClientResult): void =>
    send(r, from, { kind: 'coordinated', call, result }, about);
  if (r.takenOver.has(`${from} ${call}`)) return;
  r.takenOver.set(`${from} ${call}`, r.tick);
  if (life !== r.life) return answer(unknownOutcome('was restarted'));
  if (r.draining) return refuse('DRAINING');
  if (r.owed >= OPERATIONS_MAX) return refuse('OVERLOADED');
  if (request.kind !== 'write' || !mayCoordinate(r, slotOfKey(r, request.key)))
    return refuse('NOT_A_REPLICA');
  coordinate(
    r,
    request,
    owing(r, (verdict) =>
      verdict.kind === 'handed-back' ? refuse('STALE_EPOCH') : answer(verdict),
    ),
  );
}

const ANSWERS: ReadonlySet<PeerMessage['kind']> = new Set([
  'coordinated',
  'value',
  'stored',
  'page',
  'compared',
  'exchanged',
  'listed',
  'refused',
]);

function isAnswer(body: PeerMessage): body is PeerAnswer {
  return ANSWERS.has(body.kind);
}

/** Only the incarnation that was asked may answer, and once. */
function answered(r: Replica, from: Incarnation, answer: PeerAnswer): void {
  const call = r.calls.get(answer.call);
  if (call === undefined || call.to !== from) return;
  r.calls.delete(answer.call);
  call.answered(answer);
}

/**
 * The peer is suspected at once; whatever it was asked is lost. It may come back as another process, and speak
 * of other things first: nothing is handed over to it before it has said who it is.
 */
export function disconnected(r: Replica, peer: Incarnation): void {
  r.lives.delete(peer);
  if (r.suspicion.broke(peer)) announce(r, { kind: 'peer-silent', peer });
  for (const [call, { to, answered }] of r.calls) {
    if (to !== peer) continue;
    r.calls.delete(call);
    answered(null);
  }
}
