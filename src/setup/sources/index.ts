/** Every source of setups, and the reading of a file or folder by whichever fits. */
import { MAX_CONFIG_BYTES, MAX_SETUP_BYTES } from '../../bytes/limits.ts';
import { type ByteSource, type ByteTree, ReadError } from '../../bytes/source.ts';
import type { ConfigFile } from '../../formats/checkpoint.ts';
import { isJsonObject, parseJson } from '../../formats/json.ts';
import { PICTURE_HEAD, pictureReader, type PictureTexts } from '../../formats/picture-text.ts';
import type { Lock } from '../lock.ts';
import type { Setup } from '../setup.ts';
import { comfyui } from './comfyui/index.ts';
import { diffusers, type DiffusersConfigs, diffusersSetup, schedulerIssues } from './diffusers.ts';
import { SetupError } from './error.ts';
import { infotext } from './infotext.ts';
import { ldm } from './ldm.ts';
import { isLock, readLock } from './lock-file.ts';
import { own } from './own.ts';
import type { SetupDocument, SetupReading, SetupSource } from './source.ts';

/** Each source; the first that a document matches reads it. */
const setupSources: readonly SetupSource[] = [diffusers, comfyui, ldm, own, infotext];

export { SetupError } from './error.ts';

/** What a model can be held against. */
export interface Against {
  readonly setups: readonly Setup[];
  readonly locks: readonly Lock[];
}

/**
 * Reads the setups of a file: a config, a workflow, an infotext, a picture that carries one of them, a lock file.
 * @throws {SetupError} when it holds none, or one that its schema does not allow; {ReadError} when it cannot be read.
 */
export async function readAgainst(source: ByteSource): Promise<Against> {
  const picture = pictureReader(await source.read(0, Math.min(PICTURE_HEAD, source.size)));
  if (picture !== undefined) {
    return { setups: await fromPicture(source.name, await picture(source)), locks: [] };
  }
  if (source.size > MAX_SETUP_BYTES) {
    throw new SetupError(source.name, `it is larger than ${MAX_SETUP_BYTES} bytes, which no setup is`);
  }
  const bytes = await source.read(0, source.size);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new SetupError(
      source.name,
      'it is no text; a setup is JSON, YAML, an infotext or a picture (PNG, JPEG, WebP)',
    );
  }
  const document = await documentOf(source.name, text);
  if (isLock(document)) return { setups: [], locks: [await readLock(document)] };
  return { setups: take(source.name, await readDocument(document)), locks: [] };
}

/** Keywords under which programs write into pictures, the most telling first. */
const KEYWORDS = ['prompt', 'workflow', 'parameters'] as const;

async function fromPicture(name: string, { texts, problem }: PictureTexts): Promise<readonly Setup[]> {
  let failure: { readonly path: string; readonly reading: SetupReading } | undefined;
  for (const keyword of KEYWORDS) {
    const found = texts.find((text) => text.keyword === keyword);
    if (found === undefined) continue;
    const path = `${name} (${keyword})`;
    const reading = await readDocument(await documentOf(path, found.text, true));
    if (reading.setups.length > 0) return reading.setups;
    failure ??= { path, reading };
  }
  if (failure !== undefined) return take(failure.path, failure.reading);
  const others = texts.map(({ keyword }) => keyword);
  const has = others.length === 0 ? 'no text at all' : `only ${others.slice(0, 8).join(', ')}`;
  throw new SetupError(
    name,
    `the picture carries no setup (${problem ?? has}); programs write it into prompt, workflow or parameters`,
  );
}

/** The text with what it is as data. @throws {SetupError} for JSON or YAML that is broken. */
async function documentOf(path: string, text: string, chunk = false): Promise<SetupDocument> {
  const trimmed = text.trimStart();
  if (trimmed.startsWith('{') || trimmed.startsWith('[') || /\.json$/i.test(path)) {
    const { value, faults } = parseJson(new TextEncoder().encode(text));
    if (value !== undefined) return { path, text, value };
    const [fault] = faults;
    if (!chunk && fault?.kind === 'json-invalid') {
      const { expected, found, bytes } = fault;
      throw new SetupError(
        path,
        `it is no JSON: ${found} at byte ${bytes.offset}, where ${expected} belongs`,
      );
    }
    return { path, text };
  }
  if (chunk || infotext.match({ path, text })) return { path, text };
  const { parseYaml } = await import('../yaml.ts');
  const parsed = parseYaml(text);
  if ('value' in parsed)
    return isJsonObject(parsed.value) ? { path, text, value: parsed.value } : { path, text };
  if (/\.ya?ml$/i.test(path)) throw new SetupError(path, `it is no YAML that can be read: ${parsed.problem}`);
  return { path, text };
}

async function readDocument(document: SetupDocument): Promise<SetupReading> {
  const source = setupSources.find((each) => each.match(document));
  if (source === undefined) {
    const known = setupSources.map(({ title }) => title).join(', ');
    return { setups: [], problem: `it is no setup that is known: not ${known}` };
  }
  const reading = await source.read(document);
  const { issues = [] } = reading;
  return issues.length > 0 ? { ...reading, problem: `it is no valid setup as ${source.title}` } : reading;
}

function take(path: string, { setups, issues = [], problem }: SetupReading): readonly Setup[] {
  if (setups.length > 0) return setups;
  throw new SetupError(path, problem ?? 'it tells nothing', issues);
}

/**
 * Reads the setup of a diffusers folder: the configs of its parts, no weights.
 * @throws {SetupError} when there is no scheduler config, or one that its schema does not allow.
 */
export async function readSetupFolder(tree: ByteTree): Promise<readonly Setup[]> {
  const scheduler =
    (await config(tree, 'scheduler/scheduler_config.json')) ?? (await config(tree, 'scheduler_config.json'));
  if (scheduler === undefined) {
    throw new SetupError(tree.name, 'there is no scheduler/scheduler_config.json in it: no diffusers folder');
  }
  const issues = await schedulerIssues(scheduler.value);
  if (issues.length > 0) throw new SetupError(scheduler.path, 'it is no valid scheduler config', issues);
  const encoders = await Promise.all(
    ['text_encoder', 'text_encoder_2', 'text_encoder_3'].map((folder) =>
      config(tree, `${folder}/config.json`),
    ),
  );
  const [modelIndex, unet, vae] = await Promise.all(
    ['model_index.json', 'unet/config.json', 'vae/config.json'].map((path) => config(tree, path)),
  );
  const configs: DiffusersConfigs = {
    scheduler,
    ...(modelIndex === undefined ? {} : { modelIndex }),
    ...(unet === undefined ? {} : { unet }),
    ...(vae === undefined ? {} : { vae }),
    textEncoders: encoders.filter((each) => each !== undefined),
  };
  return [diffusersSetup(tree.name, configs)];
}

async function config(tree: ByteTree, path: string): Promise<ConfigFile | undefined> {
  let source: ByteSource;
  try {
    source = await tree.open(path);
  } catch (error) {
    if (error instanceof ReadError && error.code === 'absent') return undefined;
    throw error;
  }
  try {
    if (source.size > MAX_CONFIG_BYTES)
      throw new SetupError(path, `it is larger than ${MAX_CONFIG_BYTES} bytes`);
    const { value } = parseJson(await source.read(0, source.size));
    if (value === undefined) throw new SetupError(path, 'it is no JSON');
    return { path: `${tree.name}/${path}`, value };
  } finally {
    await source.close();
  }
}
