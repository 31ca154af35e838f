import type { Component } from '../components/component.ts';
import type { Net } from '../topology/net.ts';
import { drawU, legend } from './draw-u.ts';
import {
  componentsSection,
  conditioningSection,
  findingsSection,
  metadataSection,
  uncheckedSection,
} from './inspect-sections.ts';
import { counted, formatBytes, formatCount, formatDtypes } from './numbers.ts';
import {
  type CheckpointSummary,
  summariseComponent,
  type ComponentSummary,
  type InspectedNet,
  type Inspection,
} from './report.ts';
import { runtimeSection } from './runtime-table.ts';
import { safetyLines } from './safety.ts';
import { skipTable } from './skip-table.ts';
import { isSkipSound, layOutU } from './u-rows.ts';
import { finish, shown, type View } from './view.ts';
import { wrap } from './wrap.ts';

export interface InspectOptions {
  /** Lists every skip connection, not only the failing ones. */
  readonly skips: boolean;
}

/** What each container is called. */
const CONTAINERS = {
  safetensors: 'safetensors',
  gguf: 'GGUF',
  onnx: 'ONNX model',
  dduf: 'DDUF file',
  tza: 'tensor archive of Open Image Denoise',
  pytorch: 'PyTorch checkpoint',
  'safetensors-sharded': 'safetensors in shards',
  'pytorch-sharded': 'PyTorch checkpoint in shards',
  'diffusers-folder': 'diffusers folder',
} as const;

/** The plain view of a checkpoint: what it is, the U inside it, and what is wrong with it. */
export function inspectText(inspection: Inspection, options: InspectOptions, view: View): string {
  const sections = [
    header(inspection, view),
    ...inspection.nets.flatMap((one) => [netSection(one, options, view), conditioningSection(one, view)]),
    componentsSection(inspection.file.components, view),
    inspection.runtimes === undefined ? [] : runtimeSection(inspection.runtimes, view),
    metadataSection(inspection.metadata ?? new Map(), view),
    uncheckedSection(inspection.file, view),
    findingsSection(inspection, view),
  ].filter((lines) => lines.length > 0);
  return finish(
    sections
      .map((lines) => lines.join('\n'))
      .join('\n\n')
      .split('\n'),
    view,
  );
}

const NO_MODEL = 'nothing in it can be read as a model';

/** Container, size and what is in it, in one line. */
export function checkpointText(checkpoint: CheckpointSummary): string {
  const { container, files, size, tensors, parameters, dtypes } = checkpoint;
  return [
    container === 'unknown' ? NO_MODEL : CONTAINERS[container],
    ...(files.length > 1 ? [counted(files.length, 'file')] : []),
    formatBytes(size),
    counted(tensors, 'tensor'),
    `${formatCount(parameters)} parameters`,
    ...(dtypes.size === 0 ? [] : [formatDtypes(dtypes)]),
  ].join(' · ');
}

function header({ file, nets }: Inspection, view: View): string[] {
  const { palette } = view;
  const lines = [palette.strong(shown(file.path, view, view.width))];
  const indented = (text: string) => lines.push(...wrap(text, view.width, '  '));
  if (file.failure !== undefined) {
    indented(`could not be read: ${shown(file.failure.reason, view)}`);
    if (file.failure.hint !== undefined) indented(shown(file.failure.hint, view, 400));
  }
  if (file.checkpoint === undefined) return lines;
  lines.push(...safetyLines(file.checkpoint.pickles ?? [], view));
  if (file.checkpoint.container === 'unknown') {
    indented(NO_MODEL);
    return lines;
  }
  if (nets[0] !== undefined) familyLines(nets[0], view).forEach(indented);
  else indented(noNet(file.components, view));
  indented(checkpointText(file.checkpoint));
  if (file.transfer !== undefined) {
    const { requests, bytes } = file.transfer;
    indented(`read over the network: ${formatBytes(bytes)} in ${counted(requests, 'request')}`);
  }
  return lines;
}

function noNet(components: readonly ComponentSummary[], view: View): string {
  if (components.some(({ kind }) => kind === 'unet')) return 'a U-Net that could not be rebuilt';
  const titles = components.map(({ title }) => shown(title, view));
  if (titles.length === 0) return 'no U-Net inside, and nothing else that is known';
  return `no U-Net inside: ${titles.slice(0, 4).join(', ')}${titles.length > 4 ? ' …' : ''}`;
}

