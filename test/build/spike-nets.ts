/**
 * Four small nets of a grammar of their own, written by torch.save and kept beside the project: 24, 48 and 48 channels, one
 * resnet a level, a class for each shape. They are put together here out of the blocks that the U-Nets of the files are made of.
 */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { openFile } from '../../src/bytes/file.ts';
import { openCheckpoint } from '../../src/formats/index.ts';
import { activate } from '../../src/smoke/compile/activations.ts';
import type { CompiledGraph, GraphInput } from '../../src/smoke/compile/compiled.ts';
import type { Conventions } from '../../src/smoke/compile/conventions.ts';
import { USUAL } from '../../src/smoke/compile/conventions-of.ts';
import { GraphBuilder, type Value } from '../../src/smoke/compile/graph.ts';
import { conv, groupNorm, type Scope, upsampleNearest } from '../../src/smoke/compile/layers.ts';
import { resnet } from '../../src/smoke/compile/resnet.ts';
import { timeFeatures, twoLayers } from '../../src/smoke/compile/time.ts';
import { Weights } from '../../src/smoke/compile/weights.ts';
import { type Engine, openEngine } from '../../src/smoke/engine.ts';
import type { OwnedTensor } from '../../src/topology/net.ts';

/** Absent where the checkout has no such folder beside it. */
const SPIKE_NETS = join('..', 'shared', 'data', 'spike-nets');

export const hasSpikeNets = existsSync(SPIKE_NETS);

const CONVENTIONS: Conventions = { ...USUAL, normGroups: 8 };

const SIDE = 16;

/** Modules in the words of the blocks. */
const WORDS: readonly (readonly [RegExp, string])[] = [
  [/^sd\./, ''],
  [/^te\.0\./, 'time_embedding.linear_1.'],
  [/^te\.2\./, 'time_embedding.linear_2.'],
  [/^ci\./, 'conv_in.'],
  [/^no\./, 'conv_norm_out.'],
  [/^co\./, 'conv_out.'],
  [/\.n([12])\./, '.norm$1.'],
  [/\.c([12])\./, '.conv$1.'],
  [/\.t\./, '.time_emb_proj.'],
  [/\.sk\./, '.conv_shortcut.'],
];

/** Loads one: `eps-linear`. Inputs are sample [b, 3, 16, 16], timestep [b] and class_labels [b], 3 for none. */
export async function openSpikeNet(name: string): Promise<Engine> {
  const path = join(SPIKE_NETS, `${name}.pt`);
  const source = await openFile(path, `${name}.pt`);
  const checkpoint = await openCheckpoint(source);
  await source.close();
  const tensors = checkpoint.parts.flatMap((part) => part.tensors);
  const owned = tensors.map(
    (tensor): OwnedTensor => ({
      canonical: WORDS.reduce((words, [from, to]) => words.replace(from, to), tensor.name),
      tensor,
    }),
  );
  return openEngine(graphOf(owned, checkpoint.files), dirname(path), { threads: 1 });
}

function graphOf(
  owned: readonly OwnedTensor[],
  files: readonly { readonly path: string; readonly size: number }[],
): CompiledGraph {
  const graph = new GraphBuilder();
  const weights = new Weights(graph, owned, files);
  const inputs: readonly GraphInput[] = [
    { name: 'sample', type: 'FLOAT', dims: ['batch', 3, 'height', 'width'] },
    { name: 'timestep', type: 'FLOAT', dims: ['batch'] },
    { name: 'class_labels', type: 'INT64', dims: ['batch'] },
  ];
  const [sample, timestep, label] = inputs.map(({ name, type, dims }) => graph.input(name, type, dims)) as [
    Value,
    Value,
    Value,
  ];
  const batch = graph.node('Shape', [sample], { start: { int: 0 }, end: { int: 1 } });
  const scope: Scope = { graph, weights, conventions: CONVENTIONS, batch };
  const time = twoLayers(scope, timeFeatures(scope, timestep), 'time_embedding', 'silu');
  const named = graph.node('Gather', [weights.value('lab.weight'), label], { axis: { int: 0 } });
  const embedding = activate(scope, graph.node('Add', [time, named]), 'silu');
  const block = (id: string, x: Value): Value => resnet(scope, id, x, { embedding }, 1);
  const join = (x: Value, skip: Value): Value => graph.node('Concat', [x, skip], { axis: { int: 1 } });
  const up = (id: string, x: Value): Value => conv(scope, upsampleNearest(scope, x), id);

  const first = block('d0', conv(scope, sample, 'conv_in'));
  const second = block('d1', conv(scope, first, 'ds0', 2));
  const third = block('d2', conv(scope, second, 'ds1', 2));
  let x = block('u2', join(block('m', third), third));
  x = block('u1', join(up('us1', x), second));
  x = block('u0', join(up('us0', x), first));
  const features = activate(scope, groupNorm(scope, x, 'conv_norm_out', 1e-5), 'silu');
  const outputs: readonly GraphInput[] = [
    { name: 'out_sample', type: 'FLOAT', dims: ['batch', 3, 'height', 'width'] },
    { name: 'features', type: 'FLOAT', dims: ['batch', 24, 'height', 'width'] },
  ];
  graph.output(conv(scope, features, 'conv_out'), 'out_sample', outputs[0]?.dims ?? []);
  graph.output(features, 'features', outputs[1]?.dims ?? []);
  return {
    model: graph.finish('spike'),
    inputs,
    outputs,
    divisor: SIDE / 4,
    taps: [],
    scores: [],
    moments: [],
    externalFiles: weights.locations,
    converted: weights.converted,
  };
}
