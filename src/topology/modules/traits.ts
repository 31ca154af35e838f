import type { Width } from '../blueprint.ts';
import type { NamedTensor } from '../named.ts';
import type { Plan } from '../plan.ts';

/**
 * Habits that a whole net shares and that decide which tensors a module has. Each is what most of the
 * net's modules show, so that one damaged tensor does not change the grammar.
 */
export interface Traits {
  /** 2 where the time embedding gives each resnet a scale and a shift, 1 where it is added. */
  readonly timeScale: 1 | 2;
  /** proj_in and proj_out as [c, c] matrices, or as 1×1 convolutions. */
  readonly linearProjection: boolean;
  /** 2 for a gated feed-forward (GEGLU), 1 for a plain one. */
  readonly feedForwardGate: 1 | 2;
  /** Bias on to_q, to_k and to_v of the transformer blocks. */
  readonly transformerBias: boolean;
  /** Transformer blocks have a second attention, to the text. */
  readonly crossAttention: boolean;
  /** Plain attentions keep q, k and v in one tensor. */
  readonly fusedAttention: boolean;
  /** Bias on to_q, to_k and to_v of plain attentions. */
  readonly attentionBias: boolean;
  /** Plain attentions read keys and values from the text beside those from the pixels. */
  readonly addedKeys: boolean;
  /** Plain attentions have keys and values of the pixels at all. */
  readonly ownKeys: boolean;
  /** Plain attentions normalise the text they read. */
  readonly normCross: boolean;
  /** Every resnet and transformer has a part that mixes over frames. */
  readonly video: boolean;
}

/** Widths that many blocks share. */
export interface SharedWidths {
  /** The time embedding that every resnet reads. */
  readonly time: Width;
  /** The text (or image) embedding that every cross-attention reads. */
  readonly text: Width;
}

/** Counts how often a thing holds against how often it does not. */
class Vote {
  private balance = 0;

  add(holds: boolean): void {
    this.balance += holds ? 1 : -1;
  }

  get carried(): boolean {
    return this.balance > 0;
  }
}

/** Reads the habits off the tensors. */
export function readTraits(plan: Plan, tensors: ReadonlyMap<string, NamedTensor>): Traits {
  const count = new Counts();
  const timeScale = new Vote();
  const linear = new Vote();
  const gate = new Vote();
  const shape = (name: string): readonly number[] | undefined => tensors.get(name)?.tensor.shape;
  for (const [name, { tensor }] of tensors) {
    const leaf = lastParts(name, 2);
    const first = tensor.shape[0];
    if (leaf === 'time_emb_proj.weight') {
      const conv = shape(name.replace('.time_emb_proj.', '.conv1.'))?.[0];
      if (conv !== undefined) timeScale.add(first === 2 * conv);
    } else if (leaf === 'proj_in.weight') linear.add(tensor.shape.length === 2);
    else if (leaf === 'proj.weight') {
      const inner = shape(name.replace('.net.0.proj.', '.net.2.'))?.[1];
      if (inner !== undefined) gate.add(first === 2 * inner);
    } else if (leaf.startsWith('to_') || leaf.startsWith('0.')) count.add(lastParts(name, 3));
    else count.add(leaf);
  }
  const plain = count.of('group_norm.weight');
  return {
    timeScale: timeScale.carried ? 2 : 1,
    linearProjection: linear.carried,
    feedForwardGate: gate.carried ? 2 : 1,
    transformerBias: count.of('attn1.to_q.bias') * 2 > count.of('attn1.to_q.weight'),
    crossAttention: count.of('attn2.to_q.weight') * 2 > count.of('attn1.to_q.weight'),
    fusedAttention: count.of('#.to_qkv.weight') > count.of('#.to_q.weight'),
    attentionBias: count.of('#.to_q.bias') * 2 > count.of('#.to_q.weight'),
    addedKeys: (count.of('add_k_proj.weight') + count.of('add_kv_proj.weight')) * 2 > plain,
    ownKeys: count.of('#.to_k.weight') * 2 > plain,
    normCross: count.of('norm_cross.weight') * 2 > plain,
    video: count.of('time_mixer.mix_factor') > plan.down.length,
  };
}

/** How often each ending of a name occurs; a number in front stands as `#`. */
class Counts {
  private readonly counts = new Map<string, number>();

  add(ending: string): void {
    const key = /^\d/.test(ending) ? `#${ending.slice(ending.indexOf('.'))}` : ending;
    this.counts.set(key, this.of(key) + 1);
  }

  of(ending: string): number {
    return this.counts.get(ending) ?? 0;
  }
}

/** The last parts of a dotted name: `attn1.to_q.weight` of a longer one. */
function lastParts(name: string, parts: number): string {
  let dot = name.length;
  for (let part = 0; part < parts && dot > 0; part += 1) dot = name.lastIndexOf('.', dot - 1);
  return name.slice(dot + 1);
}
