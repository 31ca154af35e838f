import { describe, expect, test } from 'vitest';
import { identifyComponents } from '../../src/components/index.ts';
import type { Problem } from '../../src/topology/problem.ts';
import { checkpoint } from '../build/checkpoint.ts';
import { LISTINGS, listingIndex, readListing } from '../build/listing.ts';
import { type Mutation, removals, renames, resizes } from '../build/mutate.ts';

/**
 * Every tensor of an autoencoder and of a text encoder is removed, resized and renamed in turn. Each time a
 * problem must name it, except where no header can show the damage: those are listed, one by one, with why.
 * Large nets repeat themselves, so every so many damages are enough there.
 */
const LISTED: readonly (readonly [listing: string, every: number, exceptions: readonly Exception[]])[] = [
  ['vae-sd1-ldm', 2, []],
  ['vae-sd1-diffusers', 4, []],
  ['vae-flux-diffusers', 5, []],
  ['clip-l-text-position-ids', 1, ['vocabulary', 'position-ids', 'one-of-two']],
  ['clip-h-text-hf', 3, ['vocabulary', 'positions']],
  ['clip-g-text-hf', 3, ['vocabulary', 'positions', 'projection']],
  ['openclip-h-text', 1, ['vocabulary', 'positions', 'projection', 'scale']],
];

type Exception = keyof typeof EXCEPTIONS;

/** Damages that no other tensor contradicts. */
const EXCEPTIONS = {
  /** Only the token embedding knows how many tokens there are; COMP029 holds it against CLIP's tokenizer. */
  vocabulary: /token_embedding\.weight axis 0/,
  /** Without position_ids only the position embedding knows how many positions there are; COMP029 again. */
  positions: /positional_embedding axis 0|position_embedding\.weight axis 0/,
  /** A buffer that newer exporters leave out: a file without it is sound. */
  'position-ids': /^remove .*position_ids$/,
  /** Two tensors, two answers: the problem names position_ids, and COMP029 the embedding. */
  'one-of-two': /position_embedding\.weight axis 0/,
  /** Only the projection knows its own width, and SD 2 does without it; COMP003 and COMP030 look at SDXL's. */
  projection: /text_projection axis 1|text_projection\.weight axis 0|^remove .*text_projection/,
  /** Only the training of CLIP reads it. */
  scale: /^remove .*logit_scale$/,
} as const;

/** A prefix that says nothing about what lies under it would do as well: names and shapes decide. */
const PREFIX = 'first_stage_model.';

function problemsOf({ tensors }: Mutation): readonly Problem[] {
  const specs = tensors.map(({ name, tensor }) => [PREFIX + name, tensor.shape, tensor.dtype] as const);
  return identifyComponents(checkpoint({ parts: [{ tensors: specs }] })).flatMap(({ problems }) => problems);
}

function names(problem: Problem, { victim, renamed }: Mutation): boolean {
  const wanted = [PREFIX + victim, ...(renamed === undefined ? [] : [PREFIX + renamed])];
  switch (problem.kind) {
    case 'missing-tensor':
      return wanted.includes(problem.fileName);
    case 'missing-block':
      return wanted.some((name) => name.startsWith(problem.fileBlock));
    case 'unexpected-tensor':
    case 'shape-mismatch':
      return wanted.includes(problem.tensor.name);
    default:
      return false;
  }
}

/** Layers between the second and the last are all alike. */
function isInteresting(name: string, last: number): boolean {
  const layer = /(?:layers|resblocks)\.(\d+)\./.exec(name)?.[1];
  return layer === undefined || Number(layer) < 2 || Number(layer) === last;
}

const known = new Set(listingIndex().map(({ id }) => id));

describe.each(LISTED)('%s', (id, every, exceptions) => {
  test.skipIf(!known.has(id))('names every damaged tensor', () => {
    const tensors = readListing(`${LISTINGS}/${id}.txt`);
    const last = Math.max(
      0,
      ...tensors.map(({ name }) => Number(/(?:layers|resblocks)\.(\d+)\./.exec(name)?.[1] ?? 0)),
    );
    const excused = exceptions.map((key) => EXCEPTIONS[key]);
    const unnamed: string[] = [];
    let tried = 0;
    for (const mutate of [removals, resizes, renames]) {
      for (const mutation of mutate(tensors)) {
        if (!isInteresting(mutation.victim, last)) continue;
        // renaming onto a tensor that is there already makes a file that no reader accepts
        if (mutation.renamed !== undefined && tensors.some(({ name }) => name === mutation.renamed)) continue;
        tried += 1;
        if (tried % every !== 0) continue;
        if (excused.some((pattern) => pattern.test(mutation.what))) continue;
        if (!problemsOf(mutation).some((problem) => names(problem, mutation))) unnamed.push(mutation.what);
      }
    }
    expect(tried).toBeGreaterThan(200);
    expect(unnamed).toEqual([]);
  });
});
