import type { Component } from '../components/component.ts';
import { textEncoderConfig, unetConfig, vaeConfig } from '../components/configs.ts';
import type { Part } from '../formats/checkpoint.ts';
import type { Fact, Net, Stage } from '../topology/net.ts';
import { numberFact, partOf, placeOf, textFact } from './support/components.ts';
import { defineRule } from './rule.ts';

/** A key of a config and what the weights say about the same. */
interface Comparison {
  readonly key: string;
  readonly declared: string;
  readonly measured: string;
}

/** A config describes another net than the weights beside it are. */
export const COMP007 = defineRule<{ file: string; key: string; declared: string; measured: string }>({
  id: 'COMP007',
  name: 'config-disagrees',
  title: 'The config describes another net than the weights',
  severity: 'error',
  evidence: 'config',
  since: '0.1.0',
  why: `Diffusers and transformers build a net from the config and then fill in the weights. Where the two disagree, loading stops in the best case. With \`ignore_mismatched_sizes\`, or for a tensor that the config asks for and the file lacks, the parameter keeps its random start, and every picture is garbled.

The weights cannot lie about their shapes, so the config is usually the one to mend.`,
  mend: 'Write the measured value into the config, or put the right weights beside it.',
  sources: [
    'diffusers, models/modeling_utils.py, from_pretrained',
    'diffusers issue 1619: ignore_mismatched_sizes',
  ],
  *check(context) {
    for (const component of context.components) {
      const part = partOf(context, component);
      const file = part?.config?.path;
      if (part === undefined || file === undefined) continue;
      for (const { key, declared, measured } of comparisons(component, part)) {
        if (declared === measured) continue;
        yield {
          args: { file, key, declared, measured },
          place: { file, pointer: `/${key}` },
          related: [placeOf(context, component)],
        };
      }
    }
  },
  words: ({ file, key, declared, measured }) => ({
    what: `${file} declares ${key} ${declared}, the weights have ${measured}`,
    found: `${declared} in the config`,
    expected: `${measured}, as measured`,
  }),
});

function comparisons(component: Component, part: Part): readonly Comparison[] {
  if (component.kind === 'unet' && component.net !== undefined) return ofUnet(component.net, part);
  if (component.id === 'autoencoder-kl') return ofVae(component, part);
  return component.kind === 'text_encoder' && textFact(component, 'layout') !== undefined
    ? ofTextEncoder(component, part)
    : [];
}

function ofUnet(net: Net, part: Part): readonly Comparison[] {
  const config = unetConfig(part);
  if (config === undefined || !/^(?:|UNet2D(?:Condition)?Model)$/.test(config.className?.value ?? ''))
    return [];
  const { conditioning, encoder } = net;
  return [
    ...pair('in_channels', config.inChannels, net.inChannels?.value),
    ...pair('out_channels', config.outChannels, net.outChannels?.value),
    ...pair(
      'block_out_channels',
      config.blockOutChannels,
      encoder.map(({ channels }) => channels),
    ),
    ...pair('cross_attention_dim', config.crossAttentionDim, conditioning.crossAttentionDim?.value),
    ...pair('projection_class_embeddings_input_dim', config.addedWidth, conditioning.addedWidth?.value),
    ...pair('time_cond_proj_dim', config.guidanceDim, conditioning.guidanceDim?.value),
    ...pair('num_class_embeds', config.classes, conditioning.classes?.value),
    ...pair('encoder_hid_dim', config.encoderHidDim, conditioning.encoderHidDim?.value),
    ...layers(config.number('layers_per_block'), config.numbers('layers_per_block'), encoder),
    ...depths(
      config.number('transformer_layers_per_block'),
      config.numbers('transformer_layers_per_block'),
      encoder,
    ),
  ];
}

type Declared<T> = Fact<T> | undefined;

/** Compares only what is both declared and measured: absence on either side is another rule's matter. */
function pair<T extends number | readonly number[]>(
  key: string,
  declared: Declared<T>,
  measured: T | undefined,
): readonly Comparison[] {
  if (declared === undefined || measured === undefined) return [];
  return [{ key, declared: shown(declared.value), measured: shown(measured) }];
}

function layers(
  one: Declared<number>,
  each: Declared<readonly number[]>,
  encoder: readonly Stage[],
): readonly Comparison[] {
  const measured = encoder.map(({ blocks }) => blocks.filter(({ kind }) => kind === 'resnet').length);
  const declared = each?.value ?? (one === undefined ? undefined : encoder.map(() => one.value));
  return declared === undefined ? [] : [perLevel('layers_per_block', declared, measured)];
}

/** A level without attention has no depth, whatever the config says of it. */
function depths(
  one: Declared<number>,
  each: Declared<readonly number[]>,
  encoder: readonly Stage[],
): readonly Comparison[] {
  const declared = each?.value ?? (one === undefined ? undefined : encoder.map(() => one.value));
  if (declared === undefined) return [];
  const measured = encoder.map(({ blocks }, level) => {
    const found = blocks.find(({ kind }) => kind === 'transformer')?.attention?.depth;
    return found ?? declared[level] ?? 0;
  });
  return [perLevel('transformer_layers_per_block', declared, measured)];
}

function perLevel(key: string, declared: readonly number[], measured: readonly number[]): Comparison {
  return { key, declared: shown(declared), measured: shown(measured) };
}

function ofVae(vae: Component, part: Part): readonly Comparison[] {
  const config = vaeConfig(part);
  if (config === undefined) return [];
  const levels = textFact(vae, 'block_out_channels')?.split(', ').map(Number);
  return [
    ...pair('latent_channels', config.latentChannels, numberFact(vae, 'latent_channels')),
    ...pair('in_channels', config.inChannels, numberFact(vae, 'in_channels')),
    ...pair('out_channels', config.outChannels, numberFact(vae, 'out_channels')),
    ...pair('layers_per_block', config.layersPerBlock, numberFact(vae, 'layers_per_block')),
    ...pair('block_out_channels', config.blockOutChannels, levels),
  ];
}

function ofTextEncoder(encoder: Component, part: Part): readonly Comparison[] {
  const config = textEncoderConfig(part);
  if (config === undefined) return [];
  return [
    ...pair('hidden_size', config.hiddenSize, numberFact(encoder, 'hidden_size')),
    ...pair('num_hidden_layers', config.layers, numberFact(encoder, 'num_hidden_layers')),
    ...pair('vocab_size', config.vocabulary, numberFact(encoder, 'vocab_size')),
    ...pair('max_position_embeddings', config.positions, numberFact(encoder, 'max_position_embeddings')),
    ...pair('intermediate_size', config.intermediateSize, numberFact(encoder, 'intermediate_size')),
    ...pair('projection_dim', config.projectionDim, numberFact(encoder, 'projection_dim')),
  ];
}

function shown(value: number | readonly number[]): string {
  return typeof value === 'number' ? String(value) : `[${value.join(', ')}]`;
}
