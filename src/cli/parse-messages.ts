/** What goes between the command and the process that parses: bytes one way, what stands in them the other. */
import { ReadError, type ReadErrorCode, type TreeEntry } from '../bytes/source.ts';
import type { Checkpoint } from '../formats/checkpoint.ts';
import type { Judged, JudgeOptions } from './judge.ts';

/** What a source or folder is, without its bytes. `id` is how it is asked for them. */
export interface Handle {
  readonly id: number;
  readonly name: string;
  /** Absent for a folder. */
  readonly size?: number;
}

/** `OpenOptions` as plain data. */
export interface ParseOptions {
  readonly index?: string;
  /** There is a folder to be asked for. */
  readonly beside: boolean;
  /** The rules are to be run too, and what they found is wanted in place of the checkpoint. */
  readonly judge?: JudgeOptions;
}

/** The parser asks for bytes. */
export type Ask =
  | { readonly kind: 'read'; readonly of: number; readonly offset: number; readonly length: number }
  | { readonly kind: 'list'; readonly of: number; readonly path: string }
  | { readonly kind: 'open'; readonly of: number; readonly path: string }
  | { readonly kind: 'close'; readonly of: number }
  /** For the folder that the file lies in. */
  | { readonly kind: 'beside' };

export type Answer = Uint8Array | readonly TreeEntry[] | Handle | undefined;

export type ToParser =
  | { readonly kind: 'parse'; readonly target: Handle; readonly options: ParseOptions }
  | { readonly kind: 'answer'; readonly call: number; readonly value: Answer }
  | { readonly kind: 'refusal'; readonly call: number; readonly error: Refusal };

export type FromParser =
  | { readonly kind: 'ask'; readonly call: number; readonly ask: Ask }
  | { readonly kind: 'parsed'; readonly result: Checkpoint | Judged }
  | { readonly kind: 'refused'; readonly error: Refusal }
  /** A parser threw what it never should: a fault of ours. */
  | { readonly kind: 'bug'; readonly message: string; readonly stack: string };

/** A `ReadError` as plain data: an error that is sent loses its class. */
export interface Refusal {
  readonly source: string;
  readonly code: ReadErrorCode;
  readonly reason: string;
  readonly hint?: string;
}

export function refusalOf({ source, code, reason, hint }: ReadError): Refusal {
  return { source, code, reason, ...(hint === undefined ? {} : { hint }) };
}

export function errorOf({ source, code, reason, hint }: Refusal): ReadError {
  return new ReadError(source, code, reason, hint);
}
