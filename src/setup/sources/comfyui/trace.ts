/** Follows a sampler's inputs back to the files, and tells what the nodes on the way make of it. */
import type { JsonValue } from '../../../formats/json.ts';
import {
  SetupBuilder,
  type SetupControlNet,
  type SetupLora,
  type SetupPrediction,
  type SetupTextEncoder,
  type SetupValues,
} from '../../setup.ts';
import { type Flow, type FlowNode, nodeName, originOf } from './flow.ts';
import { CLIP_TYPES, CONDITIONING, INERT_MODEL, PICTURE_CONDITIONING, WEIGHT_DTYPES } from './nodes.ts';

/** Nodes on one way back; real ones have some dozens. */
export const LONGEST_WALK = 500;

export class Trace {
  readonly builder: SetupBuilder;
  readonly #flow: Flow;
  readonly #loras: SetupLora[] = [];
  readonly #controls: SetupControlNet[] = [];
  #control = '';
  #loraAt = '';

  constructor(flow: Flow, file: string) {
    this.#flow = flow;
    this.builder = new SetupBuilder(file);
  }

  /** Ends the tale: lists are told whole. */
  finish(): void {
    // the walk goes from the sampler to the file; patches are applied from the file to the sampler
    if (this.#loras.length > 0) this.builder.says('loras', this.#loras.toReversed(), this.#loraAt);
    if (this.#controls.length > 0)
      this.builder.says('controlnets', this.#controls.toReversed(), this.#control);
  }

  /** Says a field by a node's input, where it was not said nearer to the sampler. */
  say<K extends 'steps' | 'guidance' | 'guidance_rescale' | 'sigma_min' | 'sigma_max'>(
    key: K,
    node: FlowNode,
    name: string,
  ): void {
    const found = this.number(node, name);
    if (found !== undefined && !this.builder.has(key)) this.put(key, found.value, node, found.pointer);
  }

  sayText<K extends 'sampler' | 'scheduler' | 'model' | 'vae'>(key: K, node: FlowNode, name: string): void {
    const found = this.text(node, name);
    if (found !== undefined && !this.builder.has(key)) this.put(key, found.value, node, found.pointer);
  }

  number(node: FlowNode, name: string): { readonly value: number; readonly pointer: string } | undefined {
    const found = this.#value(node, name);
    if (found === undefined) return undefined;
    if (typeof found.value === 'number' && Number.isFinite(found.value))
      return { ...found, value: found.value };
    this.builder.note(`${nodeName(node)} has ${name} ${show(found.value)}, where a number belongs`);
    return undefined;
  }

  text(node: FlowNode, name: string): { readonly value: string; readonly pointer: string } | undefined {
    const found = this.#value(node, name);
    if (found === undefined) return undefined;
    if (typeof found.value === 'string') return { ...found, value: found.value };
    this.builder.note(`${nodeName(node)} has ${name} ${show(found.value)}, where a text belongs`);
    return undefined;
  }

  /** The node that an input hangs on, or a note of why there is none. */
  source(node: FlowNode, name: string): { readonly node: FlowNode; readonly slot: number } | undefined {
    const origin = originOf(this.#flow, node, name);
    if (origin.kind === 'node') return origin;
    if (origin.kind === 'nothing') this.builder.note(`${nodeName(node)} ${origin.why}`);
    return undefined;
  }

  /** From a sampler or guider back to the checkpoint. */
  model(from: FlowNode, name = 'model'): void {
    let at = this.source(from, name)?.node;
    const seen = new Set<string>();
    for (let step = 0; at !== undefined; step++) {
      if (this.circular(seen, at, step)) return;
      if (this.#loader(at)) return;
      this.#patch(at);
      at = this.#next(at, 'model');
    }
  }

  /** From a conditioning back to the prompt, then along its text encoder. */
  conditioning(from: FlowNode, name: string): void {
    let found = this.source(from, name);
    const seen = new Set<string>();
    for (let step = 0; found !== undefined; step++) {
      const { node, slot } = found;
      if (this.circular(seen, node, step)) return;
      this.#controlNet(node);
      if (node.type === 'FluxGuidance')
        this.builder.note(`${nodeName(node)} feeds a guidance to the net itself`);
      if (node.inputs.has('clip')) return this.clip(node);
      if (PICTURE_CONDITIONING.has(node.type)) return;
      const passes = CONDITIONING.get(node.type);
      const unknown = ['conditioning', 'positive'].find((input) => node.inputs.has(input));
      if (passes === undefined && unknown === undefined) {
        this.builder.note(
          `${nodeName(node)} is not known here: what feeds the prompt in is not followed further`,
        );
        return;
      }
      const next = passes === undefined ? unknown : passes.length === 1 ? passes[0] : passes[slot];
      if (passes === undefined)
        this.builder.note(`${nodeName(node)} is not known here: its input ${unknown} was followed`);
      found = next === undefined ? undefined : this.source(node, next);
    }
  }

  /** From a prompt back to the text encoder's file. */
  clip(from: FlowNode): void {
    let at = this.source(from, 'clip')?.node;
    const seen = new Set<string>();
    for (let step = 0; at !== undefined; step++) {
      if (this.circular(seen, at, step)) return;
      if (at.type === 'CLIPSetLastLayer') {
        const layer = this.number(at, 'stop_at_clip_layer');
        // −1 is the last layer; a fraction or a positive number is none
        if (
          layer !== undefined &&
          Number.isInteger(layer.value) &&
          layer.value < 0 &&
          !this.builder.has('clip_skip')
        )
          this.put('clip_skip', -layer.value, at, layer.pointer);
      }
      const encoders = this.#encoders(at);
      if (encoders.length > 0) {
        this.builder.says('text_encoders', encoders, '', nodeName(at));
        return;
      }
      if (isLoader(at)) return;
      if (!at.inputs.has('clip')) {
        this.builder.note(`${nodeName(at)} is not known here: where the text encoder comes from is not told`);
        return;
      }
      if (at.type !== 'CLIPSetLastLayer' && !at.type.startsWith('LoraLoader')) {
        this.builder.note(`${nodeName(at)} is not known here: its input clip was followed`);
      }
      at = this.source(at, 'clip')?.node;
    }
  }

  /** The autoencoder of a decoder. */
  vae(decoder: FlowNode): void {
    const node = this.source(decoder, 'vae')?.node;
    if (node === undefined || isLoader(node)) return;
    if (node.type === 'VAELoader') this.sayText('vae', node, 'vae_name');
    else this.builder.note(`${nodeName(node)} is not known here: which autoencoder decodes is not told`);
  }

  put<K extends keyof SetupValues>(key: K, value: SetupValues[K], node: FlowNode, pointer: string): void {
    this.builder.says(key, value, pointer, nodeName(node));
  }

  #value(node: FlowNode, name: string): { readonly value: JsonValue; readonly pointer: string } | undefined {
    if (!node.inputs.has(name)) return undefined;
    const origin = originOf(this.#flow, node, name);
    if (origin.kind === 'value') return origin;
    const [only, ...more] = origin.kind === 'node' ? origin.node.inputs.values() : [];
    if (origin.kind === 'node' && only?.value !== undefined && only.link === undefined && more.length === 0) {
      this.builder.note(`${nodeName(origin.node)} is not known here: its one value was taken`);
      return { value: only.value, pointer: only.pointer };
    }
    const who = origin.kind === 'node' ? `comes out of ${nodeName(origin.node)}` : origin.why;
    this.builder.note(`${name} of ${nodeName(node)} ${who}: it is not told`);
    return undefined;
  }

  circular(seen: Set<string>, { id }: FlowNode, step: number): boolean {
    if (!seen.has(id) && step < LONGEST_WALK) {
      seen.add(id);
      return false;
    }
    this.builder.note(
      seen.has(id)
        ? `the links run in a circle at node ${id}`
        : `the way to the files is longer than ${LONGEST_WALK} nodes`,
    );
    return true;
  }

  #next(node: FlowNode, name: string): FlowNode | undefined {
    if (node.inputs.has(name)) return this.source(node, name)?.node;
    const merged = node.inputs.has('model1');
    this.builder.note(
      merged
        ? `${nodeName(node)} merges models: only its first was followed`
        : `${nodeName(node)} is not known here: where the model comes from is not followed further`,
    );
    return merged ? this.source(node, 'model1')?.node : undefined;
  }

  #loader(node: FlowNode): boolean {
    const name = ['ckpt_name', 'unet_name', 'model_path'].find((key) => node.inputs.has(key));
    if (name === undefined || node.inputs.has('model')) return false;
    this.sayText('model', node, name);
    if (node.inputs.has('weight_dtype')) {
      const dtype = this.text(node, 'weight_dtype');
      const value = WEIGHT_DTYPES.get(dtype?.value ?? '');
      if (dtype !== undefined && value !== undefined) this.put('unet_dtype', value, node, dtype.pointer);
    }
    this.#motion(node);
    if (node.type === 'CheckpointLoader') {
      this.builder.note(`${nodeName(node)} takes a config file, which overrides what the checkpoint says`);
    }
    return true;
  }

  #patch(node: FlowNode): void {
    switch (node.type) {
      case 'LoraLoader':
      case 'LoraLoaderModelOnly':
        return this.#lora(node);
      case 'RescaleCFG':
        return this.say('guidance_rescale', node, 'multiplier');
      case 'ModelSamplingDiscrete': {
        this.#prediction(node, DISCRETE);
        const zero = originOf(this.#flow, node, 'zsnr');
        if (
          zero.kind === 'value' &&
          typeof zero.value === 'boolean' &&
          !this.builder.has('rescale_betas_zero_snr')
        )
          this.put('rescale_betas_zero_snr', zero.value, node, zero.pointer);
        return;
      }
      case 'ModelSamplingContinuousEDM':
      case 'ModelSamplingContinuousV':
        this.#prediction(node, node.type === 'ModelSamplingContinuousEDM' ? EDM : CONTINUOUS_V);
        this.say('sigma_max', node, 'sigma_max');
        this.say('sigma_min', node, 'sigma_min');
        return;
      case 'ModelSamplingSD3':
      case 'ModelSamplingAuraFlow':
      case 'ModelSamplingFlux':
        if (!this.builder.has('prediction_type')) this.put('prediction_type', 'flow', node, '');
        return;
      default:
        if (INERT_MODEL.has(node.type) || this.#motion(node)) return;
        if (node.inputs.has('model'))
          this.builder.note(`${nodeName(node)} is not known here: its input model was followed`);
    }
  }

  /** AnimateDiff-Evolved runs the net on the schedule of its motion module, which is not that of the net. */
  #motion(node: FlowNode): boolean {
    if (!/^ADE_|WithNoiseSelect$/.test(node.type) || !node.inputs.has('beta_schedule')) return false;
    const said = this.text(node, 'beta_schedule')?.value;
    this.builder.note(
      `${nodeName(node)} runs the net on the schedule ${show(said ?? null)}, as motion modules want it: it is not compared`,
    );
    const scale = node.inputs.has('use_custom_scale_factor') ? this.number(node, 'scale_factor') : undefined;
    const custom = originOf(this.#flow, node, 'use_custom_scale_factor');
    if (scale !== undefined && custom.kind === 'value' && custom.value === true)
      this.put('vae_scale', scale.value, node, scale.pointer);
    return true;
  }

  #prediction(node: FlowNode, words: ReadonlyMap<string, SetupPrediction>): void {
    const said = this.text(node, 'sampling');
    if (said === undefined || this.builder.has('prediction_type')) return;
    const value = words.get(said.value);
    if (value !== undefined) this.put('prediction_type', value, node, said.pointer);
    else this.builder.note(`${nodeName(node)} has sampling ${show(said.value)}, which is not known here`);
    if (said.value === 'lcm') this.builder.note(`${nodeName(node)} samples as a latent consistency model`);
  }

  #lora(node: FlowNode): void {
    const name = this.text(node, 'lora_name');
    const strength = this.number(node, 'strength_model');
    if (name === undefined || strength === undefined) return;
    const onText = node.inputs.has('strength_clip') ? this.number(node, 'strength_clip')?.value : undefined;
    this.#loraAt = name.pointer;
    this.#loras.push({
      name: name.value,
      strength: strength.value,
      ...(onText === undefined || onText === strength.value ? {} : { strength_text: onText }),
    });
  }

