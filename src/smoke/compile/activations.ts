import type { Activation } from './conventions.ts';
import type { Value } from './graph.ts';
import { type RowScope, silu } from './layers.ts';

/** Applies one to a value of any shape. GELU is the exact one, by the error function: torch.nn.GELU. */
export function activate(scope: RowScope, x: Value, kind: Activation): Value {
  const { graph } = scope;
  switch (kind) {
    case 'silu':
      return silu(scope, x);
    case 'gelu':
      return graph.node('Gelu', [x]);
    case 'relu':
      return graph.node('Relu', [x]);
    case 'mish':
      // x · tanh(ln(1 + eˣ)): Misra 2019, torch.nn.Mish
      return graph.node('Mul', [x, graph.node('Tanh', [graph.node('Softplus', [x])])]);
  }
}
