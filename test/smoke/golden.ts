/** The golden nets of `fixtures/smoke`: their files written anew, and what diffusers gave for them. */
import { readFileSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openFile, openTree } from '../../src/bytes/file.ts';
import { identifyComponents } from '../../src/components/index.ts';
import type { Checkpoint } from '../../src/formats/checkpoint.ts';
import { openCheckpoint } from '../../src/formats/index.ts';
import {
  compile,
  type Conventions,
  conventionsOf,
  type WeightOptions,
} from '../../src/smoke/compile/index.ts';
import { type Engine, openEngine, type Values } from '../../src/smoke/engine.ts';
import type { Net } from '../../src/topology/net.ts';
import { buildSafetensors, type TensorSpec } from '../build/safetensors.ts';
import { drawSignal, drawWeight, encode } from './draw.ts';

interface Recorded {
  readonly class: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly timesteps: readonly number[];
  readonly inputs: Readonly<
    Record<string, { readonly dtype: 'F32' | 'I64'; readonly shape: readonly number[] }>
  >;
  readonly tensors: readonly (readonly [name: string, shape: readonly number[]])[];
  /** LDM names of the tensors. */
  readonly ldm?: readonly (readonly [ldm: string, canonical: string])[];
}

export type HalfOrFull = 'F32' | 'F16' | 'BF16';

/** What is written for a tensor of the net. */
export interface Encoding {
  /** Told apart by this. */
  readonly label: string;
  of(name: string, values: Float32Array, shape: readonly number[]): readonly TensorSpec[];
}

/** A net in a file, and the checkpoint that the file makes. */
export interface Opened {
  readonly net: Net;
  readonly checkpoint: Checkpoint;
  readonly folder: string;
}

const FOLDER = 'fixtures/smoke';

export class Golden {
  readonly name: string;
  readonly recorded: Recorded;

  constructor(name: string) {
    this.name = name;
    this.recorded = JSON.parse(readFileSync(join(FOLDER, `${name}.json`), 'utf8')) as Recorded;
  }

  get timesteps(): readonly number[] {
    return this.recorded.timesteps;
  }

