// The floors of the house: imports point down this list, never up. See ARCHITECTURE.md.
const floors = [
  ['bytes'],
  ['formats'],
  ['topology', 'components', 'schedule'],
  ['diff', 'values', 'setup', 'runtimes', 'smoke'],
  ['rules'],
  ['report', 'config'],
  ['ui'],
  ['cli'],
];

const folder = (names) => `^src/(${names.join('|')})/`;

const upward = floors.flatMap((names, floor) => {
  const above = floors.slice(floor + 1).flat();
  if (above.length === 0) return [];
  return [
    {
      name: `floor-${floor + 1}-imports-down`,
      comment: `${names.join(', ')} may import its own floor and those below, never ${above.join(', ')}.`,
      severity: 'error',
      from: { path: folder(names) },
      to: { path: `^src/(${above.join('|')})/|^src/index` },
    },
  ];
});

module.exports = {
  forbidden: [
    ...upward,
    {
      name: 'core-knows-no-machine',
      comment:
        'Only bytes/file.ts, bytes/workspace.ts, cli/ and ui/ know Node: the same core must be able to open a file in a browser page.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(bytes/(file|workspace)\\.ts|cli/|ui/)' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'parsing-core-has-no-dependency',
      comment: 'bytes/ and formats/ read hostile files; that they use no package is their trust argument.',
      severity: 'error',
      from: { path: '^src/(bytes|formats)/' },
      to: { path: 'node_modules' },
    },
    {
      name: 'one-door-for-onnx',
      comment: 'ONNX packages are heavy: each is imported in one file, and inspecting or validating never gets there.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/smoke/(engine|compile/graph)\\.ts$' },
      to: { path: 'node_modules/(onnx|protobufjs)' },
    },
    {
      name: 'smoke-has-its-own-entry',
      comment: 'src/smoke is reached through its own entry, by dynamic import, or for its types alone.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(smoke/|smoke\\.ts|cli/(smoke-job|smoke-export|open-session)\\.ts)' },
      to: { path: '^src/smoke/', dynamic: false, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'smoke-job-is-a-process',
      comment: 'The run of a net has a process of its own; what starts it knows only the types of what it tells.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(smoke\\.ts|cli/smoke-)' },
      to: { path: '^src/cli/(smoke-job|smoke-export|open-session)\\.ts', dynamic: false, dependencyTypesNot: ['type-only'] },
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.tsx', '.js', '.json'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
