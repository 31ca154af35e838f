import { nameOf } from './support/components.ts';
import { bytes } from './support/fault-rule.ts';
import { tensorPlace } from './support/places.ts';
import { isAllZero, scanned, zeroTail } from './support/values.ts';
import { defineRule } from './rule.ts';

export const VAL005 = defineRule<{
  component: string;
  tensor: string;
  length: number;
  where: string;
  tensors: number;
}>({
  id: 'VAL005',
  name: 'zeroed-range',
  title: 'A long run of bytes inside the weights is zero',
  severity: 'error',
  evidence: 'values',
  since: '0.1.0',
  why: `Trained weights are never exactly zero hundreds of times in a row. Such a run is what a download leaves that was given
its room on the disk and broke off, or lost one of its pieces: the file has its full size, its header is sound, every
program loads it, and part of the net does nothing.`,
  mend: 'Fetch the file again, and compare its SHA-256 with the one that its publisher gives.',
  sources: ['diffusers issue 11989', 'vllm PR 53537', 'sglang PR 13870'],
  *check(context) {
    const { checkpoint, values } = context;
    if (values === undefined) return;
    const lost = new Set(checkpoint.files.flatMap((_, file) => zeroTail(values, file)));
    for (const { component, tensor, scan } of scanned(context)) {
      const { zeroRun } = scan;
      const name = nameOf(component);
      const whole = tensorPlace(checkpoint, component, tensor);
      if (lost.has(tensor)) {
        // told once, at the tensor that stands first
        const own = [...lost].filter(({ file }) => file === tensor.file);
        const start = Math.min(...own.map(({ offset }) => offset));
        if (tensor.offset !== start) continue;
        const length =
          own.reduce((end, { offset, byteLength }) => Math.max(end, offset + byteLength), 0) - start;
        yield {
          args: { component: name, tensor: tensor.name, length, where: 'file', tensors: own.length },
          place: { ...whole, bytes: { offset: start, length } },
        };
        continue;
      }
      if (zeroRun === undefined || isAllZero(scan)) continue;
      const atEnd = zeroRun.offset + zeroRun.length >= tensor.byteLength - (tensor.byteLength % 4);
      const plain = tensor.layout === undefined;
      // rows that no word uses are zero in some vocabularies
      const padded = component.kind === 'text_encoder' && tensor.shape.length === 2;
      yield {
        args: {
          component: name,
          tensor: tensor.name,
          length: zeroRun.length,
          where: atEnd ? 'end' : 'inside',
          tensors: 1,
        },
        place: plain
          ? { ...whole, bytes: { offset: tensor.offset + zeroRun.offset, length: zeroRun.length } }
          : whole,
        ...(padded ? { severity: 'warning' as const } : {}),
      };
    }
  },
  words: ({ component, tensor, length, where, tensors }) => ({
    what:
      where === 'file'
        ? `the last ${tensors} tensors of the file are zeros, from ${tensor} of ${component} on`
        : `${tensor} of ${component} has a run of zeros ${where === 'end' ? 'to its end' : 'inside'}`,
    found: `${bytes(length)} of zeros`,
    expected: 'numbers that differ from each other',
  }),
});
