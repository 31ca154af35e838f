/**
 * The module tree behind dotted tensor names: `down_blocks` → `0` → `resnets` → … with the number of
 * tensors below each node.
 */
export class NameTree {
  /** Made when the first child comes: most nodes are leaves. */
  private children: Map<string, NameTree> | undefined;
  /** Tensors at or below this node. */
  size = 0;

  /** @param depth parts of a name that become nodes; what is deeper only counts */
  static of(names: Iterable<string>, depth = Number.POSITIVE_INFINITY): NameTree {
    const root = new NameTree();
    for (const name of names) root.add(name, depth);
    return root;
  }

  private add(name: string, depth: number): void {
    let node: NameTree = this;
    node.size += 1;
    for (let from = 0, parts = 0; from <= name.length && parts < depth; parts += 1) {
      const dot = name.indexOf('.', from);
      const to = dot === -1 ? name.length : dot;
      node = node.child(name.slice(from, to));
      node.size += 1;
      from = to + 1;
    }
  }

  private child(part: string): NameTree {
    this.children ??= new Map();
    let child = this.children.get(part);
    if (child === undefined) this.children.set(part, (child = new NameTree()));
    return child;
  }

  /** The node at a dotted path; an empty one when there is none. */
  at(path: string): NameTree {
    let node: NameTree | undefined = this;
    for (const part of path.split('.')) node = node?.children?.get(part);
    return node ?? EMPTY;
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
