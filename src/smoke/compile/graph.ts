import onnxProto from 'onnx-proto';
import type { onnx } from 'onnx-proto';

/** A value that flows along an edge of the graph, by its name. */
export type Value = string;

/** A size that is known, or the name of one that is only known when the net runs. */
export type Dim = number | string;

export type Attribute =
  | { readonly int: number }
  | { readonly float: number }
  | { readonly ints: readonly number[] }
  | { readonly string: string };

/**
 * Element types that cross the graph's border or stand in a file, and their numbers in the format; onnx-proto has
 * no names for the 8-bit floats. Source: `TensorProto.DataType` of onnx.proto.
 */
const ELEMENTS = {
  FLOAT: 1,
  UINT8: 2,
  INT8: 3,
  UINT16: 4,
  INT16: 5,
  INT32: 6,
  INT64: 7,
  BOOL: 9,
  FLOAT16: 10,
  DOUBLE: 11,
  UINT32: 12,
  UINT64: 13,
  BFLOAT16: 16,
  FLOAT8E4M3FN: 17,
  FLOAT8E4M3FNUZ: 18,
  FLOAT8E5M2: 19,
  FLOAT8E5M2FNUZ: 20,
} as const;

export type ElementType = keyof typeof ELEMENTS;

/** Bytes in a file that hold an initializer, little-endian and in C order. */
export interface External {
  /** Path relative to the folder that the runtime is given, parts joined by `/`. */
  readonly location: string;
  readonly offset: number;
  readonly byteLength: number;
}

/** Where operators beyond ONNX's own live: `MultiHeadAttention`. */
const CONTRIB = 'com.microsoft';

/** ONNX operator set: the first with Gelu. Reduce operators take their axes as an input from 18 on. */
const OPSET = 20;

/** The file format version that came with that operator set (ONNX 1.15). */
const IR_VERSION = 9;

const { AttributeProto, GraphProto, ModelProto, TensorProto } = onnxProto.onnx;
const { AttributeType } = AttributeProto;
const encoder = new TextEncoder();

/** What a provider cannot do as the others do it. */
export interface Adaptation {
  /**
   * MultiHeadAttention is written out as matrix products and a softmax. The whole of q·kᵀ is then held:
   * 4·b·heads·n·s bytes.
   */
  readonly plainAttention: boolean;
  /** All instance norms have one epsilon; where another is wanted the input is scaled in its stead. */
  readonly oneEpsilon: boolean;
}

/** The epsilon of most norms. */
const ONE_EPSILON = 1e-5;

/**
 * An ONNX graph in the making. Nodes are kept in the order in which they are added, which is an order in which
 * they can run, as ONNX wants it.
 */
export class GraphBuilder {
  readonly #nodes: onnx.INodeProto[] = [];
  readonly #initializers = new Map<string, onnx.ITensorProto>();
  readonly #inputs: onnx.IValueInfoProto[] = [];
  readonly #outputs: onnx.IValueInfoProto[] = [];
  #scope = '';

  /** Nodes added from here on are named after this block. */
  enter(block: string): void {
    this.#scope = block;
  }

  input(name: string, type: ElementType, dims: readonly Dim[]): Value {
    this.#inputs.push(valueInfo(name, type, dims));
    return name;
  }

  /** Declares an output. A value already in the graph is given out under `name`. */
  output(value: Value, name: string, dims: readonly Dim[]): void {
    this.#nodes.push({ opType: 'Identity', name: `output/${name}`, input: [value], output: [name] });
    this.#outputs.push(valueInfo(name, 'FLOAT', dims));
  }

  /** Adds a node with one output. */
  node(opType: string, input: readonly Value[], attributes: Readonly<Record<string, Attribute>> = {}): Value {
    return this.nodes(opType, input, 1, attributes)[0] as Value;
  }

