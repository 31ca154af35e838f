/** Nets distilled to few steps, and how each kind is run. */
import type { Setup } from '../../setup/setup.ts';
import { liveNets } from './components.ts';
import type { RuleContext } from '../rule.ts';

export interface Distilled {
  readonly title: string;
  /** How it was told. */
  readonly from: string;
  /** Guidance above this burns the picture. */
  readonly guidance: number;
  /** Steps from which nothing is gained, or the picture is lost. */
  readonly steps: number;
}

/** Sources: the model cards of latent-consistency, stabilityai sdxl-turbo and sd-turbo, ByteDance SDXL-Lightning and Hyper-SD. */
const KINDS: readonly {
  readonly name: RegExp;
  readonly title: string;
  readonly guidance: number;
  readonly steps: number;
}[] = [
  { name: /(?:^|[^a-z])lcm(?:[^a-z]|$)/i, title: 'a latent consistency model', guidance: 2, steps: 12 },
  { name: /turbo/i, title: 'a turbo model', guidance: 2, steps: 10 },
  { name: /lightning/i, title: 'a lightning model', guidance: 2, steps: 10 },
  { name: /hyper[-_ ]?sd/i, title: 'a Hyper-SD model', guidance: 3, steps: 12 },
];

/** Whether the net, or a LoRA of the setup, is distilled to few steps. */
export function distilled(context: RuleContext, setup: Setup): Distilled | undefined {
  const [live] = liveNets(context);
  const dim = live?.net.conditioning.guidanceDim;
  // it is fed the guidance as an input: any scale suits it, and few steps
  if (dim !== undefined) {
    return {
      title: 'a latent consistency model',
      from: dim.from,
      guidance: Number.POSITIVE_INFINITY,
      steps: 12,
    };
  }
  const { metadata } = context.checkpoint;
  const names: readonly (readonly [string, string | undefined])[] = [
    ['modelspec.architecture', metadata.get('modelspec.architecture')],
    ['modelspec.title', metadata.get('modelspec.title')],
    ...(setup.fields.loras?.value ?? []).map(({ name }) => ['the LoRA', name] as const),
    ['the name of the model', setup.fields.model?.value],
    ['the name of the file', context.checkpoint.path],
  ];
  for (const [from, name] of names) {
    const kind = KINDS.find(({ name: pattern }) => name !== undefined && pattern.test(base(name)));
    if (kind !== undefined) return { ...kind, from: `${from}: ${name}` };
  }
  return undefined;
}

/** A folder called turbo holds any model; a file called so is one. */
function base(name: string): string {
  return name.split(/[\\/]/).at(-1) ?? name;
}
