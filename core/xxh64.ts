// xxh64 (Collet, xxHash specification 0.1.1) over uint32 halves: every hash of the ring comes from
// here. BigInt would cost more than the hash itself, so 64-bit words are pairs of int32.

/** UTF-16 units of the longest text that is hashed without an allocation; no key is longer. */
const SCRATCH_UNITS = 1024;

/** A 64-bit hash as two uint32. */
export interface Hash64 {
  readonly high: number;
  readonly low: number;
}

// The word that the last arithmetic function left behind, as int32 halves: returning a pair would
// allocate at every step. Nothing below yields between writing these and reading them.
let high = 0;
let low = 0;

// The five primes of the specification, high and low halves.
const P1H = 0x9e3779b1 | 0,
  P1L = 0x85ebca87 | 0;
const P2H = 0xc2b2ae3d | 0,
  P2L = 0x27d4eb4f;
const P3H = 0x165667b1,
  P3L = 0x9e3779f9 | 0;
const P4H = 0x85ebca77 | 0,
  P4L = 0xc2b2ae63 | 0;
const P5H = 0x27d4eb2f,
  P5L = 0x165667c5;

/** The low 64 bits of a × b; the 32 × 32 product is summed from 16-bit limbs. */
function multiply(aHigh: number, aLow: number, bHigh: number, bLow: number): void {
  const a0 = aLow & 0xffff,
    a1 = aLow >>> 16,
    b0 = bLow & 0xffff,
    b1 = bLow >>> 16;
  const lowest = Math.imul(a0, b0);
  const middle = (Math.imul(a1, b0) + (lowest >>> 16)) | 0;
  const other = (Math.imul(a0, b1) + (middle & 0xffff)) | 0;
  const carry = (Math.imul(a1, b1) + (middle >>> 16) + (other >>> 16)) | 0;
  high = (carry + Math.imul(aHigh, bLow) + Math.imul(aLow, bHigh)) | 0;
  low = (other << 16) | (lowest & 0xffff);
}

function add(aHigh: number, aLow: number, bHigh: number, bLow: number): void {
  const sum = (aLow >>> 0) + (bLow >>> 0);
  low = sum | 0;
  high = (aHigh + bHigh + (sum > 0xffffffff ? 1 : 0)) | 0;
}

/** Rotates (high, low) left by 1 … 31 bits. */
function rotate(bits: number): void {
  const h = high,
    l = low;
  high = (h << bits) | (l >>> (32 - bits));
  low = (l << bits) | (h >>> (32 - bits));
}

