/**
 * ComfyUI-GGUF quantises a tensor whose rows do not fill a block as if it were [n / 256, 256], and notes its own
 * shape in the metadata. The elements keep their order, so that the shape is all there is to restore.
 * Source: city96/ComfyUI-GGUF, `tools/convert.py` (`shape_fix`) and `loader.py` (`get_orig_shape`).
 */
import { elementCount } from '../checkpoint.ts';
import type { FaultCollector } from '../collector.ts';
import { GGML_ACCEPTS } from './faults.ts';
import type { ShapeNote } from './metadata.ts';
import type { TensorReader } from './tensors.ts';

/** The shapes that hold, by the tensor's name. Reports the notes that do not. */
export function notedShapes(
  file: string,
  notes: ReadonlyMap<string, ShapeNote>,
  { entries, complete }: Pick<TensorReader, 'entries' | 'complete'>,
  faults: FaultCollector,
): ReadonlyMap<string, readonly number[]> {
  const shapes = new Map<string, readonly number[]>();
  for (const [tensor, { shape: noted, found, bytes }] of notes) {
    const entry = entries.get(tensor);
    const common = { file, bytes, tensor, ...GGML_ACCEPTS };
    if (noted === undefined) faults.add({ kind: 'gguf-shape-note-type', ...common, found });
    else if (entry === undefined) {
      if (complete) faults.add({ kind: 'gguf-shape-note-unused', ...common });
    } else if (noted.some((dim) => dim < 0) || elementCount(noted) !== elementCount(entry.shape)) {
      faults.add({ kind: 'gguf-shape-note-count', ...common, noted, stored: entry.shape });
    } else shapes.set(tensor, noted);
  }
  return shapes;
}
