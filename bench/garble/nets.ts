/** Which nets the bench runs on, and what else there is of each training. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Half } from './damages/index.ts';

export interface NetEntry {
  readonly name: string;
  /** A diffusers folder or a safetensors file. */
  readonly path: string;
  readonly validation: string;
  /** Whether thresholds may be chosen by it. */
  readonly half: Half;
  /** A net of the same shapes from another training. */
  readonly donor?: string;
  /** Another moment of the same training, its average, or a fine-tune of it. */
  readonly sibling?: string;
}

/** The shapes fixtures: trained longer than those made for the bench, and partly read when thresholds were first set. */
const SHAPES: readonly NetEntry[] = [
  {
    name: 'sd1-v',
    path: 'fixtures/shapes/sd1-v',
    validation: 'fixtures/garble/shapes-validation.safetensors',
    half: 'choose',
    donor: 'fixtures/shapes/sd1-eps',
  },
  {
    name: 'sd1-eps',
    path: 'fixtures/shapes/sd1-eps',
    validation: 'fixtures/garble/shapes-validation.safetensors',
    half: 'choose',
    donor: 'fixtures/shapes/sd1-v',
  },
];

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

/** All nets that there are: the shapes fixtures, and those of the manifest. */
export async function allNets(): Promise<readonly NetEntry[]> {
  const text = await readFile(join(FOLDER, 'manifest.json'), 'utf8').catch(() => '{"nets":[]}');
  const { nets } = JSON.parse(text) as { readonly nets: readonly ManifestNet[] };
  return [...SHAPES, ...nets.map((net) => entryOf(net, nets))];
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
