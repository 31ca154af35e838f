/**
 * AUTOMATIC1111 and its relatives: the text under a picture, in a `.txt` file, in a PNG's `parameters`, or in the user's
 * comment of a JPEG or WebP.
 * Source of the grammar: AUTOMATIC1111 stable-diffusion-webui modules/infotext_utils.py (`re_param_code`, `unquote`,
 * `parse_generation_parameters`) and modules/processing.py (`create_infotext`).
 */
import { type SetupControlNet, SetupBuilder, type SetupLora } from '../setup.ts';
import type { SetupDocument, SetupReading, SetupSource } from './source.ts';

/** A line counts as parameters from so many pairs on, as the program has it. */
const LEAST_PAIRS = 3;

/** A pair `key: value`; a value in quotes may hold commas. Texts end at a comma or at the end. */
const PAIR = /\s*(\w[\w \-/]{1,99}):\s*("(?:\\.|[^\\"])+"|[^,]*)(?:,|$)/g;

/** The last line longer than this is no infotext: the pattern's work grows with it. */
const LONGEST_LINE = 100_000;

export const infotext: SetupSource = {
  title: 'an infotext of AUTOMATIC1111',
  match: ({ value, text }) => value === undefined && pairsOf(text) !== undefined,
  async read(document) {
    return readInfotext(document);
  },
};

/** Lines at the end that are looked at: people and extensions write some below the parameters. */
const LAST_LINES = 20;

/** The pairs of the last line that is one of parameters; undefined where there is none. */
function pairsOf(text: string): ReadonlyMap<string, string> | undefined {
  const lines = text.trimEnd().split('\n').slice(-LAST_LINES);
  for (const line of lines.toReversed()) {
    const pairs = pairsIn(line);
    if (pairs !== undefined) return pairs;
  }
  return undefined;
}

function pairsIn(line: string): ReadonlyMap<string, string> | undefined {
  if (line.length > LONGEST_LINE) return undefined;
  const found = [...line.matchAll(PAIR)];
  if (found.length < LEAST_PAIRS) return undefined;
  const pairs = new Map<string, string>();
  for (const [, key = '', value = ''] of found) pairs.set(key.trim(), unquote(value.trim()));
  return pairs.has('Steps') || pairs.has('Sampler') || pairs.has('Model hash') ? pairs : undefined;
}

/** A value in quotes is a JSON string. */
function unquote(value: string): string {
  if (!/^".*"$/s.test(value)) return value;
  try {
    const parsed: unknown = JSON.parse(value);
    return typeof parsed === 'string' ? parsed : value;
  } catch {
    return value;
  }
}

/**
 * Suffixes that older versions put after a sampler, which newer ones write as `Schedule type`.
 * Source: modules/sd_samplers.py, `get_sampler_and_scheduler`.
 */
const SCHEDULES = [
  'Karras',
  'Exponential',
  'Polyexponential',
  'SGM Uniform',
  'Uniform',
  'KL Optimal',
] as const;

/**
 * Samplers on whole timesteps 1, 1 + stride, …: they never reach the last one. All others begin at it.
 * Source: modules/sd_samplers_timesteps.py, `get_timesteps`.
 */
const STRIDING: ReadonlySet<string> = new Set(['DDIM', 'DDIM CFG++', 'PLMS', 'UniPC']);

