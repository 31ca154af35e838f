import { Blueprint, type Width } from './blueprint.ts';
import { attention, transformer } from './modules/attention.ts';
import { type EmbeddingWidths, embeddings } from './modules/embeddings.ts';
import { type Ends, resnet, sampler } from './modules/resnet.ts';
import type { SharedWidths, Traits } from './modules/traits.ts';
import type { NamedTensor } from './named.ts';
import type { BlockKind } from './net.ts';
import type { Plan, PlannedAttention, PlannedStage } from './plan.ts';
import type { Link } from './wiring.ts';

/** A block as planned: where it stands, before its widths are known. */
export interface OutlinedBlock extends Link {
  readonly kind: BlockKind;
  /** Transformer blocks, for kind `transformer`; 1 for kind `attention`. */
  readonly depth?: number;
  readonly onlyCross?: boolean;
}

export interface OutlinedStage {
  readonly plan: PlannedStage;
  readonly divisor: number;
  readonly blocks: readonly OutlinedBlock[];
}

/** The planned net with an unknown for every width: what the tensors then vote on. */
export interface Outline {
  readonly blueprint: Blueprint;
  readonly shared: SharedWidths;
  readonly inputs: EmbeddingWidths;
  readonly inChannels: Width;
  readonly outChannels: Width;
  readonly stem: OutlinedBlock;
  readonly encoder: readonly OutlinedStage[];
  readonly middle?: OutlinedStage;
  readonly decoder: readonly OutlinedStage[];
  readonly head: OutlinedBlock;
}

/** Lays the grammar over the plan. */
export function outline(plan: Plan, traits: Traits, tensors: ReadonlyMap<string, NamedTensor>): Outline {
  const blueprint = new Blueprint();
  const shared: SharedWidths = { time: blueprint.width(), text: blueprint.width() };
  const build = new StageBuilder(blueprint, shared, traits, tensors);
  const inputs = embeddings(blueprint, plan.tree, shared);
  const [inChannels, model, outChannels] = [blueprint.width(), blueprint.width(), blueprint.width()];
  blueprint.expectWithBias('conv_in', '', [model, inChannels, 3, 3]);
  const encoder = plan.down.map((stage) => build.down(stage));
  const middle = plan.mid === undefined ? undefined : build.middle(plan.mid, encoder.at(-1)?.divisor ?? 1);
  const decoder = plan.up.map((stage) => build.up(stage, encoder[stage.level]?.divisor ?? 1));
  const last = blueprint.width();
  blueprint.expectWithBias('conv_norm_out', '', [last]);
  blueprint.expectWithBias('conv_out', '', [outChannels, last, 3, 3]);
  const conv = (id: string, ends: Ends, keeps: boolean): OutlinedBlock => {
    return { id, kind: 'conv', ends, divisor: 1, outDivisor: 1, keeps };
  };
  return {
    blueprint,
    shared,
    inputs,
    inChannels,
    outChannels,
    stem: conv('conv_in', { input: inChannels, output: model }, true),
    encoder,
    ...(middle === undefined ? {} : { middle }),
    decoder,
    head: conv('conv_out', { input: last, output: outChannels }, false),
  };
}

/** All blocks in the order in which the latent passes through them. */
export function path(net: Outline): readonly OutlinedBlock[] {
  const inside = (stages: readonly OutlinedStage[]): readonly OutlinedBlock[] =>
    stages.flatMap((stage) => stage.blocks);
  return [net.stem, ...inside(net.encoder), ...(net.middle?.blocks ?? []), ...inside(net.decoder), net.head];
}

class StageBuilder {
  private divisor = 1;

  private readonly blueprint: Blueprint;
  private readonly shared: SharedWidths;
  private readonly traits: Traits;
  private readonly tensors: ReadonlyMap<string, NamedTensor>;

  constructor(
    blueprint: Blueprint,
    shared: SharedWidths,
    traits: Traits,
    tensors: ReadonlyMap<string, NamedTensor>,
  ) {
    this.blueprint = blueprint;
    this.shared = shared;
    this.traits = traits;
    this.tensors = tensors;
  }

