/** What archives hold whose loading runs a program. Sources: the writer of each, in torch and TorchServe. */
import type { FaultCollector } from '../collector.ts';

const PROGRAMS: readonly (readonly [program: string, pattern: RegExp])[] = [
  ['TorchScript', /(?:^|\/)(?:constants|bytecode|attributes)\.pkl$|(?:^|\/)code\/.+\.py(?:\.debug_pkl)?$/],
  ['torch.package', /(?:^|\/)\.data\/(?:version|extern_modules)$/],
  ['an exported program (PT2)', /(?:^|\/)archive_format$/],
  ['a model archive of TorchServe', /^MAR-INF\/MANIFEST\.json$/],
  ['Python code', /^(?!.*\/?code\/).*\.(?:py|pyc|so|pyd|dll)$/i],
];

/** Entries named in a message. */
const NAMED = 5;

/** Reports every kind of program among the names of an archive's entries. */
export function reportPrograms(file: string, names: readonly string[], faults: FaultCollector): void {
  for (const [program, pattern] of PROGRAMS) {
    const found = names.filter((name) => pattern.test(name));
    if (found.length === 0) continue;
    faults.add({ kind: 'program-inside', file, program, entries: found.slice(0, NAMED) });
  }
}
