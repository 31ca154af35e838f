import type { Tensor } from '../formats/checkpoint.ts';

/** What a tensor or block is called: canonically, and in the file's own names. */
interface Place {
  /** Canonical module path of the block. */
  readonly block: string;
  /** The block in the file's own names, prefix included. */
  readonly fileBlock: string;
}

/** Something in a component that its grammar does not allow. Rules turn these into findings. */
export type Problem =
  | (Place & {
      readonly kind: 'missing-tensor';
      readonly canonical: string;
      /** The name under which the file should have it, prefix included. */
      readonly fileName: string;
      readonly expectedShape: readonly number[];
    })
  | (Place & {
      readonly kind: 'missing-block';
      /** Tensors that the block should own. */
      readonly tensors: number;
      /** Why it must be there: what stands around or opposite it. */
      readonly because: string;
    })
  | {
      readonly kind: 'unexpected-tensor';
      readonly tensor: Tensor;
      /** A missing tensor's file name that this may be meant to be. */
      readonly nearest?: string;
    }
  | (Place & {
      readonly kind: 'shape-mismatch';
      readonly tensor: Tensor;
      readonly canonical: string;
      readonly expectedShape: readonly number[];
      /** Axes that disagree; all of them when the rank does. */
      readonly axes: readonly number[];
      /** Who says what was expected: `11 tensors, among them conv_in.weight`. */
      readonly because: string;
    })
  | (Place & {
      readonly kind: 'skip-mismatch';
      readonly producer: string;
      readonly below: number;
      readonly skip: number;
      readonly expects: number;
    })
  | (Place & {
      /** A block reads another width than the block before it writes. */
      readonly kind: 'chain-mismatch';
      readonly from: string;
      readonly gets: number;
      readonly expects: number;
    })
  | (Place & {
      /** An input whose width has to equal another width of the net. */
      readonly kind: 'input-mismatch';
      readonly what: string;
      readonly found: number;
      readonly expected: number;
      readonly because: string;
    })
  | {
      /** Tensors under another dialect's names than the rest of the net. */
      readonly kind: 'foreign-name';
      /** The first of them. */
      readonly tensor: Tensor;
      readonly count: number;
      /** The dialect of the rest. */
      readonly dialect: string;
    }
  | { readonly kind: 'duplicate-role'; readonly canonical: string; readonly tensors: readonly Tensor[] };
