/** Who or what made a run fail. */
export type EngineFault =
  /** The caller: an input that the net does not read, or of another shape. */
  | 'input'
  /** The device that was asked for cannot be had. */
  | 'device'
  /** Not enough memory, of the machine or of the GPU. */
  | 'memory'
  /** The GPU stopped answering, was reset or taken away. */
  | 'device-lost'
  /** A file with weights was moved, cut or replaced. */
  | 'files'
  /** The runtime has no code for an operator, on this device. */
  | 'unsupported'
  /** Anything else that the runtime says. */
  | 'runtime';

/** What the runtime or the caller got wrong, in a sentence, and what to do about it where that is known. */
export class EngineError extends Error {
  override readonly name = 'EngineError';
  readonly code: EngineFault;
  readonly hint?: string;

  constructor(code: EngineFault, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.code = code;
    if (options.hint !== undefined) this.hint = options.hint;
  }
}

interface Known {
  readonly code: EngineFault;
  /** What the runtime's text holds. */
  readonly text: RegExp;
  /** What that means. */
  readonly means: string;
  readonly hint: string;
}

/**
 * What ONNX Runtime 1.30 and Dawn, its WebGPU, are known to say. Of those marked "seen", the text was read off a run that
 * failed; the others stand in their sources or are codes of the graphics systems (Vulkan `VkResult`, DXGI errors).
 */
const KNOWN: readonly Known[] = [
  {
    code: 'device-lost',
    // a read that comes back without its data is how a lost device shows itself in the middle of a run
    text: /device (?:is|was|has been) lost|lost device|device lost|DEVICE_LOST|DEVICE_REMOVED|DEVICE_HUNG|887A000[567]|Failed to download data from buffer/i,
    means: 'the GPU stopped answering',
    hint: 'the driver may have reset it, another program may hold it, or it was unplugged: run again, or with --device cpu',
  },
  {
    code: 'memory',
    // seen: "std::bad_alloc", while loading and while running
    text: /bad_alloc|bad allocation|failed to allocate|out of memory|OUT_OF_(?:HOST|DEVICE)_MEMORY|OUTOFMEMORY|8007000E|ALLOC_FAILED/i,
    means: 'there is not enough memory',
    hint: 'close other programs, run it at a smaller size, or on a machine with more memory',
  },
  {
    code: 'files',
    // seen: a file that is gone, and one that is shorter than it was
    text: /External data path|External initializer|file_length|external data/i,
    means: 'a file with weights is gone or is not what it was',
    hint: 'it was moved or written to since it was opened: wait until that is done and run again',
  },
  {
    code: 'unsupported',
    text: /NOT_IMPLEMENTED|Could not find an implementation|not implemented/i,
    means: 'the device cannot compute an operator of the net',
    hint: 'run it with --device cpu',
  },
];

/** An error of the runtime as one of ours. Its own words stay, on one line, behind what they mean. */
export function explained(what: string, error: unknown): EngineError {
  const raw = error instanceof Error ? error.message : String(error);
  const said = tidy(raw);
  const known = KNOWN.find(({ text }) => text.test(raw));
  if (known === undefined) return new EngineError('runtime', `${what}: ${said}`, { cause: error });
  const { code, means, hint } = known;
  return new EngineError(code, `${what}: ${means} (${said})`, { hint, cause: error });
}

/** Without the place in the runtime's sources and its own marks of severity, which tell a user nothing. */
function tidy(message: string): string {
  return message
    .replace(/\S*\/onnxruntime_src\/\S+ /g, '')
    .replace(/\[ONNXRuntimeError\] : \d+ : \w+ : /g, '')
    .replace(/^Non-zero status code returned while running /, 'in ')
    .replace(/\s+/g, ' ')
    .trim();
}
