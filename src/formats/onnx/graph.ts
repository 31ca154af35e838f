/** Reads a GraphProto: nodes, values and constants for whoever follows the graph, initializers as tensors. */
import { MAX_ONNX_CONSTANT, MAX_ONNX_NODES } from '../../bytes/limits.ts';
import type { Tensor } from '../checkpoint.ts';
import type { GraphAttribute, GraphDim, GraphNode, GraphValue } from '../graph.ts';
import type { ByteRange } from '../place.ts';
import { BROKEN } from './faults.ts';
import type { Placer } from './place.ts';
import {
  ATTRIBUTE,
  DIMENSION,
  FUNCTION,
  GRAPH,
  NODE,
  SHAPE,
  SPARSE,
  TENSOR_TYPE,
  TRAINING,
  TYPE,
  VALUE,
} from './schema.ts';
import { scopeOf } from './scope.ts';
import { readEntry, readTensorProto, type RawTensor, smallNumbers } from './tensor.ts';
import { elementType } from './types.ts';
import { type Field, signed } from './wire.ts';
import type { Walker } from './walker.ts';

/** Names of inputs and outputs that a node may have; a Concat of hundreds is seen, of thousands is not. */
const MOST_VALUES = 10_000;

/** Texts of attributes that are kept: names of modes. */
const LONGEST_TEXT = 64;

/** Operators whose inputs but the first are weights. */
const LAYERS: ReadonlySet<string> = new Set(['Conv', 'ConvTranspose', 'Gemm', 'MatMul', 'ConvInteger']);

const FLOAT32 = new DataView(new ArrayBuffer(4));

/** Where a graph stands: the model's own, or inside a node, a function or the training of the model. */
type Level = 'outer' | 'inner';

export class GraphReader {
  readonly nodes: GraphNode[] = [];
  readonly inputs: GraphValue[] = [];
  readonly outputs: GraphValue[] = [];
  readonly sizes = new Map<string, readonly GraphDim[]>();
  readonly constants = new Map<string, readonly number[]>();
  readonly #tensors: Tensor[] = [];
  /** Names of all initializers, the unread ones too. */
  readonly initializers = new Map<string, ByteRange>();
  /** How often each operator of each domain occurs, at all levels. */
  readonly domains = new Map<string, { readonly domain: string; readonly operator: string; count: number }>();
  /** Operators that the file defines itself, by `domain name`. */
  readonly functions = new Set<string>();
  innerNodes = 0;
  readonly #walker: Walker;
  readonly #placer: Placer;
  /** Tensors of Constant nodes, by the value that they make. */
  readonly #held = new Map<string, Tensor>();
  #tensorCount = 0;

  constructor(walker: Walker, placer: Placer) {
    this.#walker = walker;
    this.#placer = placer;
  }

