import type { Ownership } from '../../components/model.ts';
import { isJsonObject, type JsonValue } from '../../formats/json.ts';
import type { CompiledGraph, GraphInput } from './compiled.ts';
import type { GraphBuilder, Value } from './graph.ts';
import { UnsupportedNetError } from './unsupported.ts';
import type { WeightFile, WeightOptions, Weights } from './weights.ts';

/** How an autoencoder or a text encoder is compiled. */
export interface PartOptions extends WeightOptions {
  /** The checkpoint's files, which its tensors point into by index. */
  readonly files: readonly WeightFile[];
  /** The `config.json` beside its weights, where there is one. */
  readonly config?: JsonValue;
}

/**
 * A tensor of the wrong shape could still be written down and might broadcast; one that nobody knows means that
 * something else is computed there.
 * @param uses whether a tensor of this canonical name is read by what is compiled
 * @throws {UnsupportedNetError} when there is either.
 */
export function checkSound({ misshapen, strangers }: Ownership, uses: (canonical: string) => boolean): void {
  const bent = misshapen.find(uses);
  if (bent !== undefined) {
    throw new UnsupportedNetError(`${bent} has a shape that the tensors around it contradict`);
  }
  const stranger = strangers.find(({ canonical }) => uses(canonical));
  if (stranger !== undefined) {
    throw new UnsupportedNetError(`${stranger.canonical} has no place in the grammar`);
  }
}

/**
 * Holds a config against the values of its keys that are computed; a key that is absent or null is no matter.
 * @throws {UnsupportedNetError} when it asks for something else.
 */
export function checkConfig(
  config: JsonValue | undefined,
  computed: ReadonlyMap<string, readonly JsonValue[]>,
): void {
  if (!isJsonObject(config)) return;
  for (const [key, values] of computed) {
    const value = config.get(key) ?? null;
    if (value === null || values.includes(value)) continue;
    throw new UnsupportedNetError(
      `its config has ${key} ${JSON.stringify(value)}, which is not computed here`,
    );
  }
}

/** A whole number above zero that a config has under a key. */
export function countIn(config: JsonValue | undefined, key: string): number | undefined {
  const value = isJsonObject(config) ? config.get(key) : undefined;
  return typeof value === 'number' && Number.isInteger(value) && value > 0 ? value : undefined;
}

/** Declares an input of the graph, and says how many there are in the batch: int64 [1]. */
export function declare(
  graph: GraphBuilder,
  input: GraphInput,
): { readonly x: Value; readonly batch: Value } {
  const x = graph.input(input.name, input.type, input.dims);
  return { x, batch: graph.node('Shape', [x], { start: { int: 0 }, end: { int: 1 } }) };
}

/** Declares the outputs, float32 all, and closes the graph. */
export function finish(
  { graph, weights }: { readonly graph: GraphBuilder; readonly weights: Weights },
  name: string,
  inputs: readonly GraphInput[],
  outputs: readonly (readonly [value: Value, name: string, dims: GraphInput['dims']])[],
  divisor = 1,
): CompiledGraph {
  for (const output of outputs) graph.output(...output);
  return {
    model: graph.finish(name),
    inputs,
    outputs: outputs.map(([, each, dims]) => ({ name: each, type: 'FLOAT', dims })),
    divisor,
    taps: [],
    scores: [],
    moments: [],
    externalFiles: weights.locations,
    converted: weights.converted,
  };
}