function readWord(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

/** One lane of the specification: rotl31(accumulator + word × P2) × P1. */
function round(aHigh: number, aLow: number, wordHigh: number, wordLow: number): void {
  multiply(wordHigh, wordLow, P2H, P2L);
  add(aHigh, aLow, high, low);
  rotate(31);
  multiply(high, low, P1H, P1L);
}

/** Folds one lane into the accumulator left in (high, low). */
function mergeLane(laneHigh: number, laneLow: number): void {
  const accHigh = high,
    accLow = low;
  round(0, 0, laneHigh, laneLow);
  multiply(accHigh ^ high, accLow ^ low, P1H, P1L);
  add(high, low, P4H, P4L);
}

/** Consumes whole stripes of 32 bytes and leaves their accumulator; returns the bytes consumed. */
function stripes(bytes: Uint8Array, length: number, seed: number): number {
  const lanes = new Int32Array(8);
  add(P1H, P1L, P2H, P2L);
  add(high, low, 0, seed);
  lanes[0] = high;
  lanes[1] = low;
  add(P2H, P2L, 0, seed);
  lanes[2] = high;
  lanes[3] = low;
  lanes[5] = seed;
  add(0, seed, ~P1H, ~P1L);
  add(high, low, 0, 1);
  lanes[6] = high;
  lanes[7] = low;
  let at = 0;
  for (; at + 32 <= length; at += 32) {
    for (let lane = 0; lane < 4; lane++) {
      const from = at + lane * 8;
      const wordLow = readWord(bytes, from),
        wordHigh = readWord(bytes, from + 4);
      round(lanes[lane * 2]!, lanes[lane * 2 + 1]!, wordHigh, wordLow);
      lanes[lane * 2] = high;
      lanes[lane * 2 + 1] = low;
    }
  }
  joinLanes(lanes);
  return at;
}

function joinLanes(lanes: Int32Array): void {
  let sumHigh = 0,
    sumLow = 0;
  for (const [lane, bits] of [1, 7, 12, 18].entries()) {
    high = lanes[lane * 2]!;
    low = lanes[lane * 2 + 1]!;
    rotate(bits);
    add(sumHigh, sumLow, high, low);
    sumHigh = high;
    sumLow = low;
  }
  for (let lane = 0; lane < 4; lane++) mergeLane(lanes[lane * 2]!, lanes[lane * 2 + 1]!);
}

/** Folds the bytes from `start` to `length`, 31 at most, into the accumulator (high, low). */
function tail(bytes: Uint8Array, start: number, length: number): void {
  let at = start;
  for (; at + 8 <= length; at += 8) {
    const accHigh = high,
      accLow = low;
    round(0, 0, readWord(bytes, at + 4), readWord(bytes, at));
    high ^= accHigh;
    low ^= accLow;
    rotate(27);
    multiply(high, low, P1H, P1L);
    add(high, low, P4H, P4L);
  }
  if (at + 4 <= length) {
    const accHigh = high,
      accLow = low;
    multiply(0, readWord(bytes, at), P1H, P1L);
    high ^= accHigh;
    low ^= accLow;
    rotate(23);
    multiply(high, low, P2H, P2L);
    add(high, low, P3H, P3L);
    at += 4;
  }
  for (; at < length; at++) {
    const accHigh = high,
      accLow = low;
    multiply(0, bytes[at]!, P5H, P5L);
    high ^= accHigh;
    low ^= accLow;
    rotate(11);
    multiply(high, low, P1H, P1L);
  }
}

function avalanche(): void {
  low ^= high >>> 1;
  multiply(high, low, P2H, P2L);
  low ^= (high << 3) | (low >>> 29);
  high ^= high >>> 29;
  multiply(high, low, P3H, P3L);
  low ^= high;
}

/** xxh64 of the bytes. `seed` is a uint32 (the upper half of the specification's seed is 0). */
export function xxh64(bytes: Uint8Array, seed = 0): Hash64 {
  return hashPrefix(bytes, bytes.length, seed);
}

function hashPrefix(bytes: Uint8Array, length: number, seed: number): Hash64 {
  let consumed = 0;
  if (length >= 32) consumed = stripes(bytes, length, seed);
  else add(P5H, P5L, 0, seed);
  add(high, low, 0, length);
  tail(bytes, consumed, length);
  avalanche();
  return { high: high >>> 0, low: low >>> 0 };
}

// Keys are hashed at every request: their bytes go here, as a typed array costs more than the hash.
const scratch = new Uint8Array(3 * SCRATCH_UNITS);

/** xxh64 of the text's UTF-8 bytes, seed 0. */
export function xxh64OfText(text: string): Hash64 {
  if (text.length > SCRATCH_UNITS) return xxh64(utf8(text));
  return hashPrefix(scratch, encode(text, scratch), 0);
}

/** The UTF-8 bytes of the text; a lone surrogate becomes U+FFFD, as TextEncoder has it. */
export function utf8(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length * 3);
  return bytes.subarray(0, encode(text, bytes));
}

const REPLACEMENT = 0xfffd;

/** Writes the text to the start of `bytes` (3 bytes a UTF-16 unit); returns the length. */
function encode(text: string, bytes: Uint8Array): number {
  let end = 0;
  for (let at = 0; at < text.length; at++) {
    let point = text.charCodeAt(at);
    if (point < 0x80) {
      bytes[end++] = point;
      continue;
    }
    if (point >= 0xd800 && point <= 0xdfff) {
      point = text.codePointAt(at)!;
      if (point > 0xffff) at++;
      else point = REPLACEMENT;
    }
    if (point >= 0x10000) {
      bytes[end++] = 0xf0 | (point >>> 18);
      bytes[end++] = 0x80 | ((point >>> 12) & 0x3f);
    } else if (point >= 0x800) bytes[end++] = 0xe0 | (point >>> 12);
    bytes[end++] = point >= 0x800 ? 0x80 | ((point >>> 6) & 0x3f) : 0xc0 | (point >>> 6);
    bytes[end++] = 0x80 | (point & 0x3f);
  }
  return end;
}