  /** Adds a node with `outputs` outputs. */
  nodes(
    opType: string,
    input: readonly Value[],
    outputs: number,
    attributes: Readonly<Record<string, Attribute>> = {},
  ): readonly Value[] {
    const name = `${this.#scope}/${opType}.${this.#nodes.length}`;
    const output = Array.from({ length: outputs }, (_, index) => (index === 0 ? name : `${name}:${index}`));
    this.#nodes.push({
      opType,
      name,
      input: [...input],
      output,
      domain: opType === 'MultiHeadAttention' ? CONTRIB : '',
      attribute: Object.entries(attributes).map(([key, value]) => attributeProto(key, value)),
    });
    return output;
  }

  /** A small float32 constant that stands in the graph itself. */
  floats(values: readonly number[], dims: readonly number[] = [values.length]): Value {
    const rawData = new Uint8Array(new Float32Array(values).buffer);
    return this.#constant(`floats:[${dims}]:${values}`, {
      dims: [...dims],
      dataType: ELEMENTS.FLOAT,
      rawData,
    });
  }

  /** A small int64 constant: axes, shapes. */
  ints(values: readonly number[]): Value {
    const rawData = new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
    return this.#constant(`ints:${values}`, { dims: [values.length], dataType: ELEMENTS.INT64, rawData });
  }

  /** An initializer whose bytes stay where they are in a file. */
  external(name: string, type: ElementType, dims: readonly number[], at: External): Value {
    return this.#constant(name, {
      dims: [...dims],
      dataType: ELEMENTS[type],
      dataLocation: TensorProto.DataLocation.EXTERNAL,
      externalData: [
        { key: 'location', value: at.location },
        { key: 'offset', value: String(at.offset) },
        { key: 'length', value: String(at.byteLength) },
      ],
    });
  }

  cast(value: Value, type: ElementType): Value {
    return this.node('Cast', [value], { to: { int: ELEMENTS[type] } });
  }

  /** The graph as a serialised ModelProto. */
  finish(name: string): Uint8Array {
    const model: onnx.IModelProto = {
      irVersion: IR_VERSION,
      producerName: 'ungarble',
      opsetImport: [
        { domain: '', version: OPSET },
        { domain: CONTRIB, version: 1 },
      ],
      graph: {
        name,
        node: this.#nodes,
        initializer: [...this.#initializers.values()],
        input: this.#inputs,
        output: this.#outputs,
      },
    };
    return ModelProto.encode(model).finish();
  }

  /** Nodes and outputs alone, as the fields of a GraphProto: for a graph that has the rest. */
  fields(): Uint8Array {
    return GraphProto.encode({ node: this.#nodes, output: this.#outputs }).finish();
  }

  /** A model of ours as a provider needs it. */
  static adapted(model: Uint8Array, { plainAttention, oneEpsilon }: Adaptation): Uint8Array {
    const decoded = ModelProto.decode(model);
    const built = new GraphBuilder();
    for (const each of decoded.graph?.initializer ?? []) built.#initializers.set(each.name ?? '', each);
    for (const each of decoded.graph?.node ?? []) {
      if (plainAttention && each.opType === 'MultiHeadAttention') built.#attention(each);
      else if (oneEpsilon && each.opType === 'InstanceNormalization') built.#norm(each);
      else built.#nodes.push(each);
    }
    const graph = { ...decoded.graph, node: built.#nodes, initializer: [...built.#initializers.values()] };
    return ModelProto.encode({ ...decoded, graph }).finish();
  }

  /** Names of the nodes of a model of ours that `chosen` takes, by operator and, of a convolution, input channels. */
  static nodesWith(
    model: Uint8Array,
    chosen: (operator: string, channels: number | undefined) => boolean,
  ): readonly string[] {
    const { graph } = ModelProto.decode(model);
    const nodes = graph?.node ?? [];
    const shapes = new Map(graph?.initializer?.map(({ name, dims }) => [name, dims] as const));
    const makers = new Map(
      nodes.flatMap((node) => (node.output ?? []).map((output) => [output, node] as const)),
    );
    // a weight is an initializer, or a cast or multiple of one
    const channels = (value: string | undefined): number | undefined => {
      const dims = shapes.get(value);
      if (dims !== undefined) return Number(dims?.[1]);
      return makers.has(value ?? '') ? channels(makers.get(value ?? '')?.input?.[0]) : undefined;
    };
    return nodes.flatMap(({ name, opType, input }) =>
      name && chosen(opType ?? '', opType === 'Conv' ? channels(input?.[1]) : undefined) ? [name] : [],
    );
  }

  /** The same norm with another epsilon: x·s has s² times the variance of x, so that ε/s² stands where ε stood. */
  #norm(node: onnx.INodeProto): void {
    const epsilon = node.attribute?.find(({ name }) => name === 'epsilon')?.f ?? ONE_EPSILON;
    const [x = '', ...affine] = node.input ?? [];
    if (Math.abs(epsilon / ONE_EPSILON - 1) < 1e-6) {
      this.#nodes.push(node);
      return;
    }
    this.enter(node.name ?? '');
    const scaled = this.node('Mul', [x, this.floats([Math.sqrt(ONE_EPSILON / epsilon)], [])]);
    const attribute = [attributeProto('epsilon', { float: ONE_EPSILON })];
    this.#nodes.push({ ...node, input: [scaled, ...affine], attribute });
  }

  /** softmax(scale·q·kᵀ + mask)·v for each head, as `node` has it. */
  #attention({ name, input, output, attribute }: onnx.INodeProto): void {
    const [q = '', k = '', v = '', , , mask = ''] = input ?? [];
    const heads = Number(attribute?.find((each) => each.name === 'num_heads')?.i);
    const scale = attribute?.find((each) => each.name === 'scale')?.f ?? Number.NaN;
    this.enter(name ?? '');
    const headed = (value: Value, ...perm: number[]): Value =>
      this.node('Transpose', [this.node('Reshape', [value, this.ints([0, 0, heads, -1])])], {
        perm: { ints: perm },
      });
    const scaled = this.node('Mul', [headed(q, 0, 2, 1, 3), this.floats([scale])]);
    const products = this.node('MatMul', [scaled, headed(k, 0, 2, 3, 1)]);
    const scores = mask === '' ? products : this.node('Add', [products, mask]);
    const shares = this.node('Softmax', [scores], { axis: { int: -1 } });
    const attended = this.node('MatMul', [shares, headed(v, 0, 2, 1, 3)]);
    const back = this.node('Transpose', [attended], { perm: { ints: [0, 2, 1, 3] } });
    this.#nodes.push({
      opType: 'Reshape',
      name: `${name}/Reshape`,
      input: [back, this.ints([0, 0, -1])],
      output: output ?? [],
    });
  }

  #constant(name: string, tensor: onnx.ITensorProto): Value {
    if (!this.#initializers.has(name)) this.#initializers.set(name, { ...tensor, name });
    return name;
  }
}

function valueInfo(name: string, type: ElementType, dims: readonly Dim[]): onnx.IValueInfoProto {
  const dim = dims.map((each) => (typeof each === 'number' ? { dimValue: each } : { dimParam: each }));
  return { name, type: { tensorType: { elemType: ELEMENTS[type], shape: { dim } } } };
}

function attributeProto(name: string, value: Attribute): onnx.IAttributeProto {
  if ('int' in value) return { name, type: AttributeType.INT, i: value.int };
  if ('float' in value) return { name, type: AttributeType.FLOAT, f: value.float };
  if ('ints' in value) return { name, type: AttributeType.INTS, ints: [...value.ints] };
  return { name, type: AttributeType.STRING, s: encoder.encode(value.string) };
}
