// One keep-alive HTTP/1.1 connection with one request under way: as little as a load generator can
// do, so that what is measured is the other side, and so that a cut connection is seen as what it
// is.
import { connect } from 'node:net';
import type { Socket } from 'node:net';

export interface Answer {
  readonly status: number;
  /** Status line and headers as they came. */
  readonly head: string;
  readonly body: Buffer;
}

/** No answer came. `sent`: the request may have reached the other side. */
export class Unanswered extends Error {
  readonly sent: boolean;
  constructor(sent: boolean, why: string) {
    super(why);
    this.name = 'Unanswered';
    this.sent = sent;
  }
}

/** The header's value; null: it is absent. */
export function headerOf({ head }: Answer, name: string): string | null {
  const match = new RegExp(`\\r\\n${name}: *([^\\r]*)`, 'i').exec(head);
  return match?.[1] ?? null;
}

/** A request as it goes over the wire. */
export function requestBytes(
  method: string,
  path: string,
  options: { headers?: Readonly<Record<string, string>>; body?: Buffer } = {},
): Buffer {
  const { headers = {}, body } = options;
  const lines = Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('');
  const length =
    body === undefined && (method === 'GET' || method === 'DELETE')
      ? ''
      : `Content-Length: ${body?.length ?? 0}\r\n`;
  const head = Buffer.from(
    `${method} ${path} HTTP/1.1\r\nHost: ring\r\n${lines}${length}\r\n`,
    'latin1',
  );
  return body === undefined ? head : Buffer.concat([head, body]);
}

interface Waiting {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}

const END_OF_HEAD = Buffer.from('\r\n\r\n');
const NOTHING = Buffer.alloc(0);

export class Connection {
  readonly #socket: Socket;
  #waiting: Waiting | null = null;
  #received: Buffer = NOTHING;
  #head = '';
  #bodyAt = -1;
  #bodyBytes = 0;
  #connected = false;

  constructor(port: number, host = '127.0.0.1') {
    this.#socket = connect({ port, host, noDelay: true });
    this.#socket.once('connect', () => {
      this.#connected = true;
    });
    this.#socket.on('data', (chunk) => this.#take(chunk));
    this.#socket.on('error', () => undefined);
    this.#socket.once('close', () =>
      this.#fail(this.#connected ? 'the connection was cut' : 'refused'),
    );
  }

  get isOpen(): boolean {
    return !this.#socket.destroyed && this.#socket.writable;
  }

  /** Throws Unanswered where the connection ends first. */
  ask(request: Buffer): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (!this.isOpen) {
        reject(new Unanswered(false, 'the connection is closed'));
        return;
      }
      this.#waiting = { resolve, reject };
      this.#socket.write(request);
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #fail(why: string): void {
    const waiting = this.#waiting;
    this.#waiting = null;
    waiting?.reject(new Unanswered(this.#connected, why));
  }

  #take(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    if (this.#bodyAt < 0 && !this.#readHead()) return;
    const end = this.#bodyAt + this.#bodyBytes;
    if (this.#received.length < end) return;
    const answer = {
      status: Number(this.#head.slice(9, 12)),
      head: this.#head,
      body: this.#received.subarray(this.#bodyAt, end),
    };
    this.#received = NOTHING;
    this.#bodyAt = -1;
    const waiting = this.#waiting;
    this.#waiting = null;
    waiting?.resolve(answer);
  }

  #readHead(): boolean {
    const end = this.#received.indexOf(END_OF_HEAD);
    if (end < 0) return false;
    this.#head = this.#received.toString('latin1', 0, end);
    this.#bodyAt = end + END_OF_HEAD.length;
    const length = /\r\ncontent-length: *(\d+)/i.exec(this.#head);
    this.#bodyBytes = length === null ? 0 : Number(length[1]);
    return true;
  }
}
