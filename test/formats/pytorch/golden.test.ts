/** Files that torch wrote: every tensor has the name, dtype, shape and values that torch reads out of it. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { openFile } from '../../../src/bytes/file.ts';
import type { Checkpoint, Tensor } from '../../../src/formats/checkpoint.ts';
import { openCheckpoint } from '../../../src/formats/index.ts';
import { readTensor } from '../../../src/formats/read-tensor.ts';
import type { Pickled } from '../../build/pickle.ts';
import { buildTorchZip } from '../../build/torch.ts';
import type { TorchTensor } from '../../build/torch-tensor.ts';
import { identifyComponents } from '../../../src/components/index.ts';
import type { PlainDtype } from '../../../src/formats/dtype.ts';
import { open, tensorsOf } from './open.ts';

interface Golden {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly sha256: string;
}

const GOLDEN = JSON.parse(readFileSync('fixtures/pytorch/golden.json', 'utf8')) as Record<string, Golden[]>;

/** The tensors of a file as torch's own facts have them. */
async function factsOf(path: string): Promise<{ checkpoint: Checkpoint; facts: Golden[] }> {
  const source = await openFile(path, path.split('/').at(-1));
  try {
    const checkpoint = await openCheckpoint(source);
    const facts: Golden[] = [];
    for (const tensor of tensorsOf(checkpoint)) {
      const { name, dtype, shape } = tensor;
      const sha256 = createHash('sha256')
        .update(await readTensor(source, tensor))
        .digest('hex');
      facts.push({ name, dtype, shape, sha256 });
    }
    return { checkpoint, facts };
  } finally {
    await source.close();
  }
}

describe('files that torch 2.6 wrote', () => {
  it.each(Object.keys(GOLDEN))('%s', async (file) => {
    const { checkpoint, facts } = await factsOf(`fixtures/pytorch/${file}`);
    expect([checkpoint.faults, checkpoint.unchecked]).toEqual([[], []]);
    expect(checkpoint.pickles?.map(({ verdict }) => verdict)).toEqual(['data-only']);
    const byName = (a: Golden, b: Golden) => (a.name < b.name ? -1 : 1);
    expect(facts.sort(byName)).toEqual([...(GOLDEN[file] ?? [])].sort(byName));
  });

  it('keep their settings as metadata', async () => {
    const { checkpoint } = await factsOf('fixtures/pytorch/nested-zip.pt');
    expect([...checkpoint.metadata]).toEqual([
      ['epoch', '3'],
      ['pytorch-lightning_version', '1.4.2'],
    ]);
  });
});

const SHARED = '../shared/data';
type Read = { readonly tensors: readonly string[] } | { readonly refused: string };
const FACTS = new Map(
  Object.entries(JSON.parse(readFileSync('fixtures/pytorch/shared.json', 'utf8')) as Record<string, Read>),
);

/** What holds a net's weights beside other things: its name is no part of theirs. */
const WRAPPER = /^(?:model_state_dict|state_dict)\./;

describe.skipIf(!existsSync(SHARED))(
  'files of other projects (skipped where the shared data is absent)',
  () => {
    const read = [...FACTS].flatMap(([file, facts]) =>
      'tensors' in facts ? [[file, facts.tensors] as const] : [],
    );

    it.each(read)('%s has what torch reads out of it', async (file, tensors) => {
      const { checkpoint, facts } = await factsOf(`${SHARED}/${file}`);
      expect([checkpoint.faults, checkpoint.unchecked]).toEqual([[], []]);
      const lines = facts.map(
        ({ name, dtype, shape, sha256 }) => `${name} ${dtype}[${shape.join(',')}] ${sha256.slice(0, 16)}`,
      );
      expect(lines.sort()).toEqual(tensors.map((line) => line.replace(WRAPPER, '')).sort());
    });

    it('torch refuses the broken one, and tars made by hand', () => {
      const refused = [...FACTS].flatMap(([file, facts]) => ('refused' in facts ? [file] : []));
      expect(refused.every((file) => /broken\.pt$|tar_\w+\.tar$/.test(file))).toBe(true);
    });
  },
);

const UNTRUSTED = `${SHARED}/untrusted-pickles`;

/** What has no pickle that can be seen into: a 7-Zip archive, a picture, half a line. */
const OPAQUE = new Set([
  'malicious1.7z',
  'bad_pytorch.pt',
  'not_a_pickle.bin',
  'benign_password_protected.zip',
]);

describe.skipIf(!existsSync(UNTRUSTED))(
  'a scanner’s corpus (skipped where the shared data is absent)',
  () => {
    const files = existsSync(UNTRUSTED) ? readdirSync(UNTRUSTED).filter((name) => name !== 'LICENSE') : [];

    it.each(files)('%s', async (file) => {
      const { checkpoint } = await factsOf(`${UNTRUSTED}/${file}`);
      const verdicts = (checkpoint.pickles ?? []).map(({ verdict }) => verdict);
      const harmless = /^(?:benign|pytorch_model|new_pytorch)/.test(file);
      const expected = OPAQUE.has(file) ? [] : [harmless ? 'data-only' : 'code-reaching'];
      expect(verdicts.filter((verdict) => verdict !== 'not-checkable')).toEqual(expected);
      // nothing passes in silence: it was judged, or is listed as not looked into
      expect(verdicts.length + checkpoint.unchecked.length).toBeGreaterThan(0);
    });
  },
);

const SD1 = 'fixtures/shapes/sd1-eps.safetensors';

describe('the shapes checkpoint as .ckpt', () => {
  it('is the same net, tensor by tensor', async () => {
    const source = await openFile(SD1, 'sd1-eps.safetensors');
    const sound = await openCheckpoint(source);
    const tensors: TorchTensor[] = [];
    for (const tensor of tensorsOf(sound)) {
      const data = await source.read(tensor.offset, tensor.byteLength);
      const count = tensor.shape.reduce((product, dim) => product * dim, 1);
      const { name, shape } = tensor;
      tensors.push({ name, dtype: tensor.dtype as PlainDtype, shape, itemSize: data.length / count, data });
    }
    await source.close();
    const root = (all: ReadonlyMap<Pickled, Pickled>) =>
      new Map<Pickled, Pickled>([
        ['state_dict', all],
        ['global_step', 1],
      ]);
    const checkpoint = await open(buildTorchZip(tensors, { root }), 'sd1-eps.ckpt');
    expect([checkpoint.faults, checkpoint.unchecked]).toEqual([[], []]);
    expect([...checkpoint.metadata]).toEqual([['global_step', '1']]);
    const told = ({ name, dtype, shape, byteLength }: Tensor) => [name, dtype, shape, byteLength];
    expect(tensorsOf(checkpoint).map(told)).toEqual(tensorsOf(sound).map(told));
    const [ours, theirs] = [await nets(checkpoint), await nets(sound)];
    expect(ours.length).toBeGreaterThan(0);
    expect(ours).toEqual(theirs);
  });
});

/** The nets of a checkpoint, without where their bytes lie. */
async function nets(checkpoint: Checkpoint): Promise<string[]> {
  const components = await identifyComponents(checkpoint);
  return components.flatMap(({ net }) =>
    net === undefined
      ? []
      : [
          JSON.stringify(net, (key, value: unknown) =>
            key === 'offset' || key === 'file' ? undefined : value,
          ),
        ],
  );
}
