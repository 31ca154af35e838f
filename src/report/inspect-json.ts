import type { Block, Conditioning, Skip, Stage } from '../topology/net.ts';
import {
  checkpointJson,
  componentJson,
  factJson,
  findingJson,
  fromMap,
  incompleteJson,
  toJsonText,
  type Json,
} from './json.ts';
import { pickleJson } from './pickle-json.ts';
import { summariseComponent, type InspectedNet, type Inspection } from './report.ts';
import { runtimesJson } from './runtime-table.ts';
import { fitsAt } from './scale.ts';
import { wordFindings } from './words.ts';

/** Everything `inspect` knows as JSON, held to `schemas/inspect.schema.json`. */
export function inspectJson(inspection: Inspection): string {
  const { tool, file, metadata } = inspection;
  return toJsonText({
    format: 'ungarble/inspect@1',
    tool: { name: tool.name, version: tool.version },
    path: file.path,
    checkpoint: file.checkpoint && checkpointJson(file.checkpoint),
    pickles: file.checkpoint?.pickles?.map(pickleJson),
    components: file.components.map(componentJson),
    nets: inspection.nets.map(netJson),
    runtimes: inspection.runtimes && runtimesJson(inspection.runtimes),
    metadata: fromMap(metadata ?? new Map(), (value) => value),
    findings: wordFindings(file.findings, inspection.rules).map((worded) => findingJson(worded)),
    ...incompleteJson(file),
    transfer: file.transfer && { requests: file.transfer.requests, bytes: file.transfer.bytes },
  });
}

function netJson({ component, net, scale }: InspectedNet): Json {
  const { kind, part, prefix } = summariseComponent(component);
  const { family } = net;
  return {
    component: { kind, part, prefix },
    family: {
      id: family.id,
      title: family.title,
      known: family.known,
      from: family.from,
      sameShapes: family.sameShapes,
      nearest: family.nearest && {
        id: family.nearest.id,
        title: family.nearest.title,
        differs: family.nearest.differs.map(({ field, found, expected }) => ({ field, found, expected })),
      },
    },
    dialect: net.dialect,
    spatialDims: net.spatialDims,
    parameters: net.parameters,
    inChannels: net.inChannels && factJson(net.inChannels),
    outChannels: net.outChannels && factJson(net.outChannels),
    modelChannels: net.modelChannels && factJson(net.modelChannels),
    conditioning: conditioningJson(net.conditioning),
    scale: scale && {
      resolution: { width: scale.resolution.width, height: scale.resolution.height },
      asked: scale.asked,
      latent: { height: scale.latent.height, width: scale.latent.width },
    },
    embeddings: net.embeddings.map(blockJson),
    stem: blockJson(net.stem),
    encoder: net.encoder.map(stageJson),
    middle: net.middle && stageJson(net.middle),
    decoder: net.decoder.map(stageJson),
    head: blockJson(net.head),
    skips: net.skips.map((skip) => skipJson(skip, scale)),
  };
}

function conditioningJson(conditioning: Conditioning): Json {
  const { timeEmbedDim, timeInputDim, crossAttentionDim, addedWidth, classes, guidanceDim, encoderHidDim } =
    conditioning;
  return {
    timeInputDim: timeInputDim && factJson(timeInputDim),
    timeEmbedDim: timeEmbedDim && factJson(timeEmbedDim),
    crossAttentionDim: crossAttentionDim && factJson(crossAttentionDim),
    encoderHidDim: encoderHidDim && factJson(encoderHidDim),
    addedWidth: addedWidth && factJson(addedWidth),
    classes: classes && factJson(classes),
    guidanceDim: guidanceDim && factJson(guidanceDim),
  };
}

function stageJson(stage: Stage): Json {
  return {
    id: stage.id,
    level: stage.level,
    channels: stage.channels,
    divisor: stage.divisor,
    blocks: stage.blocks.map(blockJson),
  };
}

function blockJson(block: Block): Json {
  const { attention } = block;
  return {
    id: block.id,
    fileId: block.fileId,
    kind: block.kind,
    inChannels: block.inChannels,
    outChannels: block.outChannels,
    divisor: block.divisor,
    outDivisor: block.outDivisor,
    temporal: block.temporal,
    attention: attention && {
      depth: attention.depth,
      crossAttentionDim: attention.crossAttentionDim,
      onlyCrossAttention: attention.onlyCrossAttention,
      heads: attention.heads && factJson(attention.heads),
      projection: attention.projection,
    },
    tensors: block.tensors.length,
    parameters: block.parameters,
  };
}

function skipJson(skip: Skip, scale: InspectedNet['scale']): Json {
  return {
    producer: skip.producer,
    consumer: skip.consumer,
    join: skip.join,
    below: skip.below,
    channels: skip.channels,
    expects: skip.expects,
    divisor: skip.divisor,
    consumerDivisor: skip.consumerDivisor,
    holds: skip.holds,
    fits: scale && fitsAt(skip, scale),
  };
}
