/**
 * What the weights of a graph are called in the net that it was exported from. Exporters keep the names of some and give
 * others numbers (`onnx::MatMul_1234`), transposed as their operator wants them; the operator that reads a weight, and
 * the module that the operator came from, tell what it was.
 */
import { elementCount, type Tensor } from '../../formats/checkpoint.ts';
import type { Graph, GraphNode } from '../../formats/graph.ts';
import { isContiguous } from '../../formats/layout.ts';

/** The weights of a graph by their names in the net, and what else it holds numbers for. */
export interface GraphNames {
  /** Each with the name, shape and order that it has in the net. */
  readonly weights: readonly Tensor[];
  /** Numbers that no module owns: shapes, scales, tables. */
  readonly constants: readonly Tensor[];
  /** The weights that each operator computes with. */
  readonly owned: ReadonlyMap<GraphNode, readonly Tensor[]>;
}

/** How an operator has a weight, against how its module does. */
type View = 'same' | 'transposed' | 'flat';

interface Role {
  readonly leaf: string;
  readonly view: View;
  /** The operator. */
  readonly by: string;
}

/** A weight on its way to the operator that computes with it. */
interface Way {
  readonly tensor: Tensor;
  /** What it is called there: equal weights that are stored once get their own names back by an Identity each. */
  readonly name: string;
  readonly transposed: boolean;
}

/** A name as modules have them: dotted, with a last part of its own. */
const MODULE_NAME = /^[A-Za-z_][\w-]*(?:\.[\w-]+)+$/;

const NORMS = ['x', 'weight', 'bias', 'running_mean', 'running_var'] as const;

/** The inputs of operators that are parameters of a module, by place. Source: the ONNX operator schemas. */
const PARAMETERS: ReadonlyMap<string, readonly string[]> = new Map<string, readonly string[]>([
  ['Conv', ['x', 'weight', 'bias']],
  ['ConvTranspose', ['x', 'weight', 'bias']],
  ['ConvInteger', ['x', 'weight']],
  ['QLinearConv', ['x', 'x', 'x', 'weight', 'x', 'x', 'x', 'x', 'bias']],
  ['PRelu', ['x', 'weight']],
  ['Gather', ['weight']],
  ['BatchNormalization', NORMS],
  ['InstanceNormalization', NORMS],
  ['GroupNormalization', NORMS],
  ['LayerNormalization', NORMS],
]);

/** Operators that hand a weight on as it is. */
const PASSES: ReadonlySet<string> = new Set([
  'Cast',
  'CastLike',
  'DequantizeLinear',
  'Unsqueeze',
  'Squeeze',
  'Reshape',
]);

/** Names the weights of a graph. Every tensor is in one of the lists; one that two modules share is there twice. */
export function namesOf(tensors: readonly Tensor[], graph: Graph): GraphNames {
  const ways = new Map<string, Way>(
    tensors.map((tensor) => [tensor.name, { tensor, name: tensor.name, transposed: false }]),
  );
  const named = new Map<string, Tensor>();
  const used = new Set<Tensor>();
  const owned = new Map<GraphNode, Tensor[]>();
  const claim = (name: string, { tensor, transposed }: Way, view: View, node?: GraphNode): void => {
    if (named.has(name)) return;
    used.add(tensor);
    const order = transposed === (view === 'transposed') ? 'same' : 'transposed';
    const weight = { ...viewed(tensor, order, view), name };
    named.set(name, weight);
    if (node !== undefined) owned.set(node, [...(owned.get(node) ?? []), weight]);
  };
  const { norms, layers } = scopesOf(graph);
  const readings: { readonly way: Way; readonly role: Role; readonly node: GraphNode }[] = [];
  for (const node of graph.nodes) {
    for (const [index, input] of node.inputs.entries()) {
      const way = ways.get(input);
      if (way === undefined) continue;
      const passed = index === 0 ? passedOn(node, way) : undefined;
      const [output] = node.outputs;
      if (passed !== undefined && output !== undefined) ways.set(output, passed);
      const role = roleOf(node, index, way);
      if (role !== undefined) readings.push({ way, role, node });
    }
  }
  // names that were kept count before those that are told by the graph
  for (const { way, role, node } of readings) {
    if (MODULE_NAME.test(way.name)) claim(way.name, way, role.view, node);
  }
  for (const { way, role, node } of readings.toSorted((a, b) => rank(a.role) - rank(b.role))) {
    const { scope } = node;
    if (scope === undefined || scope === '' || MODULE_NAME.test(way.name)) continue;
    const applies = role.by === 'Mul' ? norms : role.by === 'Add' ? layers : undefined;
    if (applies?.has(scope) !== false) claim(`${scope}.${role.leaf}`, way, role.view, node);
  }
  for (const tensor of tensors) {
    const lone = elementCount(tensor.shape) === 1;
    if (!lone && !used.has(tensor) && MODULE_NAME.test(tensor.name))
      claim(tensor.name, { tensor, name: tensor.name, transposed: false }, 'same');
  }
  return { weights: [...named.values()], constants: tensors.filter((tensor) => !used.has(tensor)), owned };
}

