/** Which nodes of a workflow run a net. */
import type { FlowNode } from './flow.ts';
import { PIPES } from './nodes.ts';

/** ComfyUI's own. */
const SAMPLERS: ReadonlySet<string> = new Set([
  'KSampler',
  'KSamplerAdvanced',
  'SamplerCustom',
  'SamplerCustomAdvanced',
]);

/** Nodes with the inputs of a sampler that run nothing. */
const GUIDERS: ReadonlySet<string> = new Set(['BasicGuider', 'CFGGuider', 'DualCFGGuider']);

interface Samplers {
  /** Those of ComfyUI, and those of node packs that name their settings as ComfyUI does. */
  readonly told: readonly FlowNode[];
  /** What has a sampler's links, and no settings that can be told. */
  readonly strangers: readonly FlowNode[];
}

export function samplersOf(live: readonly FlowNode[]): Samplers {
  const told: FlowNode[] = [];
  const strangers: FlowNode[] = [];
  for (const node of live) {
    if (isKnownSampler(node) || namesItsSettings(node)) told.push(node);
    else if (looksLikeOne(node)) strangers.push(node);
  }
  return { told, strangers };
}

export function isKnownSampler({ type }: FlowNode): boolean {
  return SAMPLERS.has(type);
}

function namesItsSettings({ inputs }: FlowNode): boolean {
  const fed = inputs.has('model') || PIPES.some((pipe) => inputs.has(pipe));
  return fed && inputs.has('sampler_name') && inputs.has('steps');
}

/** The editor's form says what a node gives; the API's form does not, and there settings speak for a sampler. */
function looksLikeOne({ type, inputs, gives }: FlowNode): boolean {
  if (GUIDERS.has(type)) return false;
  const linked = inputs.has('model') && inputs.has('positive');
  if (gives === undefined) return linked && (inputs.has('steps') || inputs.has('cfg'));
  return (linked || type.includes('Sampler')) && (gives.includes('LATENT') || gives.includes('IMAGE'));
}
