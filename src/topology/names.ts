/**
 * The module tree behind dotted tensor names: `down_blocks` → `0` → `resnets` → … with the number of
 * tensors below each node.
 */
export class NameTree {
  /** Made when the first child comes: most nodes are leaves. */
  private children: Map<string, NameTree> | undefined;
  /** Tensors at or below this node. */
  size = 0;

  /** @param depth parts of a name that become nodes (a hostile name may have a million); deeper ones only count */
  static of(names: Iterable<string>, depth: number): NameTree {
    const root = new NameTree();
    for (const name of names) root.add(name, 0, depth);
    return root;
  }

  /** Counts the name here and below, its part that begins at `from` first. */
  private add(name: string, from: number, depth: number): void {
    this.size += 1;
    if (from > name.length || depth === 0) return;
    const dot = name.indexOf('.', from);
    const to = dot === -1 ? name.length : dot;
    this.child(name.slice(from, to)).add(name, to + 1, depth - 1);
  }

  private child(part: string): NameTree {
    this.children ??= new Map();
    let child = this.children.get(part);
    if (child === undefined) this.children.set(part, (child = new NameTree()));
    return child;
  }

  /** The node at a dotted path; an empty one when there is none. */
  at(path: string): NameTree {
    const dot = path.indexOf('.');
    const child = this.children?.get(dot === -1 ? path : path.slice(0, dot));
    if (child === undefined) return EMPTY;
    return dot === -1 ? child : child.at(path.slice(dot + 1));
  }

  has(path: string): boolean {
    return this.at(path).size > 0;
  }

  /** Whole-number children (`0`, `1`, …) with at least `least` tensors below them, ascending. */
  indices(least = 1): readonly number[] {
    const found: number[] = [];
    for (const [key, child] of this.children ?? []) {
      if (/^(0|[1-9]\d{0,2})$/.test(key) && child.size >= least) found.push(Number(key));
    }
    return found.sort((a, b) => a - b);
  }
}

const EMPTY = new NameTree();
