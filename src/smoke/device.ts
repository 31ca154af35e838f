/** Where a net can be made to run. `auto` takes a real GPU where there is one, else the CPU. */
export const DEVICES = ['auto', 'webgpu', 'cuda', 'dml', 'coreml', 'cpu'] as const;

export type DeviceChoice = (typeof DEVICES)[number];

/** ONNX Runtime's execution providers. */
export type Provider = Exclude<DeviceChoice, 'auto'>;

/** Where a net really runs. */
export interface Device {
  readonly provider: Provider;
  /** The GPU's name, where the machine tells it. */
  readonly adapter?: string;
  /**
   * Whether a program on the CPU plays the GPU (SwiftShader, llvmpipe, WARP): right, and slower than the CPU itself. Absent
   * where that is not known, and on the CPU.
   */
  readonly software?: boolean;
  /** Why it is not what would have been taken first. */
  readonly fallback?: string;
}

/** The GPU that WebGPU computes on: what the machine tells of it, since the runtime does not. */
export interface Adapter {
  readonly name?: string;
  /** Absent where nothing tells. */
  readonly software?: boolean;
}

/** Asked while the runtime holds a WebGPU device open, so that its driver is loaded into the process. */
export type AdapterProbe = () => Adapter | Promise<Adapter>;

/**
 * The order in which `auto` tries GPUs. WebGPU first: it comes with the runtime on most systems and needs no vendor's
 * libraries.
 */
export const GPUS: readonly Provider[] = ['webgpu', 'cuda', 'dml', 'coreml'];

/**
 * Providers that get attention written out. WebGPU's own operator is wrong where a GPU computes fewer than eight threads
 * in step (ONNX Runtime 1.30, its flash attention reads the lanes 4 to 7 of a subgroup: seen on SwiftShader, off by
 * several percent); Core ML has none.
 */
export const PLAIN_ATTENTION: ReadonlySet<Provider> = new Set(['webgpu', 'coreml']);

/**
 * Providers whose instance norms get one epsilon: WebGPU keeps the shader of a norm by everything but its epsilon, so
 * that a second one, of this net or of another that is loaded, is taken for the first (ONNX Runtime 1.30,
 * `instance_norm.cc`).
 */
export const ONE_EPSILON: ReadonlySet<Provider> = new Set(['webgpu']);

/**
 * Operators that stay on the CPU under WebGPU; they read and give little. WGSL bounds the error of sine and cosine
 * between -π and π only, and the time embedding takes them of numbers up to 1000. A convolution of 6, 9, 15 … input
 * channels reads three at a time and divides their place by four (ONNX Runtime 1.30, `conv2d_mm.cc`): such is the first
 * one of nets for inpainting.
 */
export function staysOnCpu(operator: string, channels: number | undefined): boolean {
  if (operator === 'Sin' || operator === 'Cos') return true;
  return channels !== undefined && channels > 3 && channels % 3 === 0 && channels % 4 !== 0;
}

/** As a person calls it. */
export const DEVICE_NAMES: Readonly<Record<Provider, string>> = {
  webgpu: 'WebGPU',
  cuda: 'CUDA',
  dml: 'DirectML',
  coreml: 'Core ML',
  cpu: 'the CPU',
};

/** What to do about a device that cannot be had. */
export const DEVICE_HINTS: Readonly<Record<Provider, string>> = {
  webgpu:
    'it needs a GPU with its driver; on Linux also the Vulkan loader (Debian, Ubuntu: libvulkan1). --device cpu always works',
  cuda: 'it needs Linux on x64 with an NVIDIA driver, CUDA 12 and cuDNN 9, and the libraries that the install script of onnxruntime-node fetches (npm rebuild onnxruntime-node --ignore-scripts=false). --device cpu always works',
  dml: 'DirectML is there on Windows only. --device cpu always works',
  coreml: 'Core ML is there on macOS only. --device cpu always works',
  cpu: 'install onnxruntime-node for this system and processor',
};
