/** Pickles out of opcodes: programs that mostly make sense, so that they come far before they go wrong. */
import { NEWEST_PROTOCOL, OP } from '../../src/formats/pytorch/pickle-opcodes.ts';
import { concat, u32, u64 } from '../build/bytes.ts';
import { raw } from '../build/pickle.ts';
import type { Random } from './random.ts';

const NAMES = [
  'os\nsystem\n',
  'builtins\neval\n',
  '__builtin__\nset\n',
  'collections\nOrderedDict\n',
  'torch._utils\n_rebuild_tensor_v2\n',
  'torch._utils\n_rebuild_tensor_v3\n',
  'torch._utils\n_rebuild_parameter\n',
  'torch._utils\n_rebuild_qtensor\n',
  'torch._tensor\n_rebuild_from_type_v2\n',
  'torch.nn.parameter\nParameter\n',
  'torch\nFloatStorage\n',
  'torch.storage\nUntypedStorage\n',
  'torch\nfloat8_e5m2\n',
  'torch\nSize\n',
  'numpy.core.multiarray\n_reconstruct\n',
  'copyreg\n_reconstructor\n',
  '_codecs\nencode\n',
  'models\nUNet\n',
  '\n\n',
  'a.b\nc.d.e\n',
] as const;

const WORDS = [
  'storage',
  'state_dict',
  '0',
  'cpu',
  'weight',
  '',
  '__proto__',
  '\u001b[2J',
  'model',
  '_modules',
] as const;

type Write = (random: Random) => Uint8Array;

const op = (...parts: readonly (number | string | Uint8Array)[]) => raw(...parts);
const text = (word: string) => {
  const bytes = new TextEncoder().encode(word);
  return concat([OP.BINUNICODE], u32(bytes.length), bytes);
};
const lying = (random: Random) => random.pick([0, 1, 255, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1]);

/** What pushes a value. */
const PUSHES: readonly Write[] = [
  () => op(OP.NONE),
  () => op(OP.NEWTRUE),
  (random) => op(OP.BININT1, random.below(256)),
  (random) => concat([OP.BININT], u32(lying(random))),
  (random) => op(OP.LONG1, 8, random.bytes(8)),
  (random) => concat([OP.LONG4], u32(random.pick([1, 8, 5000, lying(random)])), random.bytes(8)),
  (random) => op(OP.INT, random.pick(['00\n', '01\n', '-12\n', `${'9'.repeat(300)}\n`, 'x\n'])),
  (random) => op(OP.LONG, random.pick(['5L\n', `${'7'.repeat(5000)}L\n`])),
  (random) => op(OP.FLOAT, random.pick(['1.5\n', 'nan\n', '1e999\n', '\n'])),
  (random) => op(OP.BINFLOAT, random.bytes(8)),
  (random) => text(random.pick(WORDS)),
  (random) => op(OP.STRING, random.pick(["'os'\n", '"system"\n', "'\\x41'\n", "'\n"])),
  (random) => op(OP.UNICODE, random.pick(['os\n', '\\u0041\n', '\\Uffffffff\n'])),
  (random) => op(OP.SHORT_BINSTRING, 2, random.bytes(2)),
  (random) => concat([OP.BINBYTES], u32(4), random.bytes(4)),
  (random) => concat([OP.BYTEARRAY8], u64(random.pick([4, lying(random)])), random.bytes(4)),
  () => op(OP.EMPTY_TUPLE),
  () => op(OP.EMPTY_LIST),
  () => op(OP.EMPTY_DICT),
  () => op(OP.EMPTY_SET),
  (random) => op(OP.GLOBAL, random.pick(NAMES)),
  (random) => op(OP.GLOBAL, random.pick(NAMES)),
  (random) => op(OP.BINGET, random.below(8)),
  (random) => op(OP.GET, `${random.below(4)}\n`),
  (random) => op(random.pick([OP.EXT1, OP.EXT2]), random.below(256), 0),
  () => op(OP.NEXT_BUFFER),
  (random) => tensor(random),
];

