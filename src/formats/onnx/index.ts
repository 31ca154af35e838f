/**
 * The ONNX container: one protobuf message with a graph of operators, whose initializers are the weights. Their numbers
 * stay where they lie, in the file or in files beside it; of the graph a neutral form is kept. Nothing is executed, and
 * no protobuf library is used: what a length or a depth claims costs nothing here.
 * Sources: ONNX `onnx.proto`, `docs/IR.md`, `docs/ExternalData.md`, `onnx/checker.cc`.
 */
import { MAX_METADATA_BYTES, MAX_STRING_BYTES } from '../../bytes/limits.ts';
import type { ByteSource } from '../../bytes/source.ts';
import { FaultCollector } from '../collector.ts';
import type { Graph } from '../graph.ts';
import type { FileContent, Neighbours } from '../reader.ts';
import { checkDomains, checkValues, checkVersion } from './check-graph.ts';
import { ExternalData } from './external.ts';
import { BROKEN, ODD } from './faults.ts';
import { GraphReader } from './graph.ts';
import { Placer } from './place.ts';
import { MODEL, OPSET } from './schema.ts';
import { readEntry } from './tensor.ts';
import { type Field, signed, type Varint } from './wire.ts';
import { BudgetStop, Walker } from './walker.ts';

/** Operator sets that a model may name; there are ten. */
const MOST_OPSETS = 1_000;

/** Texts of the model itself, by the names that they get among the metadata. */
const TEXTS = new Set(['producer_name', 'producer_version', 'domain', 'doc_string']);

/**
 * Reads an ONNX model. Never throws for what stands in it: all its faults are returned together with what can still be
 * said of its tensors and its graph.
 * @param file what becomes `Tensor.file`; the files beside it that hold weights get the numbers that follow
 * @param beside opens those files; without it they are listed as not looked at
 * @throws {ReadError} when the bytes cannot be had.
 */
export async function readOnnx(source: ByteSource, file = 0, beside?: Neighbours): Promise<FileContent> {
  const faults = new FaultCollector(source.name);
  const walker = new Walker(source, faults);
  const external = new ExternalData(walker, beside, file + 1);
  const reader = new GraphReader(walker, new Placer(walker, external, file));
  const model = new ModelReader(walker, reader);
  await model.read();
  const { metadata, opsets, version, graphs } = model;
  checkVersion({ version, opsets }, walker);
  if (graphs === 0 && walker.complete) {
    faults.add({ kind: 'onnx-no-graph', file: source.name, ...BROKEN });
  }
  const foreignDomains = checkDomains({ version, opsets }, reader, walker);
  if (walker.complete) checkValues(reader, walker);
  external.checkClaims(walker.complete);
  const { tensors, inputs, initializers } = reader;
  if (tensors.length === 0 && graphs > 0 && walker.complete) {
    faults.add({ kind: 'onnx-no-tensors', file: source.name, ...ODD });
  }
  const { outputs, nodes, sizes, constants, innerNodes } = reader;
  const graph: Graph = {
    inputs: inputs.filter(({ name }) => !initializers.has(name)),
    outputs,
    nodes,
    sizes,
    constants,
    opsets,
    foreignDomains,
    dataFiles: external.places,
    innerNodes,
  };
  return {
    file: {
      path: source.name,
      size: source.size,
      format: 'onnx',
      headerLength: firstOffset(tensors, file, source),
    },
    moreFiles: external.files,
    tensors,
    metadata,
    faults: faults.list(),
    graph,
  };
}

/** Reads a ModelProto, and its graph into the reader that is given. */
class ModelReader {
  readonly metadata = new Map<string, string>();
  readonly opsets = new Map<string, number>();
  version: Varint = 0;
  graphs = 0;
  readonly #walker: Walker;
  readonly #graph: GraphReader;
  #kept = 0;

  constructor(walker: Walker, graph: GraphReader) {
    this.#walker = walker;
    this.#graph = graph;
  }

  async read(): Promise<void> {
    const walker = this.#walker;
    try {
      await walker.message(MODEL, walker.size, (field, name) => this.#field(field, name));
    } catch (error) {
      if (!(error instanceof BudgetStop)) throw error;
    }
  }

  async #field(field: Readonly<Field>, name: string): Promise<void> {
    const { offset, length } = field;
    if (name === 'ir_version') this.version = signed(field.value);
    else if (name === 'model_version') this.#keep(name, String(signed(field.value)));
    else if (name === 'opset_import') await this.#opset(field);
    else if (name === 'metadata_props') {
      const [key, value] = await readEntry(this.#walker, field, MAX_STRING_BYTES);
      this.#keep(key, value);
    } else if (TEXTS.has(name)) {
      const text = await this.#walker.text(field, `the field ${name}`, MAX_STRING_BYTES);
      if (text !== undefined && text !== '') this.#keep(name, text);
    } else if (name === 'graph') {
      this.graphs += 1;
      await this.#graph.read({ offset, length });
    } else if (name === 'functions') await this.#graph.readFunction({ offset, length });
    else await this.#graph.readTraining({ offset, length });
  }

  #keep(key: string, value: string): void {
    const { file, faults } = this.#walker;
    if (this.metadata.has(key)) {
      faults.add({ kind: 'onnx-metadata-twice', file, key, ...BROKEN });
      return;
    }
    this.#kept += key.length + value.length;
    this.#walker.bound('bytes of the metadata', MAX_METADATA_BYTES, this.#kept);
    this.metadata.set(key, value);
  }

  async #opset({ offset, length }: Readonly<Field>): Promise<void> {
    const walker = this.#walker;
    let domain = '';
    let version: Varint = 0;
    await walker.inner(OPSET, { offset, length }, async (field, name) => {
      if (name === 'version') version = signed(field.value);
      else domain = (await walker.text(field, 'a domain')) ?? '';
    });
    walker.bound('operator sets', MOST_OPSETS, this.opsets.size);
    if (this.opsets.has(domain)) {
      const bytes = { offset, length };
      walker.faults.add({ kind: 'onnx-opset-twice', file: walker.file, bytes, domain, ...BROKEN });
      return;
    }
    this.opsets.set(domain, Number(version));
  }
}

/** Where the first numbers lie in the file; its end where none do. */
function firstOffset(
  tensors: FileContent['tensors'],
  file: number,
  { size }: Pick<ByteSource, 'size'>,
): number {
  const inside = tensors.filter((tensor) => tensor.file === file).map(({ offset }) => offset);
  return inside.reduce((least, offset) => Math.min(least, offset), size);
}
