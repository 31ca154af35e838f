/** Convolutions beside the way of the picture: shortcuts of residual blocks, what a skip passes, outputs of inner stages. */
import type { Layer } from './layers.ts';

export interface Sides {
  /** What the picture passes on its way. */
  readonly main: readonly Layer[];
  /** Beside the layers of their block: same input, same output. */
  readonly shortcuts: readonly Layer[];
  /** On a skip, by the name of their module. */
  readonly onSkips: readonly Layer[];
  /** Of one width, one at each depth: of these the picture passes the last. */
  readonly heads: readonly Layer[];
}

const SHORTCUT = /(?:^|[._])(?:shortcut|residual|res_?conv|skip|downsample|identity)/i;
const ON_SKIP = /(?:^|[._])(?:bridge|lateral|skip)/i;

/** @param unnamed whether a small convolution is one by its ends alone, whatever it is called */
export function sidesOf(layers: readonly Layer[], unnamed: boolean): Sides {
  const heads = headsAmong(layers);
  const gates = new Set(layers.flatMap(({ path }) => (path.includes('psi') ? [gateOf(path)] : [])));
  const shortcuts: Layer[] = [];
  const onSkips: Layer[] = [];
  const main: Layer[] = [];
  for (const layer of layers) {
    if (heads.includes(layer)) continue;
    if (inGate(layer, gates) || isOnSkip(layer, layers)) onSkips.push(layer);
    else if (isShortcut(layer, layers, unnamed)) shortcuts.push(layer);
    else main.push(layer);
  }
  return { main, shortcuts, onSkips, heads };
}

/** Attention gates weigh what a skip carries; they are told by the module that is called psi in each of them. */
function gateOf(path: readonly string[]): string {
  return path.slice(0, path.indexOf('psi')).join('.');
}

function inGate({ path }: Layer, gates: ReadonlySet<string>): boolean {
  return path.some((_, depth) => depth > 0 && gates.has(path.slice(0, depth).join('.')));
}

/** Beside two layers of the module around it, of which one reads what it reads and another writes what it writes. */
function isShortcut(layer: Layer, layers: readonly Layer[], unnamed: boolean): boolean {
  const own = layer.path.slice(-3).join('.');
  const named = SHORTCUT.test(own);
  const small = layer.kernel.every((side) => side === 1);
  const [reading] = layer.readings;
  if (reading === undefined || (!named && (!unnamed || !small || reading.input === reading.output)))
    return false;
  const furthest = Math.max(1, layer.path.length - (named ? 3 : 2));
  for (let depth = layer.path.length - 1; depth >= furthest; depth -= 1) {
    const around = layer.path.slice(0, depth).join('.');
    const beside = layers.filter(
      (other) =>
        other !== layer &&
        other.name.startsWith(`${around}.`) &&
        (named || other.kernel.some((side) => side > 1)),
    );
    const reads = beside.some((other) => other.readings.some(({ input }) => input === reading.input));
    const writes = beside.some((other) => other.readings.some(({ output }) => output === reading.output));
    if (reads && writes && beside.length > 1) return true;
  }
  return false;
}

/** Called a bridge inside a block that has other layers: a bridge of its own is the bottom of the U. */
function isOnSkip(layer: Layer, layers: readonly Layer[]): boolean {
  const depth = layer.path.findIndex((component) => ON_SKIP.test(component));
  const [reading] = layer.readings;
  if (depth < 1 || reading === undefined || reading.input !== reading.output) return false;
  const around = `${layer.path.slice(0, depth).join('.')}.`;
  const bridge = `${around}${layer.path[depth]}.`;
  return layers.some(
    ({ name, readings }) =>
      name.startsWith(around) &&
      !name.startsWith(bridge) &&
      readings.some(({ input, output }) => input === output + reading.input),
  );
}

/** The layers of lists in which all write one width and read several: the outputs at each depth of a deeply supervised net. */
function headsAmong(layers: readonly Layer[]): readonly Layer[] {
  const lists = new Map<string, Layer[]>();
  for (const layer of layers) {
    const depth = layer.path.findLastIndex((component) => /\d$/.test(component));
    if (depth === -1) continue;
    const key = JSON.stringify(
      layer.path.map((component, at) => (at === depth ? component.replace(/\d+$/, '#') : component)),
    );
    lists.set(key, [...(lists.get(key) ?? []), layer]);
  }
  return [...lists.values()].flatMap((list) => {
    const outputs = new Set(list.map(({ readings }) => readings[0]?.output));
    const inputs = new Set(list.map(({ readings }) => readings[0]?.input));
    const [output] = outputs;
    const small = list.every(({ kernel }) => kernel.every((side) => side === 1));
    return list.length > 1 && small && outputs.size === 1 && inputs.size > 1 && !inputs.has(output)
      ? list
      : [];
  });
}