function readInfotext({ path, text }: SetupDocument): SetupReading {
  const pairs = pairsOf(text) ?? new Map<string, string>();
  const builder = new SetupBuilder(path);
  const number = (key: string): number | undefined => {
    const said = pairs.get(key);
    if (said === undefined) return undefined;
    const value = Number(said);
    if (said !== '' && Number.isFinite(value)) return value;
    builder.note(`${key} is ${JSON.stringify(said)}, which is no number: passed over`);
    return undefined;
  };
  const sampler = pairs.get('Sampler');
  const suffix = SCHEDULES.find((name) => sampler?.endsWith(` ${name}`));
  builder
    .says('steps', number('Steps'), 'Steps')
    .says('guidance', number('CFG scale'), 'CFG scale')
    .says('sampler', suffix === undefined ? sampler : sampler?.slice(0, -suffix.length - 1), 'Sampler')
    .says(
      'scheduler',
      pairs.get('Schedule type') ?? suffix,
      suffix === undefined ? 'Schedule type' : 'Sampler',
    )
    .says('model', pairs.get('Model') ?? pairs.get('Model hash'), 'Model')
    .says('vae', pairs.get('VAE'), 'VAE')
    .says('clip_skip', number('Clip skip'), 'Clip skip')
    .assumes('clip_skip', 1, 'AUTOMATIC1111 writes Clip skip only where it is not 1');
  if (STRIDING.has(builder.value('sampler') ?? '')) {
    builder.assumes('timestep_spacing', 'leading', `where AUTOMATIC1111's ${sampler} begins`);
  }
  readSize(builder, pairs.get('Size'));
  readNoiseSchedule(builder, pairs);
  readPrecision(builder, pairs);
  const loras = lorasOf(text, pairs, builder);
  if (loras.length > 0) builder.says('loras', loras, 'prompt');
  const controls = controlNets(pairs, builder);
  if (controls.length > 0) builder.says('controlnets', controls, 'ControlNet');
  if (pairs.has('Hires upscale') || pairs.has('Hires resize-1') || pairs.has('Hires resize')) {
    builder.note('a second pass at a larger size (Hires) is not checked');
  }
  if (pairs.has('Refiner')) builder.note(`a refiner takes over: ${pairs.get('Refiner')}`);
  const modules = [...pairs].flatMap(([key, name]) => (/^Module \d+$/.test(key) ? [name] : []));
  if (modules.length > 0) {
    builder.note(
      `${modules.join(', ')}: the text does not say which is an autoencoder, which a text encoder`,
    );
  }
  for (const key of ['Schedule min sigma', 'Schedule max sigma', 'Schedule rho']) {
    if (pairs.has(key)) builder.note(`${key} ${pairs.get(key)} changes the noise levels`);
  }
  const varied = ['X Type', 'Y Type', 'Z Type'].flatMap((key) => pairs.get(key) ?? []);
  if (varied.length > 0)
    builder.note(`it is a grid over ${varied.join(', ')}: only its first picture is told`);
  if (pairs.get('Discard penultimate sigma') === 'True') {
    builder.note('the last noise level but one is left out (Discard penultimate sigma)');
  }
  return { setups: [builder.build(path, 'a1111')] };
}

function readSize(builder: SetupBuilder, size: string | undefined): void {
  const match = /^(\d{1,5})x(\d{1,5})$/.exec(size ?? '');
  if (match !== null) {
    builder.says('resolution', { width: Number(match[1]), height: Number(match[2]) }, 'Size');
  } else if (size !== undefined) {
    builder.note(`Size is ${JSON.stringify(size)}, where 512x768 or the like belongs: passed over`);
  }
}

/** Source: modules/processing.py, `Noise Schedule`; Forge modules_forge `sd_noise_schedule` and prediction override. */
function readNoiseSchedule(builder: SetupBuilder, pairs: ReadonlyMap<string, string>): void {
  const noise = pairs.get('Noise Schedule');
  if (noise !== undefined) {
    builder.says('rescale_betas_zero_snr', noise === 'Zero Terminal SNR', 'Noise Schedule');
  } else {
    builder.assumes(
      'rescale_betas_zero_snr',
      false,
      'AUTOMATIC1111 writes Noise Schedule only where it is not Default',
    );
  }
}

/** Source: modules/processing.py writes `FP8 weight`; sd_models.py keeps the U-Net in e4m3. */
function readPrecision(builder: SetupBuilder, pairs: ReadonlyMap<string, string>): void {
  const fp8 = pairs.get('FP8 weight');
  if (fp8 !== undefined && fp8 !== 'Disable') builder.says('unet_dtype', 'float8_e4m3fn', 'FP8 weight');
}

/**
 * `<lora:name:strength>` and `<lora:name:te:unet>` in the prompt, and what the extension that was there before writes.
 * Sources: extensions-builtin/Lora; kohya-ss/sd-webui-additional-networks scripts/additional_networks.py.
 */
