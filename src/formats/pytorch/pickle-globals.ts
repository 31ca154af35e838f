/**
 * What the names in a pickle mean. The closed world decides: a name in it is data, every other one is not. The
 * list of dangerous names only explains; a name that stands on neither list is no safer for that.
 */

/**
 * `data`: in the closed world. `code`: known to run code, reach files, the network or other names, or to be the
 * way to any of these. `unknown`: everything else.
 */
export type Judgement = 'data' | 'code' | 'unknown';

/**
 * Names that torch.save and the trainers of Stable Diffusion write, and that make nothing but data.
 * Sources: torch `_weights_only_unpickler.py`, `_get_allowed_globals`; torch `storage.py` and `_utils.py`;
 * AUTOMATIC1111 `modules/safe.py`; NumPy's `__reduce__` of arrays, scalars and dtypes.
 */
const DATA: ReadonlyMap<string, readonly string[]> = new Map([
  ['collections', ['OrderedDict', 'Counter', 'defaultdict', 'deque']],
  [
    'builtins',
    [
      'set',
      'frozenset',
      'bytearray',
      'bytes',
      'complex',
      'dict',
      'list',
      'tuple',
      'int',
      'float',
      'bool',
      'str',
      'object',
      'slice',
      'range',
    ],
  ],
  ['_codecs', ['encode']],
  ['copyreg', ['_reconstructor']],
  [
    'torch._utils',
    [
      '_rebuild_tensor',
      '_rebuild_tensor_v2',
      '_rebuild_tensor_v3',
      '_rebuild_parameter',
      '_rebuild_parameter_with_state',
      '_rebuild_qtensor',
      '_rebuild_sparse_tensor',
      '_rebuild_sparse_csr_tensor',
      '_rebuild_nested_tensor',
      '_rebuild_meta_tensor_no_storage',
      '_rebuild_device_tensor_from_numpy',
      '_rebuild_device_tensor_from_cpu_tensor',
      '_rebuild_xla_tensor',
      '_rebuild_wrapper_subclass',
    ],
  ],
  ['torch._tensor', ['_rebuild_from_type_v2', '_rebuild_from_type']],
  ['torch.nn.parameter', ['Parameter', 'Buffer', 'UninitializedParameter']],
  ['torch.nn.modules.container', ['ParameterDict', 'ParameterList']],
  ['torch.serialization', ['_get_layout']],
  ['torch.storage', ['UntypedStorage', '_UntypedStorage', 'TypedStorage', '_TypedStorage']],
  [
    'torch',
    `Size Tensor device layout dtype memory_format strided sparse_coo contiguous_format channels_last
    preserve_format per_tensor_affine per_channel_affine per_tensor_symmetric per_channel_symmetric
    per_channel_affine_float_qparams float64 double float32 float float16 half bfloat16 complex32
    chalf complex64 cfloat complex128 cdouble int64 long int32 int int16 short int8 uint8 uint16
    uint32 uint64 bool qint8 quint8 qint32 quint4x2 quint2x4 bits1x8 bits2x4 bits4x2 bits8 bits16
    float8_e5m2 float8_e4m3fn float8_e5m2fnuz float8_e4m3fnuz float8_e8m0fnu float4_e2m1fn_x2`.split(/\s+/),
  ],
  // what a distributed checkpoint says of its slices: dataclasses, and an enumeration
  [
    'torch.distributed.checkpoint.metadata',
    [
      'Metadata',
      'MetadataIndex',
      'TensorStorageMetadata',
      'TensorProperties',
      'ChunkStorageMetadata',
      'BytesStorageMetadata',
      'StorageMeta',
      '_MEM_FORMAT_ENCODING',
    ],
  ],
  ['torch.distributed.checkpoint.filesystem', ['_StorageInfo', '_StoragePrefix']],
  ['numpy', ['dtype', 'ndarray']],
  ['numpy.core.multiarray', ['_reconstruct', 'scalar']],
  ['numpy._core.multiarray', ['_reconstruct', 'scalar']],
  // plain values that settings are full of: made without touching anything
  ['argparse', ['Namespace']],
  ['types', ['SimpleNamespace']],
  ['pathlib', ['Path', 'PosixPath', 'WindowsPath', 'PurePath', 'PurePosixPath', 'PureWindowsPath']],
  ['datetime', ['date', 'datetime', 'time', 'timedelta', 'timezone']],
  ['decimal', ['Decimal']],
  // only ever the keys of a dictionary of callback states
  ['pytorch_lightning.callbacks.model_checkpoint', ['ModelCheckpoint']],
  ['pytorch_lightning.callbacks.early_stopping', ['EarlyStopping']],
  // dictionaries of settings, filled by their own `__setstate__`
  ['pytorch_lightning.utilities.parsing', ['AttributeDict']],
  ['lightning_fabric.utilities.data', ['AttributeDict']],
  ['omegaconf.dictconfig', ['DictConfig']],
  ['omegaconf.listconfig', ['ListConfig']],
  ['omegaconf.base', ['ContainerMetadata', 'Metadata']],
  ['omegaconf.nodes', ['AnyNode']],
  ['typing', ['Any']],
]);

const SETS: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  [...DATA].map(([module, names]) => [module, new Set(names)]),
);