/** What takes values off the stack or marks it. */
const OTHERS: readonly Write[] = [
  () => op(OP.MARK),
  () => op(OP.MARK),
  () => op(OP.TUPLE),
  () => op(OP.TUPLE1),
  () => op(OP.TUPLE2),
  () => op(OP.TUPLE3),
  () => op(OP.LIST),
  () => op(OP.DICT),
  () => op(OP.APPEND),
  () => op(OP.APPENDS),
  () => op(OP.ADDITEMS),
  () => op(OP.FROZENSET),
  () => op(OP.SETITEM),
  () => op(OP.SETITEMS),
  () => op(OP.REDUCE),
  () => op(OP.NEWOBJ),
  () => op(OP.NEWOBJ_EX),
  () => op(OP.OBJ),
  (random) => op(OP.INST, random.pick(NAMES)),
  () => op(OP.BUILD),
  () => op(OP.BINPERSID),
  () => op(OP.STACK_GLOBAL),
  () => op(OP.DUP),
  () => op(OP.POP),
  () => op(OP.POP_MARK),
  () => op(OP.MEMOIZE),
  (random) => op(OP.BINPUT, random.below(8)),
  (random) => concat([OP.LONG_BINPUT], u32(lying(random))),
  (random) => concat([OP.FRAME], u64(random.pick([1, 8, 40, lying(random)]))),
  (random) => op(OP.PROTO, random.below(7)),
  () => op(OP.STOP),
  (random) => random.bytes(1),
];

/** A call that rebuilds a tensor, its counts lying at times. */
function tensor(random: Random): Uint8Array {
  const count = () =>
    random.oneIn(6)
      ? concat([OP.LONG1, 8], u64(BigInt(lying(random)) << BigInt(random.below(32))))
      : op(OP.BININT1, random.below(4));
  const counts = () => concat([OP.MARK], ...Array.from({ length: random.below(4) }, count), [OP.TUPLE]);
  return concat(
    op(OP.GLOBAL, 'torch._utils\n_rebuild_tensor_v2\n', OP.MARK, OP.MARK),
    text('storage'),
    op(OP.GLOBAL, random.pick(['torch\nFloatStorage\n', 'torch\nHalfStorage\n', 'torch\nNoStorage\n'])),
    text(random.pick(['0', '1', '../x', ''])),
    text('cpu'),
    count(),
    op(OP.TUPLE, OP.BINPERSID),
    count(),
    counts(),
    counts(),
    op(OP.NEWFALSE, OP.NONE, OP.TUPLE, OP.REDUCE),
  );
}

/** Pieces whose cost would grow with the square, or which double with each step, if something walked them as a tree. */
const STEEP: readonly Write[] = [
  // shared tuples: two to the power of the times
  (random) => concat([OP.NONE], ...times(1 + random.below(200), () => op(OP.DUP, OP.TUPLE2))),
  (random) => concat([OP.NONE], ...times(1 + random.below(20_000), () => op(OP.TUPLE1))),
  (random) =>
    concat(
      ...times(1 + random.below(5000), () => op(OP.EMPTY_LIST)),
      ...times(random.below(5000), () => op(OP.APPEND)),
    ),
  (random) => concat([OP.EMPTY_LIST], ...times(random.below(500), () => op(OP.DUP, OP.APPEND))),
  (random) =>
    concat(
      ...times(1 + random.below(5000), () => op(OP.MARK)),
      ...times(random.below(5000), () => op(OP.TUPLE)),
    ),
  (random) => concat(...times(random.below(2000), (at) => op(OP.GLOBAL, `m${at}\nn\n`, OP.POP)), [OP.NONE]),
  (random) =>
    concat(
      [OP.EMPTY_DICT],
      ...times(random.below(3000), (at) => concat(text(`k${at}`), op(OP.DUP, OP.SETITEM))),
    ),
  // calls that wrap calls
  (random) =>
    concat(
      ...times(random.below(3000), () => op(OP.GLOBAL, 'torch.nn.parameter\nParameter\n')),
      [OP.NONE],
      ...times(3000, () => op(OP.TUPLE1, OP.REDUCE)),
    ),
];

function times(count: number, make: (at: number) => Uint8Array): Uint8Array[] {
  return Array.from({ length: count }, (_, at) => make(at));
}

/** One pickle, or a few after each other. */
export function drawPickle(random: Random): Uint8Array {
  const parts: Uint8Array[] = [];
  if (!random.oneIn(4)) parts.push(op(OP.PROTO, random.pick([2, 2, 3, 4, NEWEST_PROTOCOL])));
  if (random.oneIn(60)) parts.push(random.pick(STEEP)(random));
  const length = 1 + random.small(120);
  for (let i = 0; i < length; i += 1) parts.push(random.pick(random.oneIn(2) ? PUSHES : OTHERS)(random));
  if (!random.oneIn(5)) parts.push(op(OP.STOP));
  return concat(...parts);
}
