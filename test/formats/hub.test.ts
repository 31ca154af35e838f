import { afterEach, describe, expect, it } from 'vitest';
import type { ByteTree, ReadError } from '../../src/bytes/source.ts';
import { HubRepository, hubPage, parseHubAddress } from '../../src/formats/hub.ts';
import { openCheckpoint } from '../../src/formats/index.ts';
import { asBytes, pipelineFiles } from '../build/folder.ts';
import { clientWith } from '../build/http-client.ts';
import type { FileServer } from '../build/http-server.ts';
import { COMMIT, type HubOptions, serveHub } from '../build/hub-server.ts';

const closing: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

describe('an address on the hub', () => {
  it.each([
    ['hf://owner/name', { repo: 'owner/name', revision: 'main', path: '' }],
    ['hf://owner/name/', { repo: 'owner/name', revision: 'main', path: '' }],
    ['HF://owner/na.me-1_x/unet', { repo: 'owner/na.me-1_x', revision: 'main', path: 'unet' }],
    ['hf://owner/name@fp16/unet/a.safetensors', { revision: 'fp16', path: 'unet/a.safetensors' }],
    ['hf://owner/name@refs/pr/12/unet', { revision: 'refs/pr/12', path: 'unet' }],
    ['hf://owner/name@refs%2Fpr%2F12', { revision: 'refs/pr/12', path: '' }],
    ['hf://owner/name@v1.0', { revision: 'v1.0' }],
    ['hf://owner/name/a b%20@c.safetensors', { path: 'a b%20@c.safetensors' }],
  ])('%s', (text, address) => {
    expect(parseHubAddress(text)).toMatchObject(address);
  });

  it.each([
    'hf://',
    'hf://name',
    'hf:///name',
    'hf://datasets/owner/name',
    'hf://spaces/owner/name',
    'hf://-owner/name',
    'hf://owner/..',
    'hf://owner/name/../../x',
    'hf://owner/name/unet//x',
    'hf://owner/name/a\\b',
    'hf://owner/name@..%2F..%2Fapi/x',
    'hf://owner/name@%zz',
    'hf://owner/name@',
    'hf://owner/na me',
    'hf://ow?ner/name#x',
  ])('%s is none', (text) => {
    expect(parseHubAddress(text)).toBeTypeOf('string');
  });

  const endpoint = new URL('https://huggingface.co');
  it.each([
    ['https://huggingface.co/owner/name', 'hf://owner/name@main'],
    ['https://huggingface.co/owner/name/tree/main/unet', 'hf://owner/name@main/unet'],
    ['https://huggingface.co/owner/name/blob/fp16/a%20b.safetensors', 'hf://owner/name@fp16/a b.safetensors'],
    [
      'https://huggingface.co/owner/name/resolve/refs%2Fpr%2F1/x.gguf?download=true',
      'hf://owner/name@refs%2Fpr%2F1/x.gguf',
    ],
    ['https://huggingface.co/owner/name/discussions/3', undefined],
    ['https://example.com/owner/name', undefined],
  ])('is read off the page %s', (page, address) => {
    expect(hubPage(new URL(page), endpoint)).toBe(address);
  });
});

const FILES = Object.fromEntries(
  Object.entries(pipelineFiles()).map(([path, content]) => [path, asBytes(content)]),
);

interface Opened {
  readonly hub: FileServer;
  readonly repository: HubRepository;
  readonly tree: (folder?: string) => Promise<ByteTree>;
}

async function open(address = 'hf://owner/name', options: HubOptions = {}, files = FILES): Promise<Opened> {
  const hub = await serveHub(files, options);
  closing.push(hub.close);
  const client = clientWith({ hubOrigin: hub.origin });
  const parsed = parseHubAddress(address);
  if (typeof parsed === 'string') throw new Error(parsed);
  const repository = new HubRepository(parsed, new URL(hub.origin), client);
  return { hub, repository, tree: (folder = '') => repository.tree(folder, 'the repository') };
}

const failure = (work: Promise<unknown>): Promise<ReadError> =>
  work.then(
    () => Promise.reject(new Error('it succeeded')),
    (error: unknown) => error as ReadError,
  );

