/** Bundles sources for a script that runs them: names of the modules to make, and their files. */
import { build } from 'tsdown';

/** @param entry source files by the name that each is imported by, without `.js` */
export function bundle(entry, outDir) {
  return build({
    entry,
    outDir,
    format: 'esm',
    platform: 'node',
    dts: false,
    logLevel: 'error',
    config: false,
    outExtensions: () => ({ js: '.js' }),
  });
}
