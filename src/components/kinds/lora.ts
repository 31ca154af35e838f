import { FactList, type Recognise } from '../kind.ts';
import type { Piece } from '../piece.ts';

/** The low-rank methods by the names of their factors. Sources: KohakuBlueleaf/LyCORIS, kohya sd-scripts, PEFT. */
const METHODS = [
  { mark: /\.dora_scale$/, id: 'dora', title: 'DoRA' },
  { mark: /\.hada_w1_a$/, id: 'loha', title: 'LoHa' },
  { mark: /\.lokr_w[12]/, id: 'lokr', title: 'LoKr' },
  { mark: /\.lora_mid\.weight$/, id: 'locon', title: 'LoCon' },
  { mark: /\.oft_/, id: 'oft', title: 'OFT' },
];
const LORA = { id: 'lora', title: 'LoRA' };

/** The factor whose smaller side is the rank: its name, and the axis of the rank. */
const RANK: readonly (readonly [tail: RegExp, axis: number])[] = [
  [/\.lora_down\.weight$/, 0],
  [/\.lora_A(?:\.\w+)?\.weight$/, 0],
  [/[._]lora\.down\.weight$/, 0],
  [/\.lora_linear_layer\.down\.weight$/, 0],
  [/\.down\.weight$/, 0],
  [/\.hada_w1_b$/, 0],
  [/\.lokr_w2_b$/, 0],
];

const ALPHA = /\.alpha$/;

/** A low-rank adapter: changes to a net, useless without it. */
export const recogniseLora: Recognise = (piece) => {
  if (piece.role !== 'lora') return undefined;
  const { id, title: method } =
    METHODS.find(({ mark }) => piece.tensors.some(({ name }) => mark.test(name))) ?? LORA;
  const targets = [...targetsOf(piece)];
  return {
    kind: 'lora',
    id,
    title: `${method} for ${targets.length === 0 ? 'an unknown net' : targets.join(' and ')}`,
    facts: facts(piece, targets).map,
  };
};

function facts(piece: Piece, targets: readonly string[]): FactList {
  const ranks = new Map<number, number>();
  let witness = '';
  let factors = 0;
  let alphas = 0;
  for (const { name, tensor } of piece.tensors) {
    if (ALPHA.test(name)) alphas += 1;
    const row = RANK.find(([tail]) => tail.test(name));
    const rank = row === undefined ? undefined : tensor.shape[row[1]];
    if (rank === undefined) continue;
    factors += 1;
    witness ||= tensor.name;
    ranks.set(rank, (ranks.get(rank) ?? 0) + 1);
  }
  const byCount = [...ranks].sort((a, b) => b[1] - a[1]);
  return new FactList()
    .add('rank', byCount[0]?.[0], witness)
    .add(
      'ranks',
      byCount.length > 1
        ? byCount
            .map(([rank]) => rank)
            .sort((a, b) => a - b)
            .join(', ')
        : undefined,
      witness,
    )
    .add('modules', factors === 0 ? undefined : factors, witness)
    .add('alphas', alphas, alphas === 0 ? 'no tensor ends in .alpha' : '.alpha')
    .add('targets', targets.join(', ') || undefined, 'names')
    .add('layout', layoutOf(piece), 'names');
}

function targetsOf(piece: Piece): ReadonlySet<string> {
  const found = new Set<string>();
  for (const { name } of piece.tensors) {
    if (/^(?:lora|lycoris)_(?:te|text)|^text_encoder|text_model/.test(name)) found.add('a text encoder');
    else if (
      /^(?:lora|lycoris)_unet_(?:double|single|joint|transformer)_?blocks|^transformer\.|diffusion_model\.(?:double|single|joint|layers|blocks|transformer)/.test(
        name,
      )
    ) {
      found.add('a diffusion transformer');
    } else if (
      /^lora_prior|^(?:lora|lycoris)_unet|^unet\.|down_blocks|up_blocks|mid_block|input_blocks|output_blocks|middle_block/.test(
        name,
      )
    ) {
      found.add('a U-Net');
    }
  }
  return found;
}

function layoutOf(piece: Piece): string {
  if (piece.tensors.some(({ name }) => /^(?:lora|lycoris)_/.test(name))) return 'kohya';
  if (piece.tensors.some(({ name }) => /\.lora_[AB]\./.test(name))) return 'PEFT';
  return 'diffusers';
}
