import { describe, expect, test } from '@jest/globals';
import { epoch, incarnation } from '../../../core/api/ids.ts';
import type { Envelope, PeerMessage } from '../../../core/api/messages.ts';
import { InFlight } from '../../../node/transport/in-flight.ts';

const carrying = (body: PeerMessage): Envelope => ({
  from: incarnation('a'),
  to: incarnation('b'),
  epoch: epoch(1),
  documentHash: '',
  clock: 1,
  body,
  about: null,
});
const question = (call: number): Envelope => carrying({ kind: 'compare', call, roots: [] });
const answer = (call: number): Envelope => carrying({ kind: 'stored', call, report: null });

describe('questions in flight', () => {
  test('beyond the limit are held back until one is answered', () => {
    const inFlight = new InFlight(2);
    expect([1, 2, 3].map((call) => inFlight.sending(question(call)))).toEqual([true, true, false]);
    inFlight.received(answer(1));
    expect(inFlight.sending(question(3))).toBe(true);
  });

  test('do not hold back answers and heart-beats', () => {
    const inFlight = new InFlight(0);
    expect(inFlight.sending(answer(1))).toBe(true);
    expect(inFlight.sending(carrying({ kind: 'heartbeat', life: 1 }))).toBe(true);
  });

  test('are not answered by a question of the peer with the same number', () => {
    const inFlight = new InFlight(1);
    inFlight.sending(question(1));
    inFlight.received(question(1));
    expect(inFlight.count).toBe(1);
  });

  test('that are never answered give their place back after two turns', () => {
    const inFlight = new InFlight(1);
    inFlight.sending(question(1));
    inFlight.turn();
    expect(inFlight.sending(question(2))).toBe(false);
    inFlight.turn();
    expect(inFlight.sending(question(2))).toBe(true);
  });
});
