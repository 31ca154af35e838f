import type { Recognise } from '../kind.ts';
import { recogniseBuffers } from './buffers.ts';
import { recogniseByGraph } from './by-graph.ts';
import { recogniseByPrefix } from './by-prefix.ts';
import { recogniseByWidths } from './by-widths.ts';
import { recogniseControl } from './control.ts';
import { recogniseDiffusionTransformer } from './dit.ts';
import { recogniseImageEncoder } from './image-encoder.ts';
import { recogniseLora } from './lora.ts';
import { recogniseOtherUnet } from './other-unet.ts';
import { recogniseSmall } from './small.ts';
import { recogniseTextEncoder } from './text-encoder.ts';
import { recogniseUnet } from './unet.ts';
import { recogniseVae } from './vae.ts';

/**
 * Every kind that can be told, most telling first: what carries its kind in its name, then what only one kind
 * has, then the nets that others are made of, and last what only a graph, the widths of layers or a
 * prefix say.
 */
export const KINDS: readonly Recognise[] = [
  recogniseLora,
  recogniseBuffers,
  recogniseSmall,
  recogniseControl,
  recogniseDiffusionTransformer,
  recogniseOtherUnet,
  recogniseUnet,
  recogniseVae,
  recogniseTextEncoder,
  recogniseImageEncoder,
  recogniseByGraph,
  recogniseByWidths,
  recogniseByPrefix,
];
