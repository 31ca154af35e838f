/**
 * A tokenizer or a prompt that cannot be used; the message is a sentence for people, without a full stop. It may quote
 * a file, so it is escaped before it is shown.
 */
export class PromptError extends Error {
  override readonly name = 'PromptError';
}

/** Letters of a token or prompt that a message quotes. */
const MOST_QUOTED = 60;

/** What a file or a user wrote, in quotation marks and short. */
export function quoted(text: string): string {
  return text.length > MOST_QUOTED ? `“${text.slice(0, MOST_QUOTED)}…”` : `“${text}”`;
}
