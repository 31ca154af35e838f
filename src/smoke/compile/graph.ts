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

/** Element types that cross the graph's border or stand in a file. */
export type ElementType = 'FLOAT' | 'FLOAT16' | 'BFLOAT16' | 'INT64';

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

const { AttributeProto, ModelProto, TensorProto } = onnxProto.onnx;
const { DataType } = TensorProto;
const { AttributeType } = AttributeProto;
const encoder = new TextEncoder();

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
      dataType: DataType.FLOAT,
      rawData,
    });
  }

  /** A small int64 constant: axes, shapes. */
  ints(values: readonly number[]): Value {
    const rawData = new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
    return this.#constant(`ints:${values}`, { dims: [values.length], dataType: DataType.INT64, rawData });
  }

  /** An initializer whose bytes stay where they are in a file. */
  external(name: string, type: ElementType, dims: readonly number[], at: External): Value {
    return this.#constant(name, {
      dims: [...dims],
      dataType: DataType[type],
      dataLocation: TensorProto.DataLocation.EXTERNAL,
      externalData: [
        { key: 'location', value: at.location },
        { key: 'offset', value: String(at.offset) },
        { key: 'length', value: String(at.byteLength) },
      ],
    });
  }

  cast(value: Value, type: ElementType): Value {
    return this.node('Cast', [value], { to: { int: DataType[type] } });
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

  #constant(name: string, tensor: onnx.ITensorProto): Value {
    if (!this.#initializers.has(name)) this.#initializers.set(name, { ...tensor, name });
    return name;
  }
}

function valueInfo(name: string, type: ElementType, dims: readonly Dim[]): onnx.IValueInfoProto {
  const dim = dims.map((each) => (typeof each === 'number' ? { dimValue: each } : { dimParam: each }));
  return { name, type: { tensorType: { elemType: DataType[type], shape: { dim } } } };
}

function attributeProto(name: string, value: Attribute): onnx.IAttributeProto {
  if ('int' in value) return { name, type: AttributeType.INT, i: value.int };
  if ('float' in value) return { name, type: AttributeType.FLOAT, f: value.float };
  if ('ints' in value) return { name, type: AttributeType.INTS, ints: [...value.ints] };
  return { name, type: AttributeType.STRING, s: encoder.encode(value.string) };
}
