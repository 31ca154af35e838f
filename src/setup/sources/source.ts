import type { ConfigIssue } from '../../components/config-report.ts';
import type { JsonValue } from '../../formats/json.ts';
import type { Setup } from '../setup.ts';

/** One text that may hold a setup: a whole file, or a chunk of a picture's metadata. */
export interface SetupDocument {
  /** The file, and for a chunk which: `picture.png (prompt)`. */
  readonly path: string;
  /** The text as it stands. */
  readonly text: string;
  /** The text as data, where it is JSON or YAML. */
  readonly value?: JsonValue;
}

/** What a source makes of a document. */
export interface SetupReading {
  readonly setups: readonly Setup[];
  /** What the schema does not allow: then nothing was read. */
  readonly issues?: readonly ConfigIssue[];
  /** Why there is no setup, in one sentence. */
  readonly problem?: string;
}

/** A program's way of writing a setup down. One file each, one line in the registry. */
export interface SetupSource {
  /** In words, for messages: `a ComfyUI workflow`. */
  readonly title: string;
  /** Whether the document is of this kind, by what only that kind has. */
  match(document: SetupDocument): boolean;
  /** Reads it. Never throws for what stands in it. */
  read(document: SetupDocument): Promise<SetupReading>;
}
