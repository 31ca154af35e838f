import { defineConfig } from 'tsdown';

export default defineConfig({
  entry: { index: 'src/index.ts', cli: 'src/cli/main.ts' },
  format: 'esm',
  platform: 'node',
  target: 'node20',
  dts: true,
  clean: true,
  // plain .js in an ESM package, so that `exports` and `bin` read simply
  outExtensions: () => ({ js: '.js', dts: '.d.ts' }),
});