function lorasOf(
  text: string,
  pairs: ReadonlyMap<string, string>,
  builder: SetupBuilder,
): readonly SetupLora[] {
  const found = new Map<string, SetupLora>();
  for (const [, name = '', rest = ''] of text.matchAll(
    /<(?:lora|lyco):([^:<>\n]{1,300})((?::[^:<>\n]{1,40}){0,6})>/g,
  )) {
    const words = rest.split(':').slice(1);
    const named = (key: string) => words.find((word) => word.startsWith(`${key}=`))?.slice(key.length + 1);
    const plain = words.filter((word) => !word.includes('='));
    const te = Number(named('te') ?? plain[0] ?? 1);
    const unet = Number(named('unet') ?? plain[1] ?? te);
    if (!Number.isFinite(te) || !Number.isFinite(unet)) continue;
    found.set(name, { name, strength: unet, ...(te === unet ? {} : { strength_text: te }) });
  }
  for (const entry of (pairs.get('Lora hashes') ?? '').split(',')) {
    const name = entry.split(':')[0]?.trim() ?? '';
    if (name === '' || found.has(name)) continue;
    // the strength stands in the prompt; a hash alone says that it took part
    found.set(name, { name, strength: 1 });
    builder.note(`the strength of the LoRA ${name} stands nowhere: 1 was taken`);
  }
  for (const [key, said] of pairs) {
    const at = /^AddNet Model (\d+)$/.exec(key)?.[1];
    if (at === undefined || said === 'None' || pairs.get('AddNet Enabled') !== 'True') continue;
    const [unet, te] = ['A', 'B'].map((letter) => Number(pairs.get(`AddNet Weight ${letter} ${at}`) ?? 1));
    if (!Number.isFinite(unet) || !Number.isFinite(te)) continue;
    const name = said.replace(/\([0-9a-f]+\)$/, '');
    found.set(name, { name, strength: unet ?? 1, ...(te === unet ? {} : { strength_text: te ?? 1 }) });
  }
  return [...found.values()];
}

/**
 * `ControlNet 0: "Module: …, Model: …, Weight: …"`, and as it was until mid-2023: `ControlNet Model: …`, later
 * `ControlNet-0 Model: …`. Source of the first: Mikubill sd-webui-controlnet,
 * scripts/infotext.py.
 */
function controlNets(pairs: ReadonlyMap<string, string>, builder: SetupBuilder): readonly SetupControlNet[] {
  const units = new Map<string, Map<string, string>>();
  for (const [key, text] of pairs) {
    if (/^ControlNet(?: \d+)?$/.test(key)) {
      const inner = [...text.matchAll(/\s*([^:,]{1,60}):\s*(\([^)]*\)|[^,]*)(?:,|$)/g)];
      const named = inner.map(
        ([, name = '', value = '']) => [name.trim().toLowerCase(), value.trim()] as const,
      );
      units.set(key, new Map(named));
      continue;
    }
    const [, unit = '', name = ''] =
      /^(ControlNet(?:-\d+)?) (Model|Weight|Guidance Start|Guidance End|Enabled)$/.exec(key) ?? [];
    if (unit === '') continue;
    const said = units.get(unit) ?? new Map<string, string>();
    units.set(unit, said.set(name.toLowerCase(), text));
  }
  return [...units].flatMap(([key, said]) => controlNet(key, said, builder) ?? []);
}

function controlNet(
  key: string,
  said: ReadonlyMap<string, string>,
  builder: SetupBuilder,
): SetupControlNet | undefined {
  const name = said.get('model');
  if (name === undefined || name === 'None' || said.get('enabled') === 'False') return undefined;
  const strength = Number(said.get('weight') ?? 1);
  if (!Number.isFinite(strength)) {
    builder.note(`${key} has a weight that is no number: passed over`);
    return undefined;
  }
  if (!said.has('weight')) builder.note(`the weight of ${key} stands nowhere: 1 was taken`);
  const both = /^\(?([\d.]+),\s*([\d.]+)\)?$/.exec(said.get('guidance start/end') ?? '')?.slice(1);
  const [start, end] = (both ?? [said.get('guidance start'), said.get('guidance end')]).map(numberIn);
  return {
    name,
    strength,
    ...(start === undefined ? {} : { start }),
    ...(end === undefined ? {} : { end }),
  };
}

function numberIn(said: string | undefined): number | undefined {
  const value = Number(said);
  return said !== undefined && said !== '' && Number.isFinite(value) ? value : undefined;
}
