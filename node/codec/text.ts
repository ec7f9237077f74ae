// Short texts, most of them ASCII, in and out of bytes: half of a record's cost on the hot paths
// would be calls into the runtime.

/** UTF-8 length; the common ASCII case never leaves JavaScript. */
export function textBytes(text: string): number {
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) >= 0x80) return Buffer.byteLength(text);
  }
  return text.length;
}

/** Writes the text's `length` bytes; returns the offset after them. */
export function writeText(target: Buffer, text: string, length: number, at: number): number {
  if (length === text.length) {
    for (let i = 0; i < length; i++) target[at + i] = text.charCodeAt(i);
  } else {
    target.write(text, at, 'utf8');
  }
  return at + length;
}

/** The UTF-8 from `from` to `to` (exclusive). To name the encoding would cost a look-up of it. */
export function readText(source: Buffer, from: number, to: number): string {
  return source.toString(undefined, from, to);
}