/** `torch.FloatStorage`, `torch.cuda.HalfStorage`. */
const STORAGE_MODULES: ReadonlySet<string> = new Set(['torch', 'torch.cuda']);
const STORAGE =
  /^(?:Double|Float|Half|BFloat16|Long|Int|Short|Char|Byte|Bool|ComplexDouble|ComplexFloat|QInt8|QUInt8|QInt32|QUInt4x2|QUInt2x4|Untyped)Storage$/;

/** Classes of tensors by element: `torch.FloatTensor`. */
const TENSOR_CLASS = /^(?:Double|Float|Half|BFloat16|Long|Int|Short|Char|Byte|Bool)Tensor$/;

/**
 * Modules of which any name counts as reaching code: by themselves or by what they import. First parts of
 * dotted names. Sources: the modules that scanners and advisories have named, and the ones beside them that do
 * the same.
 */
const CODE_MODULES: ReadonlySet<string> = new Set(
  `os posix nt ntpath posixpath sys subprocess _posixsubprocess pty platform shutil tempfile pathlib io _io
  glob fileinput socket _socket socketserver ssl asyncio selectors select multiprocessing _multiprocessing
  threading _thread concurrent sched signal ctypes _ctypes cffi mmap gc importlib _frozen_importlib
  _frozen_importlib_external imp runpy pkgutil zipimport zipapp ensurepip venv pip _pip setuptools distutils
  site code codeop _aix_support _osx_support _pyrepl bdb pdb cProfile profile trace timeit doctest pydoc idlelib
  lib2to3 test unittest pickle _pickle cloudpickle dill joblib marshal shelve dbm sqlite3 _sqlite3
  functools operator _operator types inspect ast dis builtins __builtin__ commands popen2 webbrowser antigravity
  requests urllib urllib2 urllib3 httplib http httpx aiohttp ftplib smtplib poplib imaplib nntplib telnetlib
  xmlrpc uuid getpass crypt curses readline rlcompleter tkinter turtle numexpr pandas
  logging atexit weakref linecache tracemalloc faulthandler resource msvcrt winreg _winreg win32api win32com`
    .split(/\s+/)
    .filter((name) => name !== ''),
);

/** Parts of a library that are not code by name alone: paths below `torch` and `numpy` that are. */
const CODE_PATHS = [
  /^torch\.(?:hub|jit|package|fx|_dynamo|_inductor|_jit_internal|distributed|multiprocessing|compile|_C|ops|library|utils|onnx|testing|_running_with_deploy|serialization)(?:\.|$)/,
  /^torch\.storage\._load_from_bytes$/,
  /^torch\.(?:load|save|from_file|classes)(?:\.|$)/,
  /^numpy\.(?:f2py|testing|distutils|load|save|savetxt|loadtxt|genfromtxt|fromfile|memmap|fromregex|ctypeslib|lib)(?:\.|$)/,
  /^(?:pytorch_lightning|lightning|transformers|diffusers|datasets|huggingface_hub)\.(?:.*\.)?(?:load\w*|from_pretrained|hf_hub_download|run|launch)$/,
];

/** Words that are the way to other names whatever they hang on: `pathlib`, `os.system`. */
const CODE_WORDS =
  /(?:^|\.)(?:__import__|__reduce__|__reduce_ex__|__getattribute__|__globals__|__builtins__|__subclasses__|__code__|__class__|__dict__|system|popen|exec|eval|execfile|compile|getattr|setattr|delattr|globals|locals|vars|open|spawn\w*|fork|exec[lv]p?e?|import_module|check_output|check_call|Popen|runsource|runcode|load_library|loads|input)(?:\.|$)/;

/** Python 2's names of modules, as Python 3 takes them from a pickle of protocol 2 or less. */
const RENAMED: ReadonlyMap<string, string> = new Map([
  ['__builtin__', 'builtins'],
  ['copy_reg', 'copyreg'],
  ['cPickle', 'pickle'],
  ['exceptions', 'builtins'],
  ['UserDict', 'collections'],
  ['commands', 'subprocess'],
  ['httplib', 'http.client'],
  ['urllib2', 'urllib.request'],
  ['SocketServer', 'socketserver'],
]);

/** The module by the name that Python 3 has for it. */
export function canonicalModule(module: string): string {
  return RENAMED.get(module) ?? module;
}

/** Parts of a dotted name that are looked at; no real one has more than three. */
const MAX_PARTS = 64;

/** What a name is to us. `module` is as `canonicalModule` gives it. */
export function judge(module: string, name: string): Judgement {
  if (SETS.get(module)?.has(name) === true) return 'data';
  if (STORAGE_MODULES.has(module) && (STORAGE.test(name) || TENSOR_CLASS.test(name))) return 'data';
  const path = `${module}.${name}`;
  const [top = ''] = path.split('.', 1);
  if (CODE_MODULES.has(top)) return 'code';
  // a dotted name walks from one module into another that it imported
  const parts = name.split('.', MAX_PARTS);
  if (parts.length > 1 && parts.some((part) => CODE_MODULES.has(part))) return 'code';
  if (CODE_WORDS.test(name) || CODE_PATHS.some((pattern) => pattern.test(path))) return 'code';
  return 'unknown';
}