  down(plan: PlannedStage): OutlinedStage {
    const at = this.divisor;
    const onlyCross = this.readsOnlyText(plan);
    const blocks: OutlinedBlock[] = [];
    for (let index = 0; index < plan.resnets; index += 1) {
      const planned = plan.attentions.get(index);
      blocks.push(this.resnet(plan, index, at, { keeps: planned === undefined }));
      if (planned !== undefined) blocks.push({ ...this.attention(planned, at, onlyCross), keeps: true });
    }
    if (plan.sampler !== undefined) {
      this.divisor *= 2;
      const block = this.sampler(`${plan.id}.downsamplers.0`, plan, 'downsample', at, this.divisor);
      blocks.push({ ...block, keeps: true });
    }
    return { plan, divisor: at, blocks };
  }

  middle(plan: PlannedStage, divisor: number): OutlinedStage {
    const onlyCross = this.readsOnlyText(plan);
    const blocks: OutlinedBlock[] = [];
    for (let index = 0; index < plan.resnets; index += 1) {
      // the first attention follows the first resnet; each further resnet follows its attention
      const planned = plan.attentions.get(index);
      blocks.push(this.resnet(plan, index, divisor, {}));
      if (planned !== undefined) blocks.push(this.attention(planned, divisor, onlyCross));
    }
    return { plan, divisor, blocks };
  }

  up(plan: PlannedStage, divisor: number): OutlinedStage {
    const onlyCross = this.readsOnlyText(plan);
    const blocks: OutlinedBlock[] = [];
    for (let index = 0; index < plan.resnets; index += 1) {
      const planned = plan.attentions.get(index);
      blocks.push(this.resnet(plan, index, divisor, { takes: true }));
      if (planned !== undefined) blocks.push(this.attention(planned, divisor, onlyCross));
    }
    if (plan.sampler !== undefined) {
      blocks.push(this.sampler(`${plan.id}.upsamplers.0`, plan, 'upsample', divisor, divisor / 2));
    }
    return { plan, divisor, blocks };
  }

  private resnet(
    plan: PlannedStage,
    index: number,
    divisor: number,
    role: { keeps?: boolean; takes?: boolean },
  ): OutlinedBlock {
    const id = `${plan.id}.resnets.${index}`;
    const ends = resnet(this.blueprint, id, this.shared, this.traits);
    return { id, kind: 'resnet', ends, divisor, outDivisor: divisor, ...role };
  }

  private attention({ id, depth }: PlannedAttention, divisor: number, onlyCross: boolean): OutlinedBlock {
    const common = { id, divisor, outDivisor: divisor };
    if (depth === 0) {
      const ends = attention(this.blueprint, id, this.shared, this.traits);
      return { ...common, kind: 'attention', ends, depth: 1 };
    }
    const ends = transformer(this.blueprint, id, depth, onlyCross, this.shared, this.traits);
    return { ...common, kind: 'transformer', ends, depth, onlyCross };
  }

  private sampler(
    id: string,
    plan: PlannedStage,
    kind: 'downsample' | 'upsample',
    divisor: number,
    outDivisor: number,
  ): OutlinedBlock {
    const ends =
      plan.sampler === 'resnet'
        ? resnet(this.blueprint, id, this.shared, this.traits)
        : sampler(this.blueprint, id);
    return { id, kind, ends, divisor, outDivisor };
  }

  /**
   * True where the stage's first attentions read the text, as most of their to_k and to_v widths say.
   * Where text and pixels have the same width nothing tells, and nothing depends on it.
   */
  private readsOnlyText(plan: PlannedStage): boolean {
    let balance = 0;
    for (const { id, depth } of plan.attentions.values()) {
      for (let index = 0; index < depth; index += 1) {
        const block = `${id}.transformer_blocks.${index}`;
        const width = (name: string): number | undefined =>
          this.tensors.get(`${block}.${name}.weight`)?.tensor.shape[1];
        for (const name of ['to_k', 'to_v']) {
          const own = width(`attn1.${name}`);
          if (own === undefined) continue;
          const text = width(`attn2.${name}`);
          balance += own === text && own !== width('attn1.to_q') ? 1 : -1;
        }
      }
    }
    return balance > 0;
  }
}
