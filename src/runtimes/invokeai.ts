import type { KeyFacts } from '../components/key-facts.ts';
import { number, text } from '../components/declared.ts';
import { configuredAssumptions } from './diffusers-folder.ts';
import { assumed, REFINER, SD1, SD2, SDXL } from './presets.ts';
import type { Assumptions, AssumedValues, Decision, Runtime, Subject } from './runtime.ts';

const MAIN = 'backend/model_manager/configs/main.py';
const UNET = 'model.diffusion_model.';

/** Tells the base of a file by the width of the text that one attention reads, then loads it with diffusers. */
export const invokeai: Runtime = {
  id: 'invokeai',
  title: 'InvokeAI',
  version: '6.14.0-alpha (8e71a8a, 2026-08-19)',
  repository: 'invoke-ai/InvokeAI',
  checked: 'replayed',
  decide: (subject) => (subject.container === 'file' ? ofFile(subject.keys) : ofFolder(subject)),
};

type Base = 'sd-1' | 'sd-2' | 'sdxl' | 'sdxl-refiner';
type Variant = 'normal' | 'depth' | 'inpaint';

/** Source: configs/main.py, `Main_SD_Checkpoint_Config_Base._get_base_or_raise` and `_get_variant_or_raise`. */
function ofFile(keys: KeyFacts): Decision {
  if (!['cond_stage_model.', 'first_stage_model.', UNET].some((prefix) => keys.begins(prefix))) {
    return { kind: 'refused', reason: 'it does not look like a main model', evidence: [`no ${UNET}`] };
  }
  const outer = `${UNET}input_blocks.2.1.transformer_blocks.0.attn2.to_k.weight`;
  const inner = `${UNET}input_blocks.4.1.transformer_blocks.0.attn2.to_k.weight`;
  const [wide, deep] = [keys.side(outer, -1), keys.side(inner, -1)];
  const base =
    wide === 768 || wide === 1024 ? baseOf(wide) : deep === 2048 || deep === 1280 ? baseOf(deep) : undefined;
  const read =
    wide === 768 || wide === 1024 ? `${outer} reads ${wide}` : `${inner} reads ${deep ?? 'nothing'}`;
  if (base === undefined) return { kind: 'refused', reason: 'no base that it knows', evidence: [read] };
  const entry = keys.side(`${UNET}input_blocks.0.0.weight`, 1);
  const variant = variantOf(entry, base);
  const evidence = [read, `${entry ?? 'unknown'} channels in`];
  if (variant === undefined) return { kind: 'refused', reason: 'no variant that it knows', evidence };
  // it never meets the step of a .ckpt: that stands beside the weights, and only they are looked at
  const prediction =
    base === 'sd-2'
      ? assumed(
          { prediction_type: 'v_prediction' },
          'every Stable Diffusion 2 without a tensor global_step',
          PREDICTION,
        )
      : assumed({ prediction_type: 'epsilon' }, 'every base but Stable Diffusion 2', PREDICTION);
  return identified(base, variant, evidence, {
    ...assumed(VALUES[base], 'the base it took it for', `${MAIN}, MainModelDefaultSettings; diffusers`),
    ...prediction,
  });
}

const PREDICTION = `${MAIN}, _get_scheduler_prediction_type_or_raise`;

function baseOf(width: number | undefined): Base | undefined {
  return ({ 768: 'sd-1', 1024: 'sd-2', 1280: 'sdxl-refiner', 2048: 'sdxl' } as const)[width as 768];
}

function variantOf(entry: number | undefined, base: Base): Variant | undefined {
  if (entry === 4) return 'normal';
  if (entry === 9) return 'inpaint';
  return entry === 5 && base === 'sd-2' ? 'depth' : undefined;
}

const VALUES: Readonly<Record<Base, Partial<AssumedValues>>> = {
  'sd-1': { ...SD1, resolution: 512 },
  'sd-2': { ...SD2, resolution: 768 },
  sdxl: { ...SDXL, resolution: 1024 },
  'sdxl-refiner': REFINER,
};

const FAMILIES: ReadonlyMap<string, readonly string[]> = new Map([
  ['sd-1 normal', ['sd1']],
  ['sd-1 inpaint', ['sd1-inpainting']],
  ['sd-2 normal', ['sd2', 'sd2-v']],
  ['sd-2 inpaint', ['sd2-inpainting']],
  ['sd-2 depth', ['sd2-depth']],
  ['sdxl normal', ['sdxl']],
  ['sdxl inpaint', ['sdxl-inpainting']],
  ['sdxl-refiner normal', ['sdxl-refiner']],
]);

function identified(
  base: Base,
  variant: Variant,
  evidence: readonly string[],
  assumes: Assumptions,
): Decision {
  const as = `${base} ${variant}`;
  return { kind: 'identified', as, evidence, families: FAMILIES.get(as) ?? [], assumes };
}

/** Pipelines that it takes in folders. Source: configs/main.py, `Main_SD_Diffusers_Config_Base.from_model_on_disk`. */
const PIPELINES: ReadonlySet<string> = new Set([
  'StableDiffusionPipeline',
  'StableDiffusionInpaintPipeline',
  'StableDiffusionXLPipeline',
  'StableDiffusionXLInpaintPipeline',
  'StableDiffusionXLImg2ImgPipeline',
  'LatentConsistencyModelPipeline',
]);

/** Source: configs/main.py, `Main_SD_Diffusers_Config_Base`. */
function ofFolder({ modelIndex, unetConfig, scheduler, configured }: Subject): Decision {
  const pipeline = text(modelIndex?.value, '_class_name') ?? 'none';
  const evidence = [`_class_name ${pipeline}`];
  if (!PIPELINES.has(pipeline)) return { kind: 'refused', reason: 'no pipeline that it knows', evidence };
  const width = number(unetConfig?.value, 'cross_attention_dim');
  const base = baseOf(width);
  evidence.push(`cross_attention_dim ${width ?? 'none'} of the unet's config`);
  if (base === undefined) return { kind: 'refused', reason: 'no base that it knows', evidence };
  const entry = number(unetConfig?.value, 'in_channels');
  const variant = variantOf(entry, base);
  evidence.push(`in_channels ${entry ?? 'none'}`);
  if (variant === undefined) return { kind: 'refused', reason: 'no variant that it knows', evidence };
  const said = text(scheduler?.value, 'prediction_type') ?? 'epsilon';
  if (said !== 'epsilon' && said !== 'v_prediction') {
    return { kind: 'refused', reason: `no prediction_type that it knows: ${said}`, evidence };
  }
  const because = `${scheduler?.path ?? 'the scheduler config'} says so, or nothing`;
  const prediction = assumed({ prediction_type: said }, because, PREDICTION);
  return identified(base, variant, evidence, {
    ...configuredAssumptions(configured, unetConfig),
    ...prediction,
  });
}
