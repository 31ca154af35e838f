import { dims, faultRule } from './support/fault-rule.ts';

export const FMT049 = faultRule({
  id: 'FMT049',
  name: 'gguf-shape-note',
  title: "A note of a tensor's own shape cannot hold",
  severity: 'error',
  evidence: 'header',
  since: '0.1.0',
  why: 'To quantise a convolution, ComfyUI-GGUF stores it as rows of 256 and notes its own shape under `comfy.gguf.orig_shape.` and its name. Where the note does not fit the tensor, ComfyUI fails as it loads the file; where it is lost, it builds the net with the wrong shape.',
  mend: "Convert the model again with ComfyUI-GGUF's `convert.py`, and quantise what that wrote: other tools drop or keep the notes without looking at them.",
  sources: ['city96/ComfyUI-GGUF tools/convert.py and loader.py: get_orig_shape'],
  cases: {
    'gguf-shape-note-type': {
      words: ({ tensor, found }) => ({
        what: `the note of the shape of \`${tensor}\` is of the wrong type`,
        found,
        expected: 'an array of INT32',
      }),
    },
    'gguf-shape-note-count': {
      words: ({ tensor, noted, stored }) => ({
        what: `the noted shape of \`${tensor}\` has another number of elements than the tensor`,
        found: dims(noted),
        expected: `as many elements as ${dims(stored)}`,
      }),
    },
    'gguf-shape-note-unused': {
      severity: 'warning',
      words: ({ tensor }) => ({
        what: `there is a note of the shape of \`${tensor}\` and no such tensor`,
        expected: 'a tensor of that name',
      }),
    },
  },
});
