// What a layout of one kind of message is, and the check of words that travel as text.
import type { PeerMessage } from '../../core/api/messages.ts';
import { ERRORS, type ErrorCode } from '../../core/errors.ts';
import { invalid, type ByteReader, type ByteWriter } from './bytes.ts';

export type Kind = PeerMessage['kind'];
export type MessageOf<K extends Kind> = Extract<PeerMessage, { kind: K }>;

/** Writes the fields after the kind, and reads them back. */
export interface Layout<Message> {
  write(writer: ByteWriter, message: Message): void;
  read(reader: ByteReader): Message;
}

export type Layouts<K extends Kind> = { readonly [Each in K]: Layout<MessageOf<Each>> };

export function readErrorCode(reader: ByteReader): ErrorCode {
  const code = reader.text();
  if (!Object.hasOwn(ERRORS, code)) throw invalid(`there is no error code ${JSON.stringify(code)}`);
  return code as ErrorCode;
}
