import { memorySource } from '../../../src/bytes/memory.ts';
import type { Setup, SetupValues } from '../../../src/setup/setup.ts';
import { readAgainst, SetupError } from '../../../src/setup/sources/index.ts';

/** The setups of a text, or of an object written as JSON. */
export async function setupsOf(
  content: string | object | Uint8Array,
  name = 'file',
): Promise<readonly Setup[]> {
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  const bytes = content instanceof Uint8Array ? content : new TextEncoder().encode(text);
  return (await readAgainst(memorySource(name, bytes))).setups;
}

/** The one setup of a text. */
export async function setupOf(content: string | object | Uint8Array, name?: string): Promise<Setup> {
  const [setup, ...more] = await setupsOf(content, name);
  if (setup === undefined || more.length > 0) throw new Error(`${more.length + 1} setups`);
  return setup;
}

/** The fields as plain values. */
export function valuesOf({ fields }: Setup): Partial<SetupValues> {
  return Object.fromEntries(Object.entries(fields).map(([key, { value }]) => [key, value]));
}

/** What is said of a text that is no setup. */
export async function refusal(content: string | object | Uint8Array, name?: string): Promise<SetupError> {
  try {
    await setupsOf(content, name);
  } catch (error) {
    if (error instanceof SetupError) return error;
    throw error;
  }
  throw new Error('it was read');
}