describe('a repository', () => {
  it('is a folder', async () => {
    const { tree } = await open();
    const { container, parts, faults, unchecked } = await openCheckpoint(await tree());
    expect([container, faults, unchecked]).toEqual(['diffusers-folder', [], []]);
    expect(parts.map(({ name }) => name)).toEqual(['unet', 'vae']);
  });

  it('is read at one commit, asked once', async () => {
    const { hub, tree } = await open('hf://owner/name@refs/pr/1');
    await openCheckpoint(await tree());
    const [first, ...rest] = hub.seen.map(({ path }) => path);
    expect(first).toBe('/api/models/owner/name/revision/refs/pr/1');
    expect(rest.length).toBeGreaterThan(3);
    for (const path of rest) expect(path).toContain(COMMIT);
    const fixed = await open(`hf://owner/name@${COMMIT}`);
    await fixed.tree();
    expect(fixed.hub.seen.length).toBe(1);
    const old = await open('hf://owner/name', { old: true });
    await old.tree();
    expect(old.hub.seen.at(-1)?.path).toBe('/api/models/owner/name/tree/main');
  });

  it('has folders that are folders of their own', async () => {
    const { tree } = await open('hf://owner/name/unet');
    const unet = await tree('unet');
    expect((await unet.list('')).map(({ path, kind }) => [path, kind])).toEqual([
      ['config.json', 'file'],
      ['diffusion_pytorch_model.safetensors', 'file'],
    ]);
    expect((await openCheckpoint(unet)).faults).toEqual([]);
    expect(await unet.list('nothing')).toEqual([]);
    await expect(unet.open('nothing')).rejects.toMatchObject({ code: 'absent' });
  });

  it('is listed in as many pages as it takes', async () => {
    const { hub, tree } = await open('hf://owner/name', { page: 2 });
    const { faults, unchecked } = await openCheckpoint(await tree());
    expect([faults, unchecked]).toEqual([[], []]);
    expect(hub.seen.filter(({ path }) => path.includes('/tree/')).length).toBe(6);
  });

  it.each<[string, string, HubOptions]>([
    ['a page elsewhere', 'goes on elsewhere', { page: 2, next: 'https://example.invalid/api/models/' }],
    ['a page beside the API', 'goes on elsewhere', { page: 2, next: '../../../../secrets' }],
    ['no list', 'no listing', { listing: () => ({ error: 'x' }) }],
    ['an entry that is none', 'without path or size', { listing: () => [1] }],
    ['a file without size', 'without path or size', { listing: () => [{ type: 'file', path: 'a' }] }],
    ['a negative size', 'without path or size', { listing: () => [{ type: 'file', path: 'a', size: -1 }] }],
    ['a path that leads out', 'names a folder', { listing: () => [{ type: 'file', path: '../a', size: 1 }] }],
    [
      'an absolute path',
      'the name is empty',
      { listing: () => [{ type: 'file', path: '/etc/passwd', size: 1 }] },
    ],
    ['a path of Windows', 'separator', { listing: () => [{ type: 'file', path: 'a\\b', size: 1 }] }],
    [
      'too many files',
      'more than 20000 files',
      { listing: () => Array.from({ length: 20_001 }, (_, i) => ({ type: 'file', path: `${i}`, size: 1 })) },
    ],
    ['a listing of no end', 'more than 20000 files', { page: 2, listing: (all) => Array(7000).fill(all[0]) }],
  ])('with %s is not taken', async (_, reason, options) => {
    const { tree } = await open('hf://owner/name', options);
    const error = await failure(tree());
    expect(error.name).toBe('ReadError');
    expect(error.message).toContain(reason);
  });

  it('whose listing is not about the folder is not taken', async () => {
    const { tree } = await open('hf://owner/name/unet', {
      listing: () => [{ type: 'file', path: 'vae/config.json', size: 2 }],
    });
    expect((await failure(tree('unet'))).message).toContain('it lies elsewhere');
  });

  it('whose file has another size than its listing says is not taken', async () => {
    const listing: HubOptions['listing'] = (all) =>
      all.map((entry) => ({ ...entry, size: Number(entry['size']) + 1 }));
    const { tree } = await open('hf://owner/name', { listing });
    await expect((await tree()).open('unet/config.json')).rejects.toMatchObject({ code: 'changed' });
  });

  it.each([
    ['RepoNotFound', 401, /no such repository/, /HF_TOKEN/],
    ['GatedRepo', 403, /accepted its terms/, /HF_TOKEN/],
    ['RevisionNotFound', 404, /no such revision/, /^$/],
    ['', 401, /only to who is logged in/, /HF_TOKEN/],
    ['', 429, /too many requests/, /HF_TOKEN/],
  ] as const)('that is refused says what to do: %s %d', async (code, status, reason, hint) => {
    const { tree } = await open('hf://owner/name', {
      quirk: ({ send }) => {
        send(status, code === '' ? {} : { 'x-error-code': code });
        return true;
      },
    });
    const error = await failure(tree());
    expect(error.message).toMatch(reason);
    expect(error.hint ?? '').toMatch(hint);
  });
});
