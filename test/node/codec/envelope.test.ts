import { describe, expect, test } from '@jest/globals';
import { incarnation, requestId } from '../../../core/api/ids.ts';
import type { Envelope } from '../../../core/api/messages.ts';
import { RingError } from '../../../core/errors.ts';
import { ByteWriter } from '../../../node/codec/bytes.ts';
import { decodeEnvelope, encodeEnvelope } from '../../../node/codec/envelope.ts';
import { fc } from '../../properties.ts';
import { anyEnvelope, bare, envelopeOf, KINDS } from './envelopes.ts';

const ENDS = { from: incarnation('a'), to: incarnation('b') };

function encoded(envelope: Envelope, isNamed = true): Buffer {
  const writer = new ByteWriter();
  encodeEnvelope(writer, envelope, isNamed);
  return writer.take();
}

/** Decoding may refuse, with the one code for it; anything else is a bug. */
function refusedOrDecoded(bytes: Buffer): 'refused' | Envelope {
  try {
    return decodeEnvelope(bytes, ENDS);
  } catch (error) {
    if (error instanceof RingError && error.code === 'FRAME_INVALID') return 'refused';
    throw error;
  }
}

describe('an envelope', () => {
  test.each(KINDS)('with a %s is the same after encoding and decoding', (kind) => {
    fc.assert(
      fc.property(envelopeOf(kind), (envelope) => {
        expect(bare(decodeEnvelope(encoded(envelope), ENDS))).toStrictEqual(envelope);
      }),
      { numRuns: 30 },
    );
  });

  test('keeps no view of the bytes that it came in', () => {
    fc.assert(
      fc.property(anyEnvelope, (envelope) => {
        const bytes = encoded(envelope);
        const decoded = decodeEnvelope(bytes, ENDS);
        bytes.fill(0xff);
        expect(bare(decoded)).toStrictEqual(envelope);
      }),
      { numRuns: 200 },
    );
  });

  test('cut short anywhere is refused', () => {
    fc.assert(
      fc.property(anyEnvelope, (envelope) => {
        const bytes = encoded(envelope);
        const accepted = [...bytes.keys()].filter(
          (length) => refusedOrDecoded(bytes.subarray(0, length)) !== 'refused',
        );
        expect(accepted).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });

  test('followed by more bytes is refused', () => {
    fc.assert(
      fc.property(anyEnvelope, fc.uint8Array({ minLength: 1 }), (envelope, more) => {
        expect(refusedOrDecoded(Buffer.concat([encoded(envelope), more]))).toBe('refused');
      }),
      { numRuns: 100 },
    );
  });

  test('of damaged bytes is refused or still an envelope that can be sent', () => {
    const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(anyEnvelope, damage, (envelope, places) => {
        const bytes = encoded(envelope);
        for (const [place, value] of places) bytes[place % bytes.length] = value;
        const decoded = refusedOrDecoded(bytes);
        if (decoded !== 'refused') encoded(decoded);
      }),
      { numRuns: 500 },
    );
  });

  test('of random bytes is refused or still an envelope that can be sent', () => {
    fc.assert(
      fc.property(fc.nat(255), fc.uint8Array({ maxLength: 100 }), (kind, rest) => {
        const decoded = refusedOrDecoded(Buffer.from([kind, ...rest]));
        if (decoded !== 'refused') encoded(decoded);
      }),
      { numRuns: 500 },
    );
  });

  test('that claims four thousand million items allocates nothing for them', () => {
    const compare = Buffer.concat([
      encoded(message({ kind: 'compare', call: 1, roots: [] })).subarray(0, -1),
      Buffer.of(0xff, 0xff, 0xff, 0xff, 0x0f),
    ]);
    expect(() => decodeEnvelope(compare, ENDS)).toThrow(
      'a list of 4294967295 bytes where 0 are left',
    );
  });

  test('for a slot that no ring can have is refused', () => {
    const push = encoded(message({ kind: 'push', call: 1, slot: 65_536, records: [] }));
    expect(() => decodeEnvelope(push, ENDS)).toThrow('slot 65536 of at most 65536');
  });

  test('whose vector names an actor twice is refused', () => {
    const report = { actors: ['x.1', 'x.1'], counters: [1, 2] };
    const stored = encoded(message({ kind: 'stored', call: 1, report }));
    expect(() => decodeEnvelope(stored, ENDS)).toThrow('actors do not ascend');
  });

  test('does not repeat its ends, which the handshake has proved', () => {
    const from = incarnation('0123456789abcdef');
    const spoken = encoded({ ...message({ kind: 'heartbeat', life: 1 }), from });
    expect(spoken).toEqual(encoded(message({ kind: 'heartbeat', life: 1 })));
  });

  test('without a name, or for a peer that wants none, has the bytes that it always had', () => {
    const read = message({ kind: 'read', call: 5, key: { text: 'k', high: 1, low: 2 } });
    const always =
      '01' + '01' + '000000000000f03f' + '00' + '05' + '01000000' + '02000000' + '016b';
    expect(encoded(read).toString('hex')).toBe(always);
    expect(encoded({ ...read, about: requestId('order-7~a-1') }, false).toString('hex')).toBe(
      always,
    );
  });

  test('with a read of a short key takes at most 64 bytes', () => {
    const read = message({
      kind: 'read',
      call: 1_000_000,
      key: { text: 'user:1234', high: 1, low: 2 },
    });
    expect(encoded({ ...read, documentHash: '0123456789abcdef' }).length).toBeLessThanOrEqual(64);
  });
});

function message(body: Envelope['body']): Envelope {
  return { ...ENDS, epoch: 1 as Envelope['epoch'], documentHash: '', clock: 1, body, about: null };
}
