/** What the net is fed beside sample and timestep while it is probed: several texts, and what stands against each. */
import { conditionsOf, type TextFeatures } from '../conditions.ts';
import type { RunPlan } from '../plan.ts';
import { BUILTIN_PROMPTS, PromptError } from '../prompt/index.ts';
import type { Session } from '../session.ts';
import { featuresOf, textOf } from '../text.ts';
import type { Unjudged } from './assessment.ts';
import type { Condition } from './net-subject.ts';

/** A prompt that differs in everything from the built-in ones. */
const OTHER_PROMPT = 'a red ball on a blue table';

/** Two texts and the empty one, where they can be asked; else the empty one. */
export async function textsOf(
  session: Session,
  prompt: string | undefined,
  unjudged: Unjudged[],
): Promise<readonly TextFeatures[]> {
  const { text } = textOf(session, prompt, '');
  if (text.length === 0) return [{}];
  const prompts = [text.map((each) => each.prompt), text.map((each) => each.negative)];
  try {
    const other = textOf(session, OTHER_PROMPT, '');
    prompts.splice(
      1,
      0,
      other.text.map((each) => each.prompt),
    );
  } catch (error) {
    if (!(error instanceof PromptError)) throw error;
    unjudged.push({ probe: 'text', reason: error.message });
  }
  return featuresOf(session, distinct(prompts));
}

/** Texts that an average is taken over, at least. */
const LEAST_TEXTS = 6;

/**
 * What the net is fed where something holds only on the average over all that it was trained on; or why that is not at hand.
 * @param features in place of what the session's encoders make of the built-in prompts
 */
export async function manyConditions(
  session: Session,
  features: readonly TextFeatures[] | undefined,
  plan: RunPlan,
  given?: Condition,
): Promise<readonly Condition[] | string> {
  const names = new Set(session.graph.inputs.map(({ name }) => name));
  if (names.has('class_labels')) return 'it is told a class, and which others there are is not known';
  const reads = names.has('encoder_hidden_states') || names.has('text_embeds');
  const texts = reads ? (features ?? (await builtInTexts(session))) : [{}];
  if (reads && texts.length < LEAST_TEXTS)
    return `it reads texts: this takes ${LEAST_TEXTS} different ones, and ${texts.length} are at hand`;
  return conditionsFor(session, texts, plan, given).conditions;
}

async function builtInTexts(session: Session): Promise<readonly TextFeatures[]> {
  const prompts = BUILTIN_PROMPTS.flatMap(({ text: words }) => {
    try {
      const { text } = textOf(session, words, '');
      return text.length === 0 ? [] : [text.map((each) => each.prompt)];
    } catch (error) {
      if (!(error instanceof PromptError)) throw error;
      return [];
    }
  });
  return featuresOf(session, distinct(prompts));
}

function distinct<T extends Parameters<typeof keyOf>[0]>(prompts: readonly T[]): readonly T[] {
  return prompts.filter(
    (each, index) => prompts.findIndex((other) => keyOf(other) === keyOf(each)) === index,
  );
}

function keyOf(prompts: readonly { readonly ids: ArrayLike<number> }[]): string {
  return prompts.map(({ ids }) => Array.from(ids).join()).join(';');
}

/** Another condition than the first, in one input only. */
export interface Alternative {
  readonly probe: 'text' | 'pooled' | 'class';
  /** What it has there. */
  readonly with: string;
  readonly condition: Condition;
}

const PROBED: ReadonlyMap<string, Alternative['probe']> = new Map([
  ['encoder_hidden_states', 'text'],
  ['text_embeds', 'pooled'],
  ['class_labels', 'class'],
]);

/**
 * Conditions out of texts, and what stands against the first of them.
 * @param plan of the run at the net's own size
 * @param given inputs that are fed as they are
 */
export function conditionsFor(
  session: Session,
  features: readonly TextFeatures[],
  { size, guidance }: RunPlan,
  given: Condition = new Map(),
): { readonly conditions: readonly Condition[]; readonly alternatives: readonly Alternative[] } {
  // nets that are told a size are told their own, however small the latents are that they are probed with
  const occasion = { ...size.value, guidance: guidance.value, negative: false };
  const conditions = features.map(
    (each) => new Map([...conditionsOf(session.graph, each, occasion).inputs, ...given]),
  );
  const [first, second] = conditions;
  const alternatives: Alternative[] = [];
  for (const [name, values] of first ?? []) {
    const probe = PROBED.get(name);
    if (probe === undefined) continue;
    const replaced = (data: Float32Array | BigInt64Array, words: string): void => {
      const condition = new Map(first).set(name, { data, dims: values.dims });
      alternatives.push({ probe, with: words, condition });
    };
    const other = second?.get(name)?.data;
    const { data } = values;
    if (data instanceof BigInt64Array) {
      replaced(
        data.map((label) => label + 1n),
        'another class',
      );
    } else if (data.some((value) => value !== 0)) {
      if (other !== undefined && other.length === data.length) replaced(other, 'another text');
      replaced(new Float32Array(data.length), 'zeros');
    }
  }
  return { conditions, alternatives };
}