/** Modules that normalise, whose multiplication is by their weight; and those and linear ones, whose addition is of a bias. */
function scopesOf({ nodes }: Graph): {
  readonly norms: ReadonlySet<string>;
  readonly layers: ReadonlySet<string>;
} {
  const norms = new Set<string>();
  const layers = new Set<string>();
  for (const { op, scope } of nodes) {
    if (scope === undefined) continue;
    if (NORMALISES.has(op)) norms.add(scope);
    if (NORMALISES.has(op) || MULTIPLIES.has(op)) layers.add(scope);
  }
  return { norms, layers };
}

const NORMALISES: ReadonlySet<string> = new Set([
  'InstanceNormalization',
  'ReduceMean',
  'LayerNormalization',
]);
const MULTIPLIES: ReadonlySet<string> = new Set(['MatMul', 'MatMulInteger']);

/** A group norm is an instance norm with ones for a weight, then a multiplication by its own: that one counts. */
function rank({ by }: Role): number {
  return by === 'InstanceNormalization' ? 1 : 0;
}

function passedOn({ op, attributes, outputs }: GraphNode, way: Way): Way | undefined {
  if (op === 'Identity') return { ...way, name: outputs[0] ?? way.name };
  if (PASSES.has(op)) return way;
  if (op !== 'Transpose') return undefined;
  const perm = attributes.get('perm');
  const swaps = way.tensor.shape.length === 2 && (perm === undefined || String(perm) === '1,0');
  return swaps ? { ...way, transposed: !way.transposed } : undefined;
}

function roleOf({ op, attributes }: GraphNode, index: number, { tensor }: Way): Role | undefined {
  const axes = tensor.shape.length;
  if (op === 'MatMul' || op === 'MatMulInteger') {
    return index === 1 && axes === 2 ? { leaf: 'weight', view: 'transposed', by: op } : undefined;
  }
  if (op === 'Gemm') {
    if (index === 2) return { leaf: 'bias', view: 'flat', by: op };
    if (index !== 1 || axes !== 2) return undefined;
    return { leaf: 'weight', view: attributes.get('transB') === 1 ? 'same' : 'transposed', by: op };
  }
  if (op === 'Add' || op === 'Mul') {
    // a vector along one axis; a lone number is part of the computation
    if (tensor.shape.filter((dim) => dim !== 1).length !== 1) return undefined;
    return { leaf: op === 'Add' ? 'bias' : 'weight', view: 'flat', by: op };
  }
  const leaf = PARAMETERS.get(op)?.[index];
  if (leaf === undefined || leaf === 'x') return undefined;
  return { leaf, view: 'same', by: op };
}

/** The tensor in the order of its module. */
function viewed(tensor: Tensor, order: 'same' | 'transposed', view: View): Tensor {
  const { shape, layout, byteLength } = tensor;
  if (view === 'flat') {
    const length = shape.find((dim) => dim !== 1) ?? 1;
    const axis = shape.indexOf(length);
    const strides =
      layout === undefined ? {} : { layout: { ...layout, strides: [layout.strides[axis] ?? 1] } };
    return { ...tensor, shape: [length], ...strides };
  }
  const [rows, columns] = shape;
  if (order === 'same' || rows === undefined || columns === undefined) return tensor;
  const stored = layout?.strides ?? [columns, 1];
  const turned = { shape: [columns, rows], strides: stored.toReversed() };
  if (layout === undefined && isContiguous(turned.shape, turned.strides))
    return { ...tensor, shape: turned.shape };
  const extent = layout?.extent ?? byteLength;
  return { ...tensor, shape: turned.shape, layout: { ...layout, strides: turned.strides, extent } };
}
