/** ComfyUI: workflows in API form and as the editor saves them. One setup for each sampler that runs. */
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from '../../../formats/json.ts';
import type { Setup } from '../../setup.ts';
import type { SetupReading, SetupSource } from '../source.ts';
import { apiFlow, isApiForm } from './api-form.ts';
import { editorFlow, isEditorForm } from './editor-form.ts';
import { type Flow, type FlowNode, nodeName } from './flow.ts';
import { comesFrom, readSize } from './latent.ts';
import { SPACINGS } from './nodes.ts';
import { isKnownSampler, samplersOf } from './samplers.ts';
import { Trace } from './trace.ts';

/** Samplers that are told of one workflow, and decoders that are looked at for each. */
const MOST_SAMPLERS = 32;
const MOST_DECODERS = 64;

export const comfyui: SetupSource = {
  title: 'a ComfyUI workflow',
  match: ({ value }) => isJsonObject(value) && (isApiForm(inner(value)) || isEditorForm(inner(value))),
  async read({ path, value }) {
    if (!isJsonObject(value)) return { setups: [], problem: 'it is no workflow' };
    const workflow = inner(value);
    const { documentIssues } = await import('../../schemas.ts');
    const api = isApiForm(workflow);
    const issues = api
      ? documentIssues('comfyui-prompt', nodesOnly(workflow))
      : documentIssues('comfyui-workflow', workflow);
    if (issues.length > 0) return { setups: [], issues };
    return setupsOf(api ? apiFlow(workflow) : editorFlow(workflow), path);
  },
};

/** A request to ComfyUI's server wraps the workflow: `{ "prompt": { … } }`. */
function inner(value: JsonObject): JsonObject {
  const prompt = value.get('prompt');
  return isJsonObject(prompt) && isApiForm(prompt) ? prompt : value;
}

/** API form files may carry a member that is no node, such as `version`. */
function nodesOnly(value: JsonObject): JsonValue {
  return new Map([...value].filter(([, node]) => isJsonObject(node) || isJsonArray(node)));
}

function setupsOf(flow: Flow, path: string): SetupReading {
  const live = [...flow.nodes.values()].filter(
    ({ muted, through }) => muted === undefined && through === undefined,
  );
  const { told: samplers, strangers } = samplersOf(live);
  if (samplers.length === 0) {
    const [first] = strangers;
    const hint = first === undefined ? '' : `; ${nodeName(first)} may be one, and is not known here`;
    return { setups: [], problem: `it has no sampler that runs${hint}` };
  }
  const decoders = live.filter(({ type }) => type.startsWith('VAEDecode')).slice(0, MOST_DECODERS);
  const told = samplers.slice(0, MOST_SAMPLERS);
  const setups = told.map((sampler) => {
    const name = samplers.length === 1 ? path : `${path}, ${nodeName(sampler)}`;
    return setupOf(flow, sampler, decoders, path, name);
  });
  const [first] = setups;
  const notes = [
    ...flow.notes,
    ...strangers.slice(0, 5).map((node) => `${nodeName(node)} may be a sampler, and is not known here`),
    ...(samplers.length > told.length
      ? [`of ${samplers.length} samplers the first ${told.length} are told`]
      : []),
  ];
  if (first !== undefined && notes.length > 0) setups[0] = { ...first, notes: [...first.notes, ...notes] };
  return { setups };
}

function setupOf(
  flow: Flow,
  sampler: FlowNode,
  decoders: readonly FlowNode[],
  path: string,
  name: string,
): Setup {
  const trace = new Trace(flow, path);
  const { builder } = trace;
  if (sampler.type === 'SamplerCustom' || sampler.type === 'SamplerCustomAdvanced') {
    readSigmas(trace, sampler);
  } else {
    trace.say('steps', sampler, 'steps');
    trace.sayText('sampler', sampler, 'sampler_name');
    trace.sayText('scheduler', sampler, 'scheduler');
  }
  if (sampler.type === 'SamplerCustomAdvanced') readGuider(trace, sampler);
  else {
    trace.say('guidance', sampler, 'cfg');
    trace.model(sampler);
    trace.conditioning(sampler, 'positive');
  }
  const known = isKnownSampler(sampler);
  if (!known) builder.note(`${nodeName(sampler)} is not known here: it was read by the names of its inputs`);
  if (known || sampler.inputs.has('latent_image')) readSize(trace, sampler);
  const decoder = decoders.find((each) => comesFrom(flow, each, sampler));
  if (decoder !== undefined) trace.vae(decoder);
  const scheduler = builder.value('scheduler') ?? '';
  builder.assumes('timestep_spacing', SPACINGS.get(scheduler), `where ComfyUI's ${scheduler} begins`);
  trace.finish();
  return builder.build(name, 'comfyui');
}

function readGuider(trace: Trace, sampler: FlowNode): void {
  const guider = trace.source(sampler, 'guider')?.node;
  if (guider === undefined) return;
  if (guider.type === 'BasicGuider') trace.builder.assumes('guidance', 1, 'BasicGuider has no guidance');
  else if (guider.type === 'DualCFGGuider') trace.say('guidance', guider, 'cfg_conds');
  else trace.say('guidance', guider, 'cfg');
  if (!['BasicGuider', 'CFGGuider', 'DualCFGGuider'].includes(guider.type)) {
    trace.builder.note(`${nodeName(guider)} is not known here: its input model was followed`);
  }
  trace.model(guider);
  const prompt = ['conditioning', 'positive', 'cond1'].find((name) => guider.inputs.has(name));
  if (prompt !== undefined) trace.conditioning(guider, prompt);
}

/** The layouts that nodes of their own make, by what ComfyUI calls them. */
const SIGMA_NODES: ReadonlyMap<string, string> = new Map([
  ['KarrasScheduler', 'karras'],
  ['ExponentialScheduler', 'exponential'],
  ['PolyexponentialScheduler', 'polyexponential'],
  ['LaplaceScheduler', 'laplace'],
  ['VPScheduler', 'vp'],
  ['BetaSamplingScheduler', 'beta'],
  ['SDTurboScheduler', 'sd_turbo'],
  ['AlignYourStepsScheduler', 'align_your_steps'],
  ['GITSScheduler', 'gits'],
]);

/** Nodes that cut or turn sigmas over. */
const SIGMA_PASSING: ReadonlySet<string> = new Set([
  'SplitSigmas',
  'SplitSigmasDenoise',
  'FlipSigmas',
  'SetFirstSigma',
  'ExtendIntermediateSigmas',
]);

function readSigmas(trace: Trace, sampler: FlowNode): void {
  const chosen = trace.source(sampler, 'sampler')?.node;
  if (chosen?.type === 'KSamplerSelect') trace.sayText('sampler', chosen, 'sampler_name');
  else if (chosen !== undefined) trace.builder.says('sampler', chosen.type, '', nodeName(chosen));
  let node = trace.source(sampler, 'sigmas')?.node;
  for (let step = 0; node !== undefined && SIGMA_PASSING.has(node.type) && step < MOST_SAMPLERS; step++) {
    trace.builder.note(`${nodeName(node)} changes the noise levels`);
    node = trace.source(node, 'sigmas')?.node;
  }
  if (node === undefined) return;
  const layout = SIGMA_NODES.get(node.type);
  if (layout !== undefined) trace.builder.says('scheduler', layout, '', nodeName(node));
  else if (node.type === 'BasicScheduler') trace.sayText('scheduler', node, 'scheduler');
  else {
    trace.builder.note(`${nodeName(node)} is not known here: its noise levels are not told`);
    return;
  }
  trace.say('steps', node, 'steps');
}
