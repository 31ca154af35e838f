/** What `torch.load(weights_only=True)` would do with a checkpoint: its pickle, its storages and its container. */
import type { Fault } from '../fault.ts';
import type { Broken } from './pickle-machine.ts';
import type { WeightsOnlyRefusal, WeightsOnlyRules } from './weights-only.ts';

/** Source: torch 2.15; 2.6 refuses a little less (`fixtures/pytorch/weights-only.json`). */
export type WeightsOnly = { readonly takes: true } | ({ readonly takes: false } & WeightsOnlyRefusal);

/** Faults at which torch stops, in its words or near them. */
const REFUSED: Partial<Record<Fault['kind'], string>> = {
  'storage-missing': 'the bytes of a tensor are missing',
  'storage-size-mismatch': 'a storage is not as long as its tensors say',
  'tensor-outside-storage': 'a tensor reaches beyond its storage',
  'tensor-invalid': 'a tensor cannot be one',
  'byteorder-invalid': 'the order of its bytes is none that there is',
  'pytorch-truncated': 'it ends too early',
  'legacy-invalid': 'it is not put together as torch does',
};

/** Faults that torch passes over. What is left of an archive's faults is taken one way or the other. */
const HARMLESS: ReadonlySet<Fault['kind']> = new Set<Fault['kind']>([
  'zip-hidden-bytes',
  'zip-bomb',
  'zip-bombs',
  'zip-crc-mismatch',
  'zip-entry-name',
]);

/** What speaks for an answer. */
export interface Asked {
  readonly rules: WeightsOnlyRules;
  /** In the file, one past the pickle that torch loads: what stands behind it does not count. */
  readonly end: number;
  readonly broken: Broken | undefined;
  readonly faults: readonly Fault[];
  /** Why torch refuses the container, whatever the pickle says. */
  readonly container?: string | undefined;
}

/** The answer; undefined where the container is such that torch may do one thing or the other. */
export function weightsOnlyAnswer({ rules, end, broken, faults, container }: Asked): WeightsOnly | undefined {
  if (container !== undefined) return { takes: false, reason: container };
  const { refusal } = rules;
  if (refusal !== undefined && (refusal.offset ?? 0) < end) return { takes: false, ...refusal };
  if (broken !== undefined) {
    // newer protocols than there are it tries all the same, and where we stopped early it goes on
    if (broken.kind === 'limit' || broken.kind === 'protocol') return undefined;
    return { takes: false, offset: broken.offset, reason: `the pickle is broken: ${broken.reason}` };
  }
  for (const { kind } of faults) {
    const reason = REFUSED[kind];
    if (reason !== undefined) return { takes: false, reason };
  }
  const open = faults.some(({ kind }) => kind.startsWith('zip-') && !HARMLESS.has(kind));
  return open ? undefined : { takes: true };
}
