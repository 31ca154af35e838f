/** A model on the disk with all of its numbers at hand, to be damaged. */
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { openFile, openTree } from '../../src/bytes/file.ts';
import type { Component } from '../../src/components/component.ts';
import { identifyComponents } from '../../src/components/index.ts';
import type { Checkpoint, Tensor } from '../../src/formats/checkpoint.ts';
import { decodeFloats } from '../../src/formats/decode.ts';
import { openCheckpoint } from '../../src/formats/index.ts';
import { GRAPH_DIALECT } from '../../src/topology/graph/net.ts';
import { type Block, blocksOf, type Net } from '../../src/topology/net.ts';
import { inBlocks } from './third/as-blocks.ts';

export class Subject {
  /** A file, or a diffusers folder. */
  readonly path: string;
  /** What the paths of `checkpoint.files` are relative to. */
  readonly root: string;
  readonly checkpoint: Checkpoint;
  readonly components: readonly Component[];
  readonly unet: Component;
  readonly net: Net;
  readonly blocks: readonly Block[];
  readonly #files: readonly Uint8Array[];
  readonly #tensors: ReadonlyMap<string, Tensor>;

  private constructor(path: string, root: string, checkpoint: Checkpoint, files: readonly Uint8Array[]) {
    this.path = path;
    this.root = root;
    this.checkpoint = checkpoint;
    this.components = identifyComponents(checkpoint);
    this.#files = files;
    const unet = this.part('unet');
    if (unet?.net === undefined) throw new Error(`${path} holds no U-Net`);
    this.unet = unet;
    this.net = unet.net.dialect === GRAPH_DIALECT ? inBlocks(unet.net, unet.tensors) : unet.net;
    this.blocks = blocksOf(this.net);
    const owned = this.blocks.flatMap(({ tensors }) => tensors);
    this.#tensors = new Map(owned.map(({ canonical, tensor }) => [canonical, tensor]));
  }

  /** Reads a safetensors or ONNX file, or a folder of them, whole. */
  static async open(path: string): Promise<Subject> {
    const folder = (await stat(path)).isDirectory();
    const root = folder ? path : dirname(path);
    let checkpoint: Checkpoint;
    if (folder) checkpoint = await openCheckpoint(await openTree(path, path));
    else {
      const source = await openFile(path);
      checkpoint = await openCheckpoint(source);
      await source.close();
    }
    const names = checkpoint.files.map((file) => (folder ? file.path : basename(path)));
    // plain arrays: a slice of a Buffer is no copy
    const files = await Promise.all(
      names.map(async (name) => new Uint8Array(await readFile(join(root, name)))),
    );
    return new Subject(path, root, checkpoint, files);
  }

  /** The first component of a kind. */
  part(kind: Component['kind']): Component | undefined {
    return this.components.find((component) => component.kind === kind);
  }

  /** Canonical names of all tensors of the U-Net. */
  get names(): readonly string[] {
    return [...this.#tensors.keys()];
  }

  has(canonical: string): boolean {
    return this.#tensors.has(canonical);
  }

  /** A tensor of the U-Net. */
  tensor(canonical: string): Tensor {
    const tensor = this.#tensors.get(canonical);
    if (tensor === undefined) throw new Error(`${this.path} has no ${canonical}`);
    return tensor;
  }

  shape(canonical: string): readonly number[] {
    return this.tensor(canonical).shape;
  }

  /** The numbers of a tensor of the U-Net, fresh. */
  floats(canonical: string): Float32Array {
    return this.numbers(this.tensor(canonical));
  }

  /** The numbers of any tensor, fresh. */
  numbers(tensor: Tensor): Float32Array {
    return decodeFloats(this.bytes(tensor), tensor.dtype);
  }

  /** The bytes of any tensor, as they lie in its file. */
  bytes({ file, offset, byteLength }: Tensor): Uint8Array {
    return (this.#files[file] as Uint8Array).subarray(offset, offset + byteLength);
  }

  /** Whether a file is a graph with its weights in it, in which each has its place, its dtype and its length. */
  isGraph(index: number): boolean {
    return this.checkpoint.parts.some(({ graph, files }) => graph !== undefined && files.includes(index));
  }

  /** All bytes of a file. */
  file(index: number): Uint8Array {
    return this.#files[index] as Uint8Array;
  }
}
