import { describe, expect, test } from '@jest/globals';
import { clusterId, incarnation } from '../../../core/api/ids.ts';
import { RingError } from '../../../core/errors.ts';
import {
  startHandshake,
  type Handshake,
  type HandshakeOptions,
} from '../../../node/transport/handshake.ts';
import type { Hello } from '../../../node/transport/transport.ts';
import { HELLO } from '../../contracts/transport.ts';
import { fc } from '../../properties.ts';

const A = HELLO;
const B: Hello = { ...HELLO, incarnation: incarnation('b') };

const dialer = (wish: Partial<HandshakeOptions> = {}): Handshake =>
  startHandshake({ own: A, secret: 's', target: B.incarnation, ...wish });
const acceptor = (wish: Partial<HandshakeOptions> = {}): Handshake =>
  startHandshake({ own: B, secret: 's', target: null, ...wish });

describe('a handshake', () => {
  test('tells each end who the other is', () => {
    const [a, b] = [dialer(), acceptor()];
    const hello = b.take(a.opening!);
    const proof = a.take(hello.send!);
    const accepted = b.take(proof.send!);
    expect(accepted.peer).toEqual(A);
    expect(a.take(accepted.send!).peer).toEqual(B);
  });

  test('takes a hello that says nothing of names, an older build’s, for one that wants none', () => {
    const older = { ...A, namesWanted: undefined } as unknown as Hello;
    const [a, b] = [dialer({ own: older }), acceptor()];
    const proof = a.take(b.take(a.opening!).send!);
    expect(b.take(proof.send!).peer).toEqual({ ...A, namesWanted: false });
  });

  test('proves nothing to a stranger before the stranger has', () => {
    const [a, b] = [dialer({ secret: 'a guess' }), acceptor()];
    const proof = a.take(b.take(a.opening!).send!);
    expect(() => b.take(proof.send!)).toThrow('the proof does not fit');
  });

  test('is refused by the dialer when the acceptor does not know the secret', () => {
    const [a, b] = [dialer(), acceptor()];
    const proof = a.take(b.take(a.opening!).send!);
    expect(() => a.take(Buffer.alloc(proof.send!.length))).toThrow('the proof does not fit');
  });

  test("cannot be won by sending the prover's own proof back", () => {
    const [a, b] = [dialer(), acceptor()];
    const proof = a.take(b.take(a.opening!).send!);
    expect(() => a.take(proof.send!)).toThrow('the proof does not fit');
  });

  test('cannot be won with the proof of an earlier one', () => {
    const [a, b] = [dialer(), acceptor()];
    const old = a.take(b.take(a.opening!).send!);
    const again = acceptor();
    again.take(a.opening!);
    expect(() => again.take(old.send!)).toThrow('the proof does not fit');
  });

  test('cannot be won under another hello than the proved one', () => {
    const [a, b] = [dialer(), acceptor()];
    const forged = Buffer.from(
      a.opening!.toString('latin1').replace('"epoch":3', '"epoch":4'),
      'latin1',
    );
    const proof = a.take(b.take(forged).send!);
    expect(() => b.take(proof.send!)).toThrow('the proof does not fit');
  });

  test('that asks for TLS is refused: the flag is only kept for it', () => {
    const asking = Buffer.from(dialer().opening!);
    asking[4] = 1;
    expect(() => acceptor().take(asking)).toThrow('asks for flags 1');
  });

  test('understands fields of the future', () => {
    const more = { ...A, region: 'north' };
    const a = dialer({ own: more });
    expect(acceptor().take(a.opening!)).toMatchObject({ refused: null });
  });

  test.each<[string, Partial<Hello>, Partial<HandshakeOptions>]>([
    ['a means to reach c, this is b', {}, { target: incarnation('c') }],
    ['a is of cluster x, not ring', { clusterId: clusterId('x') }, {}],
    [
      'a speaks protocol versions 2 to 3, this node 1 to 1',
      { protocolVersionMin: 2, protocolVersionMax: 3 },
      {},
    ],
    ["b is this node's own incarnation", { incarnation: B.incarnation }, {}],
  ])('is refused by the acceptor, after its hello: %s', (why, hello, wish) => {
    const step = acceptor().take(dialer({ own: { ...A, ...hello }, ...wish }).opening!);
    expect(step.refused?.message).toBe(why);
    expect(step.send).not.toBeNull();
  });

  test('of any bytes is refused, never a crash', () => {
    const start = fc.constantFrom(
      Buffer.alloc(0),
      dialer().opening!.subarray(0, 37),
      dialer().opening!,
    );
    const hostile = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.json().map((text) => Buffer.from(text)),
    );
    fc.assert(
      fc.property(start, hostile, (head, tail) => {
        for (const end of [dialer(), acceptor()]) {
          try {
            expect(end.take(Buffer.concat([head, tail])).peer).toBeNull();
          } catch (error) {
            if (!(error instanceof RingError) || error.code !== 'HANDSHAKE_REFUSED') throw error;
          }
        }
      }),
    );
  });
});
