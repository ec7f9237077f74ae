// What every implementation of the transport's port must do; run against node:net and memory.
import { afterEach, describe, expect, test } from '@jest/globals';
import { clusterId, epoch, incarnation, nodeId, requestId } from '../../core/api/ids.ts';
import type { Incarnation, RequestId } from '../../core/api/ids.ts';
import type { Envelope } from '../../core/api/messages.ts';
import type { TransportLog } from '../../node/transport/options.ts';
import type {
  Hello,
  PeerAddress,
  Transport,
  TransportEvents,
} from '../../node/transport/transport.ts';
import { bare, envelopeOf, KINDS } from '../node/codec/envelopes.ts';
import { fc } from '../properties.ts';
import { Journal } from './journal.ts';

export type Happening =
  | { readonly kind: 'received'; readonly envelope: Envelope }
  | { readonly kind: 'lost'; readonly peer: Incarnation }
  | TransportLog;

export interface Opening {
  readonly hello: Hello;
  readonly secret: string;
  readonly events: TransportEvents;
  readonly log: (event: TransportLog) => void;
  /** Where to listen; null: anywhere. */
  readonly address: string | null;
}

export interface TransportNetwork {
  open(opening: Opening): Promise<{ readonly transport: Transport; readonly address: string }>;
}

/** One node of a test: its transport, and all that happened to it. */
export class Station {
  readonly hello: Hello;
  readonly journal = new Journal<Happening>();
  transport!: Transport;
  address!: string;

  constructor(hello: Hello) {
    this.hello = hello;
  }

  get peer(): PeerAddress {
    return {
      id: nodeId(`at ${this.address}`),
      incarnation: this.hello.incarnation,
      address: this.address,
    };
  }

  /** How often this was noted; `about`: of this peer only. */
  count(kind: Happening['kind'], about?: Station): number {
    return this.journal.entries.filter(
      (entry) =>
        entry.kind === kind &&
        (about === undefined || !('peer' in entry) || entry.peer === about.hello.incarnation),
    ).length;
  }

  until(kind: Happening['kind'], times = 1): Promise<void> {
    return this.journal.until(() => this.count(kind) >= times);
  }

  received(): Envelope[] {
    return this.journal.entries.flatMap((entry) =>
      entry.kind === 'received' ? [entry.envelope] : [],
    );
  }

  /** Reason of the first happening of this kind. */
  reason(kind: 'unreachable' | 'refused' | 'disconnected' | 'dropping'): string {
    const entry = this.journal.entries.find((each) => each.kind === kind);
    return entry !== undefined && 'reason' in entry ? entry.reason : '';
  }

  say(
    to: { readonly hello: Pick<Hello, 'incarnation'> },
    call: number,
    about: RequestId | null = null,
  ): void {
    this.transport.send({
      from: this.hello.incarnation,
      to: to.hello.incarnation,
      epoch: epoch(1),
      documentHash: '',
      clock: 1,
      body: { kind: 'refused', call, code: 'INTERNAL' },
      about,
    });
  }
}

export const HELLO: Hello = {
  incarnation: incarnation('a'),
  clusterId: clusterId('ring'),
  epoch: epoch(3),
  protocolVersionMin: 1,
  protocolVersionMax: 1,
  namesWanted: true,
};

export interface StationWish extends Partial<Hello> {
  readonly secret?: string;
  readonly address?: string;
}

/** Opens stations on a network and closes them after each test. */
export function stations(
  network: () => TransportNetwork,
): (name: string, wish?: StationWish) => Promise<Station> {
  const open: Station[] = [];
  afterEach(async () => {
    await Promise.all(open.splice(0).map(({ transport }) => transport.close()));
  });
  return async (name, { secret = 'a shared secret', address, ...hello } = {}) => {
    const station = new Station({ ...HELLO, ...hello, incarnation: incarnation(name) });
    const { transport, address: at } = await network().open({
      hello: station.hello,
      secret,
      address: address ?? null,
      log: (event) => station.journal.add(event),
      events: {
        received: (envelope) => station.journal.add({ kind: 'received', envelope }),
        disconnected: (peer) => station.journal.add({ kind: 'lost', peer }),
      },
    });
    station.transport = transport;
    station.address = at;
    open.push(station);
    return station;
  };
}