function familyLines({ net }: InspectedNet, view: View): string[] {
  const { title, known, from, sameShapes, nearest } = net.family;
  const lines = [`${shown(title, view)}, known by ${shown(from, view)} (${known})`];
  if (sameShapes.length > 0) {
    const others = sameShapes.map((id) => shown(id, view)).join(', ');
    lines.push(`same shapes: ${others}; only evidence beyond shapes can tell them apart`);
  }
  if (nearest !== undefined) {
    lines.push(`nearest family: ${shown(nearest.title, view)}`);
    lines.push(
      ...nearest.differs.map(({ field, found, expected }) => `differs: ${field} ${found}, not ${expected}`),
    );
  }
  return lines;
}

/** How a net was rebuilt whose names are of no grammar, by its dialect. */
export const READ_OFF: ReadonlyMap<string, string> = new Map([
  ['graph', 'read off the graph in the file'],
  ['widths', 'read off the widths of its layers'],
]);

function netSection(
  { component, net, scale }: InspectedNet,
  { skips }: InspectOptions,
  view: View,
): string[] {
  const { palette } = view;
  const { dtypes } = summariseComponent(component);
  const about = [
    `${formatCount(net.parameters)} parameters`,
    formatDtypes(dtypes),
    READ_OFF.get(net.dialect) ?? `${shown(net.dialect, view)} names`,
    ...(component.prefix === '' ? [] : [shown(component.prefix, view, 40)]),
    ...(component.part === '' ? [] : [`folder ${shown(component.part, view, 40)}`]),
  ].join(' · ');
  const u = layOutU(component, net, scale);
  const readOff = READ_OFF.has(net.dialect);
  const deep = readOff
    ? 'its layers have three axes (volumes or video)'
    : 'it also mixes over frames (video)';
  const temporal = net.spatialDims === 3 ? [deep] : [];
  const at =
    scale === undefined
      ? `sizes as parts of the ${readOff ? 'input' : 'latent'}; --resolution WxH gives numbers`
      : `sizes as width×height, at ${scale.resolution.width}×${scale.resolution.height} pixels${scale.asked ? '' : ', the family’s own'}`;
  const name = component.kind === 'ema' ? 'U-Net, averaged weights (EMA)' : 'U-Net';
  return [
    ...wrap(about, view.width, `${name}  `).map((line, index) =>
      index === 0 ? palette.strong(name) + line.slice(name.length) : line,
    ),
    '',
    ...drawU(u, view),
    '',
    ...wrap(legend(u), view.width, '  ').map(palette.faint),
    ...wrap([at, ...temporal].join(' · '), view.width, '  ').map(palette.faint),
    '',
    ...skipLines({ component, net, ...(scale === undefined ? {} : { scale }) }, skips, view),
    ...readingLines(component, net, view),
  ];
}

/** Of a net read off its widths: what was measured of it as a whole, what is taken for granted, and why. */
function readingLines(component: Component, net: Net, view: View): string[] {
  if (net.dialect !== 'widths') return [];
  const told = [...component.facts].filter(([name]) => name !== 'in_channels' && name !== 'out_channels');
  return told.flatMap(([name, { value, known, from }]) =>
    wrap(`${name.replaceAll('_', ' ')}: ${value} (${known}): ${from}`, view.width, '  '),
  );
}

function skipLines({ net, scale }: InspectedNet, all: boolean, view: View): string[] {
  const { palette } = view;
  const failing = net.skips.filter((skip) => !isSkipSound(skip, scale));
  const total = net.skips.length;
  const sound = total - failing.length;
  if (total === 0) return ['  no skip connections'];
  const { width, height } = scale?.resolution ?? {};
  const where = failing.some((skip) => skip.holds) ? ` at ${width}×${height} pixels` : '';
  const line = `${sound} of ${counted(total, 'skip connection')} ${sound === 1 ? 'holds' : 'hold'}${where}`;
  const summary =
    failing.length === 0
      ? wrap(`✔ ${line}`, view.width, '  ').map(palette.good)
      : wrap(`✘ ${line}`, view.width, '  ').map(palette.bad);
  const listed = all ? net.skips : failing;
  return [...summary, ...(listed.length > 0 ? ['', ...skipTable(listed, scale, view)] : [])];
}