  /** Writes the net in diffusers' layout, with its config, and opens it. */
  async diffusers(temporary: string, as: HalfOrFull | Encoding): Promise<Opened> {
    const folder = join(temporary, `${this.name}-${typeof as === 'string' ? as : as.label}`);
    await mkdir(folder, { recursive: true });
    const config = { _class_name: this.recorded.class, ...this.recorded.config };
    await writeFile(join(folder, 'config.json'), JSON.stringify(config));
    const names = this.recorded.tensors.map(([name]) => [name, name] as const);
    await writeFile(join(folder, 'diffusion_pytorch_model.safetensors'), this.#weights(names, as));
    return opened(await openCheckpoint(await openTree(folder)), folder);
  }

  /** Writes the net as a single file in LDM's layout, which no config lies beside, and opens it. */
  async ldm(temporary: string, dtype: HalfOrFull): Promise<Opened> {
    const file = `${this.name}-${dtype}.safetensors`;
    const names = (this.recorded.ldm ?? []).map(
      ([ldm, canonical]) => [`model.diffusion_model.${ldm}`, canonical] as const,
    );
    await writeFile(join(temporary, file), this.#weights(names, dtype));
    const source = await openFile(join(temporary, file), file);
    return opened(await openCheckpoint(source), temporary).finally(() => source.close());
  }

  /** What diffusers was fed at a timestep. */
  inputs(timestep: number): Map<string, Values> {
    const batch = this.recorded.inputs.sample?.shape[0] ?? 0;
    const inputs = new Map<string, Values>([
      ['timestep', { data: new Float32Array(batch).fill(timestep), dims: [batch] }],
    ]);
    for (const [name, { dtype, shape }] of Object.entries(this.recorded.inputs)) {
      const drawn = drawSignal(`${name} at ${timestep}`, shape);
      // a class of at most 16
      const data =
        dtype === 'F32' ? drawn : BigInt64Array.from(drawn, (x) => BigInt(Math.floor((x + 2) * 4)));
      inputs.set(name, { data, dims: shape });
    }
    return inputs;
  }

  /** What diffusers had there: `out_sample`, `add_embeds`. */
  async values(name: string, timestep: number): Promise<Values> {
    const bytes = await readFile(join(FOLDER, `${this.name}.safetensors`));
    return tensorIn(bytes, `${name} at ${timestep}`);
  }

  #weights(
    names: readonly (readonly [name: string, canonical: string])[],
    as: HalfOrFull | Encoding,
  ): Uint8Array {
    const shapes = new Map(this.recorded.tensors);
    return buildSafetensors(
      names.flatMap(([name, canonical]) => {
        const shape = shapes.get(canonical) ?? [];
        const values = drawWeight(canonical, shape);
        if (typeof as !== 'string') return as.of(name, values, shape);
        return [{ name, dtype: as, shape, data: encode(values, as) }];
      }),
    );
  }
}

/** Compiles an opened net, by the conventions that its config and grammar have and `more`, and loads it. */
export async function load(
  from: Opened,
  more: Partial<Conventions> = {},
  taps = false,
  weights: WeightOptions = {},
): Promise<Engine> {
  const { net, checkpoint, folder } = from;
  const config = checkpoint.parts.find(({ name }) => name === '' || name === 'unet')?.config?.value;
  const conventions = { ...conventionsOf(net, config), ...more };
  const graph = compile(net, { files: checkpoint.files, conventions, taps, ...weights });
  return openEngine(graph, folder, { threads: 1 });
}

/** The U-Net of a checkpoint that has one. */
export async function opened(checkpoint: Checkpoint, folder: string): Promise<Opened> {
  const unet = identifyComponents(checkpoint).find(({ kind }) => kind === 'unet');
  if (unet?.net === undefined) throw new Error('no U-Net in the file');
  if (unet.problems.length > 0) throw new Error(`the U-Net is damaged: ${unet.problems[0]?.kind}`);
  return { net: unet.net, checkpoint, folder };
}

/** A float32 or int64 tensor of a safetensors file. */
export function tensorIn(file: Uint8Array, name: string): Values {
  const length = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + length))) as Record<
    string,
    { dtype: string; shape: number[]; data_offsets: [number, number] }
  >;
  const entry = header[name];
  if (entry === undefined) throw new Error(`no tensor ${name}`);
  const [begin, end] = entry.data_offsets;
  const { buffer: bytes } = Uint8Array.from(file.subarray(8 + length + begin, 8 + length + end));
  const data = entry.dtype === 'I64' ? new BigInt64Array(bytes) : new Float32Array(bytes);
  return { data, dims: entry.shape };
}

/** What a graph reads, out of a safetensors file: whole timesteps as float32 too. */
export function inputsIn(
  file: Uint8Array,
  { inputs }: { readonly inputs: readonly { readonly name: string }[] },
): ReadonlyMap<string, Values> {
  return new Map(
    inputs.map(({ name }) => {
      const { data, dims } = tensorIn(file, name);
      return [name, { data: Float32Array.from<number | bigint>(data, Number), dims }];
    }),
  );
}

/** Largest difference over the largest magnitude of what is right. */
export function relativeError(found: Values | undefined, right: Values): number {
  if (found === undefined || found.dims.join() !== right.dims.join()) return Number.POSITIVE_INFINITY;
  let [off, largest] = [0, 0];
  for (let index = 0; index < right.data.length; index += 1) {
    const [a, b] = [Number(found.data[index]), Number(right.data[index])];
    off = Math.max(off, Number.isFinite(a) ? Math.abs(a - b) : Number.POSITIVE_INFINITY);
    largest = Math.max(largest, Math.abs(b));
  }
  return off / largest;
}