  /** The initializers; and constants that a layer reads as its weight, where a converter has made them of weights. */
  get tensors(): readonly Tensor[] {
    if (this.#held.size === 0) return this.#tensors;
    const layers = this.nodes.filter(({ op }) => LAYERS.has(op));
    const read = new Set(layers.flatMap(({ inputs }) => inputs.slice(1)));
    return [...this.#tensors, ...[...this.#held.values()].filter(({ name }) => read.has(name))];
  }

  read(field: ByteRange, level: Level = 'outer'): Promise<boolean> {
    return this.#walker.inner(GRAPH, field, (each, name) => {
      switch (name) {
        case 'node':
          return this.#node(each, level);
        case 'initializer':
          return this.#initializer(each, level);
        case 'sparse_initializer':
          return this.#sparse(each);
        case 'input':
          return level === 'outer' ? this.#value(each, (value) => this.inputs.push(value)) : undefined;
        case 'output':
          return level === 'outer' ? this.#value(each, (value) => this.outputs.push(value)) : undefined;
        case 'value_info':
          if (level === 'inner') return undefined;
          return this.#value(each, ({ name: value, dims }) => {
            this.#walker.bound('values with a shape', MAX_ONNX_NODES, this.sizes.size);
            if (dims !== undefined) this.sizes.set(value, dims);
          });
        default:
          return undefined;
      }
    });
  }

  /** A function of the model: operators that it defines out of others. */
  async readFunction(field: ByteRange): Promise<void> {
    let name = '';
    let domain = '';
    await this.#walker.inner(FUNCTION, field, async (each, key) => {
      if (key === 'name') name = (await this.#walker.text(each, 'the name of a function')) ?? '';
      else if (key === 'domain') domain = (await this.#walker.text(each, 'a domain')) ?? '';
      else await this.#node(each, 'inner');
    });
    this.#walker.bound('functions', MAX_ONNX_NODES, this.functions.size);
    this.functions.add(`${domain} ${name}`);
  }

  readTraining(field: ByteRange): Promise<boolean> {
    return this.#walker.inner(TRAINING, field, (each) => this.read(rangeOf(each), 'inner'));
  }

  async #node(field: Readonly<Field>, level: Level): Promise<void> {
    const walker = this.#walker;
    const range = rangeOf(field);
    let [op, domain, name] = ['', '', ''];
    let scope: string | undefined;
    const inputs: string[] = [];
    const outputs: string[] = [];
    const attributes = new Map<string, GraphAttribute>();
    const constants: Constant[] = [];
    await walker.inner(NODE, range, async (each, key) => {
      switch (key) {
        case 'input':
        case 'output': {
          const list = key === 'input' ? inputs : outputs;
          walker.bound('inputs or outputs of a node', MOST_VALUES, list.length);
          list.push((await walker.text(each, 'the name of a value')) ?? '');
          break;
        }
        case 'name':
          name = (await walker.text(each, 'the name of a node')) ?? '';
          break;
        case 'op_type':
          op = (await walker.text(each, 'the name of an operator')) ?? '';
          break;
        case 'domain':
          domain = (await walker.text(each, 'a domain')) ?? '';
          break;
        case 'attribute':
          await this.#attribute(each, attributes, constants);
          break;
        default:
          if (level === 'outer') scope ??= await this.#noted(each);
      }
    });
    this.#count(op, domain);
    if (level === 'inner') {
      this.innerNodes += 1;
      return;
    }
    walker.bound('nodes of a graph', MAX_ONNX_NODES, this.nodes.length + 1);
    scope ??= scopeOf(name);
    this.nodes.push({
      op,
      domain,
      name,
      ...(scope === undefined ? {} : { scope }),
      inputs,
      outputs,
      attributes,
    });
    if (op === 'Constant' && outputs[0] !== undefined)
      await this.#constant(outputs[0], constants, attributes);
  }

  /** What an exporter notes of where a node comes from. */
  async #noted(field: Readonly<Field>): Promise<string | undefined> {
    // beside it stand traces of the stack, longer than any text that is kept
    if (field.length > MOST_NOTED) return undefined;
    const [key, value] = await readEntry(this.#walker, field, MOST_NOTED);
    return scopeOf(value, key);
  }

  #count(operator: string, domain: string): void {
    const key = `${domain} ${operator}`;
    const had = this.domains.get(key);
    if (had !== undefined) had.count += 1;
    else {
      this.#walker.bound('different operators', MAX_ONNX_NODES, this.domains.size);
      this.domains.set(key, { domain, operator, count: 1 });
    }
  }

  async #attribute(
    field: Readonly<Field>,
    attributes: Map<string, GraphAttribute>,
    constants: Constant[],
  ): Promise<void> {
    const walker = this.#walker;
    let name = '';
    let value: GraphAttribute | undefined;
    let floats = 0;
    let many: readonly number[] | undefined = [];
    await walker.inner(ATTRIBUTE, rangeOf(field), async (each, key) => {
      switch (key) {
        case 'name':
          name = (await walker.text(each, 'the name of an attribute')) ?? '';
          break;
        case 'f':
          value = await this.#float(each);
          break;
        case 'i':
          value = Number(signed(each.value));
          break;
        case 's':
          if (each.length <= LONGEST_TEXT) value = await walker.text(each, 'an attribute');
          break;
        case 'ints': {
          const next = await walker.numbers(each, MAX_ONNX_CONSTANT);
          many = joinedNumbers(
            many,
            next?.map((one) => Number(signed(one))),
          );
          break;
        }
        case 'floats':
          floats += 1;
          if (floats > MAX_ONNX_CONSTANT || each.length > 4 * MAX_ONNX_CONSTANT) many = undefined;
          else many = joinedNumbers(many, await this.#floats(each));
          break;
        case 't':
        case 'tensors': {
          const raw = await readTensorProto(walker, each);
          if (raw !== undefined) await this.#keep(raw, constants);
          break;
        }
        case 'g':
        case 'graphs':
          await this.read(rangeOf(each), 'inner');
          break;
        default:
          await this.#sparse(each);
      }
    });
    if (many !== undefined && many.length > 0) value ??= many;
    if (value !== undefined) attributes.set(name, value);
  }

  /** A tensor inside a node: a constant, or the numbers of one of the rarer operators. */
  async #keep(raw: RawTensor, constants: Constant[]): Promise<void> {
    this.#countTensor();
    // held against the rules wherever it stands: a place in another file is followed from here too
    const tensor = await this.#placer.place(raw);
    const numbers = await smallNumbers(this.#walker, raw, MAX_ONNX_CONSTANT);
    constants.push({
      ...(tensor === undefined ? {} : { tensor }),
      ...(numbers === undefined ? {} : { numbers }),
    });
  }

  /** The value of a Constant node: a few numbers are kept as they are, more are a tensor under the value's name. */
  async #constant(
    output: string,
    [constant]: readonly Constant[],
    attributes: ReadonlyMap<string, GraphAttribute>,
  ): Promise<void> {
    const plain = ['value_int', 'value_ints', 'value_float', 'value_floats']
      .map((key) => attributes.get(key))
      .find((each) => each !== undefined);
    const numbers = constant?.numbers ?? (typeof plain === 'number' ? [plain] : plain);
    if (numbers !== undefined && typeof numbers !== 'string') this.constants.set(output, numbers);
    else if (constant?.tensor !== undefined) this.#held.set(output, { ...constant.tensor, name: output });
  }

  async #float({ offset }: Readonly<Field>): Promise<number> {
    const bytes = await this.#walker.bytes({ offset, length: 4 });
    for (const [index, byte] of bytes.entries()) FLOAT32.setUint8(index, byte);
    return FLOAT32.getFloat32(0, true);
  }

  async #floats({ offset, length }: Readonly<Field>): Promise<readonly number[]> {
    const found: number[] = [];
    for (let at = 0; at + 4 <= length; at += 4) {
      found.push(await this.#float({ offset: offset + at } as Field));
    }
    return found;
  }

  async #initializer(field: Readonly<Field>, level: Level): Promise<void> {
    const walker = this.#walker;
    this.#countTensor();
    const raw = await readTensorProto(walker, field);
    if (raw === undefined) return;
    const { name, message: bytes } = raw;
    const tensor = await this.#placer.place(raw);
    if (level === 'inner') return;
    if (name === '') {
      walker.faults.add({ kind: 'onnx-tensor-unnamed', file: walker.file, bytes, ...BROKEN });
      return;
    }
    const first = this.initializers.get(name);
    if (first !== undefined) {
      const fault = { kind: 'onnx-tensor-twice', tensor: name, first } as const;
      walker.faults.add({ ...fault, file: walker.file, bytes, ...BROKEN });
      return;
    }
    this.initializers.set(name, bytes);
    const numbers = await smallNumbers(walker, raw, MAX_ONNX_CONSTANT);
    if (numbers !== undefined) this.constants.set(name, numbers);
    if (tensor !== undefined) this.#tensors.push(tensor);
  }

  /** Only the places of its numbers are looked at. */
  #sparse(field: Readonly<Field>): Promise<boolean> {
    const walker = this.#walker;
    return walker.inner(SPARSE, rangeOf(field), async (each, key) => {
      this.#countTensor();
      const raw = await readTensorProto(walker, each);
      if (raw === undefined) return;
      await this.#placer.place(raw);
      if (key !== 'values' || raw.name === '') return;
      this.initializers.set(raw.name, raw.message);
      walker.faults.add({
        kind: 'tensor-not-read',
        file: walker.file,
        tensor: raw.name,
        what: 'sparse numbers',
      });
    });
  }

  #countTensor(): void {
    this.#tensorCount += 1;
    this.#walker.bound('tensors of a graph', MAX_ONNX_NODES, this.#tensorCount);
  }

  async #value(field: Readonly<Field>, keep: (value: GraphValue) => void): Promise<void> {
    const walker = this.#walker;
    let name = '';
    let type: number | undefined;
    let dims: GraphDim[] | undefined;
    await walker.inner(VALUE, rangeOf(field), async (each, key) => {
      if (key === 'name') {
        name = (await walker.text(each, 'the name of a value')) ?? '';
        return;
      }
      await walker.inner(TYPE, rangeOf(each), (tensor) =>
        walker.inner(TENSOR_TYPE, rangeOf(tensor), async (part, partName) => {
          if (partName === 'elem_type') type = Number(part.value);
          else {
            const list: GraphDim[] = [];
            dims = list;
            await walker.inner(SHAPE, rangeOf(part), async (dim) => {
              walker.bound('dimensions of a value', MAX_DIMS, list.length + 1);
              list.push(await this.#dim(dim));
            });
          }
        }),
      );
    });
    walker.bound('inputs and outputs of a graph', MAX_ONNX_NODES, this.inputs.length + this.outputs.length);
    const dtype = type === undefined ? undefined : elementType(type)?.dtype;
    keep({ name, ...(dtype === undefined ? {} : { dtype }), ...(dims === undefined ? {} : { dims }) });
  }

  async #dim(field: Readonly<Field>): Promise<GraphDim> {
    let dim: GraphDim = '';
    await this.#walker.inner(DIMENSION, rangeOf(field), async (each, key) => {
      if (key === 'dim_value') dim = Number(signed(each.value));
      else dim = (await this.#walker.text(each, 'the name of a size')) ?? '';
    });
    return dim;
  }
}

/** Dimensions of a value that is declared. */
const MAX_DIMS = 64;

/** Bytes of a note of where a node comes from: a path, and the classes of its modules. */
const MOST_NOTED = 8_192;

interface Constant {
  readonly tensor?: Tensor;
  readonly numbers?: readonly number[];
}

function joinedNumbers(
  first: readonly number[] | undefined,
  next: readonly number[] | undefined,
): readonly number[] | undefined {
  if (first === undefined || next === undefined || first.length + next.length > MAX_ONNX_CONSTANT)
    return undefined;
  return [...first, ...next];
}

function rangeOf({ offset, length }: Readonly<Field>): ByteRange {
  return { offset, length };
}
