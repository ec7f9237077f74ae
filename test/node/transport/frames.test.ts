import { describe, expect, test } from '@jest/globals';
import { ByteWriter } from '../../../node/codec/bytes.ts';
import { FRAME_HEADER_BYTES, FrameReader, writeFrame } from '../../../node/transport/frames.ts';
import { fc } from '../../properties.ts';
import { framed } from './raw-peer.ts';

function taken(reader: FrameReader, chunks: Iterable<Buffer>): Buffer[] {
  const frames: Buffer[] = [];
  for (const chunk of chunks) {
    reader.add(chunk);
    for (let frame = reader.take(); frame !== null; frame = reader.take())
      frames.push(Buffer.from(frame));
  }
  return frames;
}

function cutAt(stream: Buffer, places: readonly number[]): Buffer[] {
  const cuts = [
    0,
    ...places.map((place) => place % (stream.length + 1)).sort((a, b) => a - b),
    stream.length,
  ];
  return cuts.slice(1).map((end, i) => stream.subarray(cuts[i], end));
}

const bodies = fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 8 });

describe('frames', () => {
  test('are the same however the network cuts the stream', () => {
    fc.assert(
      fc.property(bodies, fc.array(fc.nat(5000)), (sent, places) => {
        const stream = Buffer.concat(sent.map(framed));
        const frames = taken(new FrameReader(200), cutAt(stream, places));
        expect(frames).toEqual(sent.map((body) => Buffer.from(body)));
      }),
    );
  });

  test('arrive one byte at a time as well', () => {
    const sent = [Buffer.alloc(0), Buffer.from('one'), Buffer.alloc(300, 7)];
    const stream = Buffer.concat(sent.map(framed));
    expect(
      taken(
        new FrameReader(300),
        [...stream].map((byte) => Buffer.of(byte)),
      ),
    ).toEqual(sent);
  });

  test('with any one bit flipped in the body are refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1 }), fc.nat(), (body, place) => {
        const stream = framed(body);
        const bit = place % (body.length * 8);
        stream[FRAME_HEADER_BYTES + (bit >> 3)]! ^= 1 << (bit & 7);
        expect(() => taken(new FrameReader(200), [stream])).toThrow('CRC');
      }),
    );
  });

  test('longer than allowed are refused by their header alone', () => {
    const header = framed(Buffer.alloc(201)).subarray(0, FRAME_HEADER_BYTES);
    expect(() => taken(new FrameReader(200), [header])).toThrow(
      'a frame of 201 bytes where at most 200',
    );
  });

  test('of random bytes are frames or FRAME_INVALID, nothing else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        try {
          taken(new FrameReader(50), [Buffer.from(bytes)]);
        } catch (error) {
          expect(error).toMatchObject({ code: 'FRAME_INVALID' });
        }
      }),
    );
  });

  test('may grow between two frames of one chunk, as they do after the handshake', () => {
    const reader = new FrameReader(3);
    reader.add(Buffer.concat([framed(Buffer.from('abc')), framed(Buffer.from('longer'))]));
    expect(reader.take()?.toString()).toBe('abc');
    reader.bytesMax = 6;
    expect(reader.take()?.toString()).toBe('longer');
  });

  test('too large to send, or whose body fails, leave what was written before as it was', () => {
    const writer = new ByteWriter();
    writeFrame(writer, 10, () => writer.text('kept'));
    const before = writer.at;
    expect(writeFrame(writer, 10, () => writer.text('longer than ten'))).toBe(-1);
    expect(writer.at).toBe(before);
    expect(() =>
      writeFrame(writer, 10, () => {
        throw new Error('no');
      }),
    ).toThrow('no');
    expect(writer.take()).toEqual(framed(Buffer.from('\x04kept')));
  });
});
