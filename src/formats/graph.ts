/** A graph of operators as a file carries it, where it carries one: a small neutral form that nothing is executed from. */
import type { Dtype } from './dtype.ts';

/** A size that is known, a name for one that is only known when the net runs, or '' where nothing is said. */
export type GraphDim = number | string;

/** A value that enters or leaves the graph. */
export interface GraphValue {
  readonly name: string;
  /** Absent for what is no tensor of numbers. */
  readonly dtype?: Dtype;
  /** Absent where the file says nothing of its rank. */
  readonly dims?: readonly GraphDim[];
}

export type GraphAttribute = number | string | readonly number[];

/** One operator. Names are raw, as the file has them. */
export interface GraphNode {
  readonly op: string;
  /** Whose operator it is; '' for ONNX's own. */
  readonly domain: string;
  readonly name: string;
  /** Dotted path of the module that it was exported from, where the exporter noted it; '' is the net itself. */
  readonly scope?: string;
  /** '' stands for an input that is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Numbers, short lists and short texts; what else there is is not kept. */
  readonly attributes: ReadonlyMap<string, GraphAttribute>;
}

export interface Graph {
  /** What is fed; initializers that are listed as inputs too are left out. */
  readonly inputs: readonly GraphValue[];
  readonly outputs: readonly GraphValue[];
  /** In the order of the file. */
  readonly nodes: readonly GraphNode[];
  /** What the file says of the sizes of values between nodes. */
  readonly sizes: ReadonlyMap<string, readonly GraphDim[]>;
  /** Values of constants of a few numbers: shapes, scales, axes. */
  readonly constants: ReadonlyMap<string, readonly number[]>;
  /** Versions of the operator sets, by domain. */
  readonly opsets: ReadonlyMap<string, number>;
  /** Domains of operators that neither ONNX nor its runtime has and that the file does not define. */
  readonly foreignDomains: readonly string[];
  /** Files beside it in which weights lie, by the name that it gives them: indices into `Checkpoint.files`. */
  readonly dataFiles: ReadonlyMap<string, number>;
  /** Nodes inside loops, branches and functions, which are not in `nodes`. */
  readonly innerNodes: number;
}
