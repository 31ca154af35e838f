/** The golden autoencoders and text encoders of `fixtures/smoke`: their files written anew, and what came out. */
import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openFile, openTree } from '../../src/bytes/file.ts';
import type { Component, ComponentKind } from '../../src/components/component.ts';
import { identifyComponents } from '../../src/components/index.ts';
import type { Checkpoint } from '../../src/formats/checkpoint.ts';
import { openCheckpoint } from '../../src/formats/index.ts';
import type { CompiledGraph, PartOptions } from '../../src/smoke/compile/index.ts';
import { openEngine, type Values } from '../../src/smoke/engine.ts';
import { buildSafetensors } from '../build/safetensors.ts';
import { drawSignal, drawWeight, encode } from './draw.ts';
import { type HalfOrFull, tensorIn } from './golden.ts';

/** Both computed in float32: what is left is the order of sums, 2e-6 where this was measured. */
export const BOUND = 1e-5;

interface Recorded {
  readonly class: string;
  readonly config: Readonly<Record<string, unknown>>;
  /** Shapes of an autoencoder's inputs, which are drawn. */
  readonly inputs?: Readonly<Record<string, readonly number[]>>;
  /** A text encoder's. */
  readonly input_ids?: readonly (readonly number[])[];
  readonly eos_index?: readonly number[];
  readonly tensors: readonly (readonly [name: string, shape: readonly number[]])[];
  /** Names of the tensors in other layouts; in `old` those that differ. */
  readonly ldm?: readonly (readonly [name: string, canonical: string])[];
  readonly old?: readonly (readonly [name: string, canonical: string])[];
}

/** A part of a checkpoint, and where its weights lie. */
export interface OpenedPart {
  readonly component: Component;
  readonly options: PartOptions;
  readonly folder: string;
}

/** A tensor as it is written: under another name, in another shape, or with other numbers. */
export interface Written {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

export interface Writing {
  readonly dtype?: HalfOrFull;
  /** What becomes of each tensor; undefined for one that is left out. */
  readonly change?: (written: Written) => Written | undefined;
  /** Tensors that the net does not have. */
  readonly more?: readonly Written[];
  /** The config beside the weights; the recorded one where absent, none where null. */
  readonly config?: Readonly<Record<string, unknown>> | null;
}

const FOLDER = 'fixtures/smoke';

export class GoldenPart {
  readonly name: string;
  readonly recorded: Recorded;

  constructor(name: string) {
    this.name = name;
    this.recorded = JSON.parse(readFileSync(join(FOLDER, `${name}.json`), 'utf8')) as Recorded;
  }

  /** Writes the part as a folder of its own, or as a single file where it has no config, and opens it. */
  async open(
    temporary: string,
    { dtype = 'F32', change = same, more = [], config }: Writing = {},
  ): Promise<OpenedPart> {
    const folder = await mkdtemp(join(temporary, `${this.name}-`));
    const tensors = this.recorded.tensors.flatMap(([name, shape]) => {
      const written = change({ name, shape, values: drawWeight(name, shape) });
      return written === undefined ? [] : [written];
    });
    const bytes = buildSafetensors(
      [...tensors, ...more].map(({ name, shape, values }) => ({
        name,
        dtype,
        shape,
        data: encode(values, dtype),
      })),
    );
    if (config === null) {
      await writeFile(join(folder, 'part.safetensors'), bytes);
      const source = await openFile(join(folder, 'part.safetensors'), 'part.safetensors');
      return openedPart(await openCheckpoint(source).finally(() => source.close()), folder);
    }
    await writeFile(join(folder, 'config.json'), JSON.stringify(config ?? this.recorded.config));
    const file = this.recorded.class === 'AutoencoderKL' ? 'diffusion_pytorch_model' : 'model';
    await writeFile(join(folder, `${file}.safetensors`), bytes);
    return openedPart(await openCheckpoint(await openTree(folder)), folder);
  }

  /** A drawn input: `picture`, `latent`. */
  input(name: string): Map<string, Values> {
    const dims = this.recorded.inputs?.[name] ?? [];
    return new Map([[name, { data: drawSignal(`${this.name} ${name}`, dims), dims }]]);
  }

  /** The tokens of a text encoder. */
  tokens(): Map<string, Values> {
    const { input_ids: ids = [], eos_index: ends = [] } = this.recorded;
    const data = BigInt64Array.from(ids.flat(), BigInt);
    return new Map([
      ['input_ids', { data, dims: [ids.length, ids[0]?.length ?? 0] }],
      ['eos_index', { data: BigInt64Array.from(ends, BigInt), dims: [ends.length] }],
    ]);
  }

  /** What the reference library had. */
  async values(name: string): Promise<Values> {
    return tensorIn(await readFile(join(FOLDER, `${this.name}.safetensors`)), name);
  }
}

const same = (written: Written): Written => written;

/** The part of a checkpoint that is of a kind, or its only one. */
export function openedPart(checkpoint: Checkpoint, folder: string, kind?: ComponentKind): OpenedPart {
  const components = identifyComponents(checkpoint);
  const component = components.find((each) => kind === undefined || each.kind === kind);
  if (component === undefined || (kind === undefined && components.length > 1)) {
    throw new Error(`not one part but ${components.map((each) => each.kind).join(', ')}`);
  }
  const config = checkpoint.parts.find(({ name }) => name === component.part)?.config?.value;
  const { files } = checkpoint;
  return { component, folder, options: { files, ...(config === undefined ? {} : { config }) } };
}

/** Loads a graph, runs it once and gives its memory back. */
export async function runOnce(
  graph: CompiledGraph,
  folder: string,
  inputs: ReadonlyMap<string, Values>,
): Promise<ReadonlyMap<string, Values>> {
  const engine = await openEngine(graph, folder, { threads: 1 });
  return engine.run(inputs).finally(() => engine.dispose());
}
