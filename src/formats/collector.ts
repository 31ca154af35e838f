import { MAX_FAULTS_PER_KIND } from '../bytes/limits.ts';
import type { Fault, FaultKind, MoreFaults } from './fault.ts';

/** Gathers the faults of one file; keeps so many of each kind and counts the rest. */
export class FaultCollector {
  readonly #file: string;
  readonly #faults: Fault[] = [];
  readonly #counts = new Map<FaultKind, number>();

  constructor(file: string) {
    this.#file = file;
  }

  add(fault: Exclude<Fault, MoreFaults>): void {
    const count = (this.#counts.get(fault.kind) ?? 0) + 1;
    this.#counts.set(fault.kind, count);
    if (count <= MAX_FAULTS_PER_KIND) this.#faults.push(fault);
  }

  /** Whether a fault of that kind was added. */
  has(kind: FaultKind): boolean {
    return this.#counts.has(kind);
  }

  /** The faults by their place in the file; what was counted and not kept comes last. */
  list(): readonly Fault[] {
    const place = (fault: Fault) => fault.bytes?.offset ?? 0;
    const sorted = [...this.#faults].sort((a, b) => place(a) - place(b));
    for (const [of, count] of this.#counts) {
      // `more-faults` is never added, only made here
      if (count > MAX_FAULTS_PER_KIND && of !== 'more-faults') {
        sorted.push({ kind: 'more-faults', file: this.#file, of, count: count - MAX_FAULTS_PER_KIND });
      }
    }
    return sorted;
  }
}