  #controlNet(node: FlowNode): void {
    if (!/^(ACN_Advanced)?ControlNetApply/.test(node.type)) return;
    const loader = this.source(node, 'control_net')?.node;
    const name = loader?.inputs.has('control_net_name') ? this.text(loader, 'control_net_name') : undefined;
    const strength = this.number(node, 'strength');
    if (name === undefined || strength === undefined) {
      this.builder.note(`${nodeName(node)} applies a ControlNet whose file is not told`);
      return;
    }
    const [start, end] = [this.number(node, 'start_percent')?.value, this.number(node, 'end_percent')?.value];
    this.#control = name.pointer;
    this.#controls.push({
      name: name.value,
      strength: strength.value,
      ...(start === undefined ? {} : { start }),
      ...(end === undefined ? {} : { end }),
    });
  }

  #encoders(node: FlowNode): readonly SetupTextEncoder[] {
    const names = ['clip_name', 'clip_name1', 'clip_name2', 'clip_name3', 'clip_name4'].filter((key) =>
      node.inputs.has(key),
    );
    const type = names.length > 0 && node.inputs.has('type') ? this.text(node, 'type')?.value : undefined;
    const ids = CLIP_TYPES.get(type ?? '');
    return names.flatMap((key, index) => {
      const name = this.text(node, key)?.value;
      return name === undefined ? [] : [{ id: ids?.[index] ?? 'unknown', name }];
    });
  }
}

function isLoader({ inputs }: FlowNode): boolean {
  return inputs.has('ckpt_name') || inputs.has('model_path');
}

/** Source: ComfyUI comfy_extras/nodes_model_advanced.py. */
const DISCRETE: ReadonlyMap<string, SetupPrediction> = new Map([
  ['eps', 'epsilon'],
  ['v_prediction', 'v_prediction'],
  // the same noise as eps, with the boundary condition of consistency models
  ['lcm', 'epsilon'],
  ['x0', 'sample'],
]);
const EDM: ReadonlyMap<string, SetupPrediction> = new Map([
  ['v_prediction', 'edm_v_prediction'],
  ['edm', 'edm'],
  ['edm_playground_v2.5', 'edm'],
  ['eps', 'epsilon'],
]);
const CONTINUOUS_V: ReadonlyMap<string, SetupPrediction> = new Map([['v_prediction', 'v_prediction']]);

function show(value: JsonValue): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 60));
  return typeof value === 'object' ? (value === null ? 'null' : 'an object or list') : String(value);
}
