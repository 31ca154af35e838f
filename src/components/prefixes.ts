/**
 * What the names of whole-checkpoint files begin with, as data. A row is a dotted prefix in which `#` stands
 * for a whole number and `*` for any one part; the longest row that fits a tensor's name is taken off it.
 * Sources: the loaders of CompVis/latent-diffusion, Stability-AI/generative-models, ComfyUI
 * (`supported_models.py`), stable-diffusion.cpp (`model_loader.cpp`) and diffusers (`single_file_utils.py`).
 */

/** What the prefix says the tensors are for. What they are, their own names and shapes decide. */
export type Role =
  | 'denoiser'
  | 'ema'
  | 'vae'
  | 'text'
  | 'image'
  | 'control'
  | 'depth'
  | 'lora'
  | 'schedule'
  | 'markers'
  | 'scales'
  | 'training'
  | 'constants'
  | 'bare';

const PREFIXES: readonly (readonly [prefix: string, role: Role])[] = [
  ['model.diffusion_model', 'denoiser'],
  ['model.model', 'denoiser'],
  ['diffusion_model', 'denoiser'],
  ['unet', 'denoiser'],
  ['net', 'denoiser'],
  ['model_ema', 'ema'],
  ['model_ema.diffusion_model', 'ema'],
  ['unet_ema', 'ema'],
  ['ema_unet', 'ema'],
  ['first_stage_model', 'vae'],
  ['first_stage_model.loss', 'training'],
  ['vae', 'vae'],
  ['audio_vae', 'vae'],
  ['cond_stage_model', 'text'],
  ['cond_stage_model.#', 'text'],
  ['cond_stage_model.clip_l', 'text'],
  ['cond_stage_model.clip_g', 'text'],
  ['cond_stage_model.clip_h', 'text'],
  ['cond_stage_model.t5xxl', 'text'],
  ['conditioner.embedders.#', 'text'],
  // the first-frame encoder of Stable Video Diffusion
  ['conditioner.embedders.#.encoder', 'vae'],
  ['text_encoders.*', 'text'],
  ['text_encoder', 'text'],
  ['text_encoder_2', 'text'],
  ['text_encoder_3', 'text'],
  ['te', 'text'],
  ['te.#', 'text'],
  ['te1', 'text'],
  ['te2', 'text'],
  ['clip_l', 'text'],
  ['clip_g', 'text'],
  ['t5xxl', 'text'],
  ['embedder', 'image'],
  ['image_encoder', 'image'],
  ['clip_vision', 'image'],
  ['cc_projection', 'image'],
  ['control_model', 'control'],
  ['depth_model', 'depth'],
  ['noise_augmentor', 'schedule'],
  ['low_scale_model', 'schedule'],
  ['optimizer', 'training'],
  ['optimizer_states', 'training'],
  ['optimizer_state_dict', 'training'],
  ['lr_schedulers', 'training'],
  ['lr_scheduler', 'training'],
  ['loss', 'training'],
  ['loops', 'training'],
  ['callbacks', 'training'],
  ['amp_scaling_state', 'training'],
];

/**
 * Tensors that are told by their whole name. Buffers of a noise schedule: `register_schedule` of
 * CompVis/latent-diffusion `ddpm.py`; `denoiser.sigmas` of Stability-AI/generative-models. Markers, whose mere
 * presence is the message: ComfyUI `supported_models.py` (SDXL.model_type), Playground 2.5.
 */
const WHOLE_NAMES: ReadonlyMap<string, Role> = new Map<string, Role>([
  ...[
    'betas',
    'alphas_cumprod',
    'alphas_cumprod_prev',
    'sqrt_alphas_cumprod',
    'sqrt_one_minus_alphas_cumprod',
    'log_one_minus_alphas_cumprod',
    'sqrt_recip_alphas_cumprod',
    'sqrt_recipm1_alphas_cumprod',
    'posterior_variance',
    'posterior_log_variance_clipped',
    'posterior_mean_coef1',
    'posterior_mean_coef2',
    'lvlb_weights',
    'logvar',
    'scale_factor',
    'sigmas',
    'log_sigmas',
    'denoiser.sigmas',
    'denoiser.log_sigmas',
    'model_sampling.sigmas',
    'model_sampling.log_sigmas',
    'model_ema.decay',
    'model_ema.num_updates',
  ].map((name): [string, Role] => [name, 'schedule']),
  ...['v_pred', 'ztsnr', 'edm_mean', 'edm_std', 'edm_vpred.sigma_max', 'edm_vpred.sigma_min'].map(
    (name): [string, Role] => [name, 'markers'],
  ),
  ...['global_step', 'epoch', 'iteration', 'step'].map((name): [string, Role] => [name, 'training']),
]);

interface Node {
  readonly children: Map<string, Node>;
  number?: Node;
  any?: Node;
  role?: Role;
}

const TRIE: Node = buildTrie();

function buildTrie(): Node {
  const root: Node = { children: new Map() };
  for (const [prefix, role] of PREFIXES) {
    let node = root;
    for (const part of prefix.split('.')) node = step(node, part);
    node.role = role;
  }
  return root;
}

