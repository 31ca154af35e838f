/** What a zip is that holds no checkpoint of torch, by the names of its entries. */
import type { Fault, MoreFaults } from '../fault.ts';
import { isModelFile } from '../weights-names.ts';

/** Frameworks whose models are zips, and the entries that make one. Sources: each framework's own writer. */
const FRAMEWORKS: readonly (readonly [id: string, title: string, entries: readonly RegExp[]])[] = [
  ['keras-zip', 'Keras model', [/^config\.json$/, /^model\.weights\.h5$/]],
  ['numpy-zip', 'NumPy archive', [/\.npy$/]],
  ['coreml-package', 'Core ML package', [/(?:^|\/)Manifest\.json$/, /\.mlmodel$/]],
];

/** Names given of the models in an archive. */
const NAMED = 5;

/** A zip as a fault that says what can be done with it. */
export function zipFault(file: string, names: readonly string[]): Exclude<Fault, MoreFaults> {
  for (const [format, title, entries] of FRAMEWORKS) {
    const whole = entries.every((entry) => names.some((name) => entry.test(name)));
    if (whole) return { kind: 'foreign-model', file, format, title };
  }
  const inside = names.filter(isModelFile).slice(0, NAMED);
  return {
    kind: 'packed-archive',
    file,
    format: 'zip',
    title: 'zip archive',
    ...(inside.length === 0 ? {} : { inside }),
  };
}