export function connected(...all: readonly Station[]): Promise<unknown> {
  return Promise.all(all.map((station) => station.until('connected')));
}

export function transportContract(name: string, network: () => TransportNetwork): void {
  const station = stations(network);

  describe(`${name}: a transport`, () => {
    test.each(KINDS)('delivers a %s as it was sent', async (kind) => {
      const [a, b] = [await station('a'), await station('b')];
      a.transport.setPeers([b.peer]);
      await connected(a, b);
      const sent = fc.sample(envelopeOf(kind), { numRuns: 5, seed: 1 });
      for (const envelope of sent) a.transport.send(envelope);
      await b.until('received', sent.length);
      expect(b.received().map(bare)).toStrictEqual(sent);
    });

    test('keeps the order of frames to one peer, and loses none while connected', async () => {
      const [a, b] = [await station('a'), await station('b')];
      a.transport.setPeers([b.peer]);
      await connected(a, b);
      const calls = [...Array(5000).keys()];
      for (const call of calls) a.say(b, call);
      await b.until('received', calls.length);
      expect(b.received().map(({ body }) => ('call' in body ? body.call : null))).toEqual(calls);
      expect(a.transport.stats().framesOut).toBe(calls.length);
      expect(b.transport.stats().framesIn).toBe(calls.length);
    });

    test('answers whoever could ask, also where only one of the two knows the other', async () => {
      const [a, b] = [await station('a'), await station('b')];
      b.transport.setPeers([a.peer]);
      await connected(a, b);
      b.say(a, 1);
      await a.until('received');
      a.say(b, 2);
      await b.until('received');
      expect(b.received()[0]).toMatchObject({ from: 'a', to: 'b', body: { call: 2 } });
    });

    test('drops what is sent to nobody, counts it, and says so after the send', async () => {
      const [a, b] = [await station('a'), new Station({ ...HELLO, incarnation: incarnation('b') })];
      a.say(b, 1);
      a.say(b, 2);
      expect(a.count('lost')).toBe(0);
      await a.until('lost');
      expect(a.transport.stats().droppedFrames).toBe(2);
      expect(a.transport.stats().framesOut).toBe(0);
    });

    test('reaches a peer that starts later', async () => {
      const first = await station('b');
      await first.transport.close();
      const a = await station('a');
      a.transport.setPeers([first.peer]);
      await a.until('unreachable');
      const b = await station('b', { address: first.address });
      await connected(a, b);
      expect(a.count('unreachable')).toBe(1);
    });

    test('reaches a peer again that stopped and came back, and reports the loss between', async () => {
      const [a, b] = [await station('a'), await station('b')];
      a.transport.setPeers([b.peer]);
      await connected(a, b);
      await b.transport.close();
      await a.until('lost');
      const again = await station('b', { address: b.address });
      await a.until('connected', 2);
      a.say(again, 7);
      await again.until('received');
    });

    test("refuses another incarnation at a peer's address", async () => {
      const [a, b] = [await station('a'), await station('b')];
      a.transport.setPeers([
        { ...b.peer, incarnation: incarnation('b-before-its-volume-was-lost') },
      ]);
      await a.until('unreachable');
      expect(a.reason('unreachable')).toBe(
        'b answers where b-before-its-volume-was-lost was meant to be',
      );
      expect(a.transport.stats()).toMatchObject({ connects: 0 });
      expect(a.transport.stats().refusedHellos).toBeGreaterThan(0);
    });

    test('refuses a node of another cluster', async () => {
      const [a, b] = [await station('a'), await station('b', { clusterId: clusterId('other') })];
      a.transport.setPeers([b.peer]);
      await Promise.all([a.until('unreachable'), b.until('refused')]);
      expect(a.reason('unreachable')).toBe('b is of cluster other, not ring');
      expect(b.reason('refused')).toBe('a is of cluster ring, not other');
    });

    test('lets a node without a cluster in: it must get its first document', async () => {
      const [a, b] = [await station('a'), await station('b', { clusterId: null })];
      a.transport.setPeers([b.peer]);
      await connected(a, b);
    });

    test('refuses a stranger who does not know the secret, whichever side dials', async () => {
      const [a, b] = [await station('a'), await station('b', { secret: 'a guess' })];
      a.transport.setPeers([b.peer]);
      await Promise.all([a.until('unreachable'), b.until('refused')]);
      expect(b.reason('refused')).toBe("the proof does not fit this cluster's secret");
      expect([a.transport.stats().connects, b.transport.stats().connects]).toEqual([0, 0]);
    });

    test('refuses a version from the future', async () => {
      const future = { protocolVersionMin: 2, protocolVersionMax: 9 };
      const [a, b] = [await station('a'), await station('b', future)];
      a.transport.setPeers([b.peer]);
      await a.until('unreachable');
      expect(a.reason('unreachable')).toBe('b speaks protocol versions 2 to 9, this node 1 to 1');
    });

    test('meets a newer version that still speaks an old one', async () => {
      const [a, b] = [await station('a'), await station('b', { protocolVersionMax: 9 })];
      a.transport.setPeers([b.peer]);
      await connected(a, b);
    });

    test.each([
      ['who wants to know', true, ['order-7~a-1', null]],
      ['but not one who does not, such as an older build', false, [null, null]],
    ])('tells a peer which request a frame is about: one %s', async (_who, namesWanted, told) => {
      const [a, b] = [await station('a'), await station('b', { namesWanted })];
      a.transport.setPeers([b.peer]);
      await connected(a, b);
      a.say(b, 1, requestId('order-7~a-1'));
      a.say(b, 2);
      await b.until('received', 2);
      expect(b.received().map(({ about }) => about)).toEqual(told);
    });

    test('hangs up on a node that is no peer any more, and both notice', async () => {
      const [a, b] = [await station('a'), await station('b')];
      a.transport.setPeers([b.peer]);
      await connected(a, b);
      a.transport.setPeers([]);
      await Promise.all([a.until('lost'), b.until('lost')]);
      expect(a.reason('disconnected')).toBe('it is no peer any more');
    });

    test('keeps its connections when the same peers are named again', async () => {
      const [a, b] = [await station('a'), await station('b')];
      a.transport.setPeers([b.peer]);
      await connected(a, b);
      a.transport.setPeers([b.peer, a.peer]);
      a.say(b, 1);
      await b.until('received');
      expect([a.count('connected'), a.count('lost')]).toEqual([1, 0]);
    });

    test('delivers what was sent before it was closed', async () => {
      const [a, b] = [await station('a'), await station('b')];
      a.transport.setPeers([b.peer]);
      await connected(a, b);
      for (let call = 0; call < 100; call++) a.say(b, call);
      await a.transport.close();
      await b.until('lost');
      expect(b.received().length).toBe(100);
    });

    test('ends up with connections that carry, when all of five nodes dial all at once', async () => {
      const all = await Promise.all(['a', 'b', 'c', 'd', 'e'].map((each) => station(each)));
      for (const each of all) each.transport.setPeers(all.map(({ peer }) => peer));
      for (const each of all) {
        await each.journal.until(() =>
          all.every((other) => other === each || each.count('connected', other) > 0),
        );
      }
      // A dial that lost to a simultaneous one may take frames with it; the replica would ask again.
      const heard = (by: Station, from: Station): boolean =>
        by.received().some((envelope) => envelope.from === from.hello.incarnation);
      for (const from of all) {
        for (const to of all) {
          if (from === to) continue;
          from.say(to, 1);
          while (!heard(to, from)) {
            const happened = [from, to].map(({ journal }) => journal.entries.length);
            await Promise.race(
              [from, to].map(({ journal }, i) =>
                journal.until((entries) => entries.length > happened[i]!),
              ),
            );
            if (!heard(to, from)) from.say(to, 1);
          }
        }
      }
    });
  });
}
