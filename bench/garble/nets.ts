/** Which nets the bench runs on, and what else there is of each training. */
import { access, mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { writeFolderOfEps } from '../../test/smoke/shapes-folder.ts';
import type { Half } from './damages/index.ts';

export interface NetEntry {
  readonly name: string;
  /** A diffusers folder, or a safetensors or ONNX file. */
  readonly path: string;
  readonly validation: string;
  /** Whether thresholds may be chosen by it. */
  readonly half: Half;
  /** A net of the same shapes from another training. */
  readonly donor?: string;
  /** Another moment of the same training, its average, or a fine-tune of it. */
  readonly sibling?: string;
}

/** The ε-model of the shapes fixtures, a single file there, as a folder: with a tokenizer, and settings to be changed. */
const EPS = 'bench/out/shapes/sd1-eps';
const EPS_FILE = 'fixtures/shapes/sd1-eps.safetensors';

/** The shapes fixtures, which were trained longer than the nets made for the bench. */
const SHAPES: readonly NetEntry[] = [
  {
    name: 'sd1-v',
    path: 'fixtures/shapes/sd1-v',
    validation: 'fixtures/garble/shapes-validation.safetensors',
    half: 'choose',
    donor: EPS_FILE,
  },
  {
    name: 'sd1-eps',
    path: EPS,
    validation: 'fixtures/garble/shapes-validation.safetensors',
    half: 'choose',
    donor: 'fixtures/shapes/sd1-v',
  },
];

const THIRD_FOLDER = 'bench/out/third';

/** A net that others trained. Its weights are not ours to hand on: it is there where somebody made it. */
const THIRD: NetEntry = {
  name: 'mnist-ddpm',
  path: join(THIRD_FOLDER, 'mnist-ddpm'),
  validation: join(THIRD_FOLDER, 'mnist-ddpm.safetensors'),
  half: 'measure',
};

const FOLDER = 'fixtures/garble';

/** An entry of `fixtures/garble/manifest.json`, as far as it is used here. */
interface ManifestNet {
  readonly name: string;
  /** `name/unet/….safetensors` */
  readonly file: string;
  readonly half: Half;
  readonly class: string;
  readonly widths: readonly number[];
  readonly parameters: number;
  /** The net that its training began with; for the weights as they stood at the end, their average. */
  readonly parent: string | null;
  readonly validation: string;
}

/**
 * All nets that there are: the shapes fixtures, those of the manifest, and what others trained.
 * @param told of one that is not there
 */
export async function allNets(told: (line: string) => void): Promise<readonly NetEntry[]> {
  const text = await readFile(join(FOLDER, 'manifest.json'), 'utf8').catch(() => '{"nets":[]}');
  const { nets } = JSON.parse(text) as { readonly nets: readonly ManifestNet[] };
  const third = await access(THIRD.path).then(
    () => [THIRD],
    () => [],
  );
  if (third.length === 0)
    told(`${THIRD.name} is left out: ${THIRD.path} is not there (bench/garble/third/mnist_ddpm.py makes it)`);
  return [...(await shapesNets()), ...nets.map((net) => entryOf(net, nets)), ...third];
}

function entryOf(net: ManifestNet, nets: readonly ManifestNet[]): NetEntry {
  const origin = net.parent ?? net.name;
  const sibling = nets.find(({ name, parent }) => name === net.parent || parent === net.name);
  const donor = nets.find(
    (other) => (other.parent ?? other.name) !== origin && shapesOf(other) === shapesOf(net),
  );
  return {
    name: net.name,
    path: folderOf(net),
    validation: join(FOLDER, net.validation),
    half: net.half,
    ...(donor === undefined ? {} : { donor: folderOf(donor) }),
    ...(sibling === undefined ? {} : { sibling: folderOf(sibling) }),
  };
}

function folderOf({ file }: ManifestNet): string {
  return join(FOLDER, file.split('/')[0] ?? '');
}

/** Nets of one class and these sizes have all tensors in common. */
function shapesOf({ class: of, widths, parameters }: ManifestNet): string {
  return `${of} ${widths.join(' ')} ${parameters}`;
}

/** The shapes fixtures alone, each as a folder. */
export async function shapesNets(): Promise<readonly NetEntry[]> {
  await makeEps();
  return SHAPES;
}

/** Writes the folder of the ε-model where it is not there, or older than the file. */
async function makeEps(): Promise<void> {
  const made = await stat(EPS).catch(() => undefined);
  if (made !== undefined && made.mtimeMs > (await stat(EPS_FILE)).mtimeMs) return;
  await mkdir(dirname(EPS), { recursive: true });
  const part = `${EPS}.${process.pid}.part`;
  await writeFolderOfEps(part);
  await rm(EPS, { recursive: true, force: true });
  await rename(part, EPS);
}
