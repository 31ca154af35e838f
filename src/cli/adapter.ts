import { readdir, readFile, readlink } from 'node:fs/promises';
import { cpus } from 'node:os';
import { basename } from 'node:path';
import type { Adapter } from '../smoke/device.ts';

/** Drivers in which the CPU plays the GPU, by their library. */
const SOFTWARE: readonly (readonly [library: RegExp, name: string])[] = [
  [/vk_swiftshader/i, 'SwiftShader'],
  [/vulkan_lvp/i, 'llvmpipe'],
  [/^d3d10warp\.dll$/i, 'WARP (Microsoft Basic Render Driver)'],
];

/** Libraries of Direct3D drivers, of which Windows loads those of the GPUs that are there. */
const DIRECT3D: readonly (readonly [library: RegExp, vendor: string])[] = [
  [/^nv(?:wgf2um|ldumd)/i, 'NVIDIA'],
  [/^(?:amdxc|amdxx|amdxn|atidxx)/i, 'AMD'],
  [/^(?:igd10|igd11|igd12|igc)/i, 'Intel'],
  [/^qcdx/i, 'Qualcomm'],
];

/** PCI vendors. */
const VENDORS: Readonly<Record<string, string>> = {
  '0x1002': 'AMD',
  '0x10de': 'NVIDIA',
  '0x8086': 'Intel',
};

/** Files that a driver on Linux opens to reach a GPU: NVIDIA's own, those of the kernel's DRM, and WSL's. */
const GPU_FILE = /^\/dev\/(?:nvidia\d+|dri\/renderD\d+|dxg)$/;

/**
 * Which GPU WebGPU computes on. The runtime does not tell, so that it is read off this process, in which the driver is
 * loaded while a device is open: which libraries it has, and on Linux which files. Where a real GPU is open beside a
 * program that plays one it is the real one, which Dawn prefers.
 */
export async function webgpuAdapter(): Promise<Adapter> {
  // Metal is only there with a GPU, which on Apple's own chips is part of the chip
  if (process.platform === 'darwin') return { name: cpus()[0]?.model ?? 'Metal', software: false };
  const libraries = loadedLibraries();
  const name = process.platform === 'win32' ? direct3d(libraries) : await openGpu();
  if (name !== undefined) return { name, software: false };
  const [, software] = SOFTWARE.find(([library]) => libraries.some((each) => library.test(each))) ?? [];
  return software === undefined ? {} : { name: software, software: true };
}

/** Names of the shared libraries in this process. */
function loadedLibraries(): readonly string[] {
  // else it resolves the names of peers, which takes seconds; newer than the types
  Object.assign(process.report, { excludeNetwork: true });
  const report = process.report.getReport() as { readonly sharedObjects?: readonly string[] };
  return (report.sharedObjects ?? []).map((path) => path.split(/[\\/]/).at(-1) ?? path);
}

function direct3d(libraries: readonly string[]): string | undefined {
  const [, vendor] = DIRECT3D.find(([library]) => libraries.some((each) => library.test(each))) ?? [];
  return vendor === undefined ? undefined : `${vendor} GPU`;
}

/** The first GPU that this process has open, on Linux. */
async function openGpu(): Promise<string | undefined> {
  const folder = '/proc/self/fd';
  const open = await Promise.all(
    (await readdir(folder).catch(() => [])).map((each) => readlink(`${folder}/${each}`).catch(() => '')),
  );
  const file = open.filter((each) => GPU_FILE.test(each)).sort()[0];
  if (file === undefined) return undefined;
  if (file.startsWith('/dev/nvidia')) return (await nvidia()) ?? 'NVIDIA GPU';
  if (file === '/dev/dxg') return 'the GPU of the Windows host';
  const about = `/sys/class/drm/${basename(file)}/device`;
  const [vendor, device] = await Promise.all(
    ['vendor', 'device'].map(async (each) => (await text(`${about}/${each}`)).trim()),
  );
  return `${VENDORS[vendor ?? ''] ?? vendor} GPU (PCI ${vendor}:${device})`;
}

/** The model of the first card that NVIDIA's driver knows. */
async function nvidia(): Promise<string | undefined> {
  const folder = '/proc/driver/nvidia/gpus';
  const [first] = (await readdir(folder).catch(() => [])).sort();
  return /^Model:\s*(.+)$/m.exec(await text(`${folder}/${first}/information`))?.[1]?.trim();
}

function text(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}