function step(node: Node, part: string): Node {
  if (part === '#') return (node.number ??= { children: new Map() });
  if (part === '*') return (node.any ??= { children: new Map() });
  let child = node.children.get(part);
  if (child === undefined) node.children.set(part, (child = { children: new Map() }));
  return child;
}

/** A prefix taken off a name. */
export interface Cut {
  /** With its final dot; '' when no known prefix fits. */
  readonly prefix: string;
  readonly role: Role;
  /** True when no longer prefix begins with this one: the next name that begins so is cut the same way. */
  readonly final: boolean;
}

/** LitEma strips the dots of the names it keeps, the one after the prefix too (latent-diffusion, `ldm/modules/ema.py`). */
const LIT_EMA = 'model_ema.diffusion_model';

const BARE: Cut = { prefix: '', role: 'bare', final: false };

/**
 * Scales of fp8 weights, and the marker that goes with them. They are taken from the component whose weights they
 * scale, so that its grammar need not know them. Sources: ComfyUI `ops.py` (`scale_weight`, `scaled_fp8`),
 * diffusers and torchao (`weight_scale`).
 */
const SCALES = new Set([
  'scaled_fp8',
  'weight_scale',
  'weight_scale_2',
  'scale_weight',
  'input_scale',
  'scale_input',
]);

/**
 * The longest known prefix of a tensor's name. A prefix never takes the whole name.
 * @param last what was cut off the name before: files keep their components together
 */
export function cutPrefix(name: string, last: Cut = BARE): Cut {
  const whole = WHOLE_NAMES.get(name);
  if (whole !== undefined) return { prefix: '', role: whole, final: false };
  if (SCALES.has(name.slice(name.lastIndexOf('.') + 1))) return { prefix: '', role: 'scales', final: false };
  if (last.final && name.startsWith(last.prefix)) return last;
  if (name.startsWith(LIT_EMA)) {
    const dotted = name[LIT_EMA.length] === '.';
    return { prefix: dotted ? `${LIT_EMA}.` : LIT_EMA, role: 'ema', final: dotted };
  }
  return longest(name);
}

function longest(name: string): Cut {
  let node: Node | undefined = TRIE;
  let from = 0;
  let best = BARE;
  for (;;) {
    const dot = name.indexOf('.', from);
    if (dot === -1) return best;
    node = childOf(node, name.slice(from, dot));
    if (node === undefined) return best;
    if (node.role !== undefined) {
      best = { prefix: name.slice(0, dot + 1), role: node.role, final: isLeaf(node) };
    }
    from = dot + 1;
  }
}

function isLeaf({ children, number, any }: Node): boolean {
  return children.size === 0 && number === undefined && any === undefined;
}

function childOf(node: Node, part: string): Node | undefined {
  return node.children.get(part) ?? (isNumber(part) ? node.number : undefined) ?? node.any;
}

function isNumber(part: string): boolean {
  return /^\d{1,6}$/.test(part);
}

/** The families that the first part of a prefix-less name tells apart. */
const BARE_FAMILY: ReadonlyMap<string, string> = new Map([
  ...[
    'input_blocks',
    'middle_block',
    'output_blocks',
    'time_embed',
    'label_emb',
    'out',
    'zero_convs',
    'input_hint_block',
    'middle_block_out',
    'down_blocks',
    'mid_block',
    'up_blocks',
    'conv_in',
    'conv_norm_out',
    'conv_out',
    'time_embedding',
    'add_embedding',
    'class_embedding',
    'encoder_hid_proj',
    'controlnet_down_blocks',
    'controlnet_mid_block',
    'controlnet_cond_embedding',
  ].map((part): [string, string] => [part, 'net']),
  ...['quant_conv', 'post_quant_conv'].map((part): [string, string] => [part, 'vae']),
  ...['text_model', 'embeddings', 'final_layer_norm', 'transformer', 'token_embedding', 'ln_final'].map(
    (part): [string, string] => [part, 'text'],
  ),
]);

/** `encoder` and `decoder` are an autoencoder's or a language model's: the part after them decides. */
const CODER_FAMILY: ReadonlyMap<string, string> = new Map([
  ...['conv_in', 'conv_out', 'down', 'up', 'mid', 'norm_out', 'down_blocks', 'up_blocks', 'mid_block'].map(
    (part): [string, string] => [part, 'vae'],
  ),
  ['conv_norm_out', 'vae'],
  ['layers', 'text'],
  ['block', 'text'],
]);

/** Which family a name without prefix belongs to; undefined where its first part does not say. */
export function bareFamily(name: string): string | undefined {
  const dot = name.indexOf('.');
  const head = dot === -1 ? name : name.slice(0, dot);
  if (head !== 'encoder' && head !== 'decoder') return BARE_FAMILY.get(head);
  const next = name.indexOf('.', dot + 1);
  return CODER_FAMILY.get(name.slice(dot + 1, next === -1 ? undefined : next));
}
