import type { Component } from '../components/component.ts';
import type { Block, Net, Skip, Stage } from '../topology/net.ts';
import { fitsAt, type Scale } from './scale.ts';

/** Blocks that are drawn as one: a resnet with the attention that follows it, or either alone. */
export interface UCell {
  /** Their ids, the resnet's first. */
  readonly blocks: readonly string[];
  readonly resnet: boolean;
  /** A layer of its own, in nets without resnets. */
  readonly conv?: true;
  readonly attention?: 'transformer' | 'attention';
  /** Transformer blocks in it. */
  readonly depth: number;
  /** What in it does not agree with the rest of the net. */
  readonly faulty: readonly ('resnet' | 'attention')[];
}

/** One side of one level. */
export interface UStage {
  readonly id: string;
  readonly channels: number;
  readonly cells: readonly UCell[];
}

/** A skip as it crosses the drawing. */
interface USkip {
  readonly channels: number;
  readonly sound: boolean;
  /** Its producer stands at another level than its consumer. */
  readonly slanted: boolean;
  readonly skip: Skip;
}

/** One level: encoder on the left, decoder on the right, the skips between them. */
export interface URow {
  readonly divisor: number;
  /** Height × width at the scale asked for. */
  readonly size?: { readonly height: number; readonly width: number };
  readonly channels: number;
  /** What leads into the level, and is kept as its first skip. */
  readonly entry: 'conv' | 'downsample' | 'none';
  /** The block that it is. */
  readonly entryBlock?: string;
  readonly encoder?: UStage;
  readonly decoder?: UStage;
  /** In the order in which the decoder takes them. */
  readonly skips: readonly USkip[];
  /** What leads out of the level, on the decoder's side. */
  readonly exit: 'conv' | 'upsample' | 'none';
  readonly exitBlock?: string;
}

/** The U as it is drawn: levels from the outermost down, then the middle. */
export interface U {
  readonly rows: readonly URow[];
  readonly middle?: UStage;
  /** Ids of all blocks that do not agree with the rest of the net, those that are no cell among them. */
  readonly faulty: readonly string[];
}

/** Lays a net out as rows of equal depth. */
export function layOutU(component: Component, net: Net, scale?: Scale): U {
  const faulty = new Set(
    component.problems.flatMap((problem) => ('block' in problem ? [problem.block] : [])),
  );
  const levelOf = producerLevels(net);
  const levels = Math.max(0, ...[...net.encoder, ...net.decoder].map((stage) => stage.level + 1));
  const rows = Array.from({ length: levels }, (_, level): URow => {
    const encoder = net.encoder.find((stage) => stage.level === level);
    const decoder = net.decoder.find((stage) => stage.level === level);
    const above = net.encoder.find((stage) => stage.level === level - 1);
    const consumers = new Set(decoder?.blocks.map((block) => block.id));
    const size = sizeOf(encoder ?? decoder, scale);
    const entryBlock = level === 0 ? net.stem.id : idOf(above, 'downsample');
    const exitBlock = level === 0 ? net.head.id : idOf(decoder, 'upsample');
    return {
      divisor: (encoder ?? decoder)?.divisor ?? 1,
      ...(size === undefined ? {} : { size }),
      channels: (encoder ?? decoder)?.channels ?? 0,
      entry: level === 0 ? 'conv' : entryBlock === undefined ? 'none' : 'downsample',
      ...(entryBlock === undefined ? {} : { entryBlock }),
      ...(encoder === undefined ? {} : { encoder: layOutStage(encoder, faulty) }),
      ...(decoder === undefined ? {} : { decoder: layOutStage(decoder, faulty) }),
      skips: net.skips
        .filter((skip) => consumers.has(skip.consumer) && !consumers.has(skip.producer))
        .map((skip) => ({
          channels: skip.channels,
          sound: isSkipSound(skip, scale),
          slanted: levelOf.get(skip.producer) !== level,
          skip,
        })),
      exit: level === 0 ? 'conv' : exitBlock === undefined ? 'none' : 'upsample',
      ...(exitBlock === undefined ? {} : { exitBlock }),
    };
  });
  return {
    rows,
    ...(net.middle === undefined ? {} : { middle: layOutStage(net.middle, faulty) }),
    faulty: [...faulty],
  };
}

/** True when a skip agrees in channels, and in size where a scale is known. */
export function isSkipSound(skip: Skip, scale?: Scale): boolean {
  return skip.holds && (scale === undefined || fitsAt(skip, scale));
}

/** The level at which each block's output is kept: a downsampler's is already that of the level below. */
function producerLevels(net: Net): ReadonlyMap<string, number> {
  const levels = new Map([[net.stem.id, 0]]);
  for (const stage of net.encoder) {
    for (const block of stage.blocks)
      levels.set(block.id, stage.level + (block.kind === 'downsample' ? 1 : 0));
  }
  return levels;
}

function idOf(stage: Stage | undefined, kind: Block['kind']): string | undefined {
  return stage?.blocks.find((block) => block.kind === kind)?.id;
}

function sizeOf(stage: Stage | undefined, scale: Scale | undefined) {
  const first = stage?.blocks[0];
  return first && scale?.sizes.get(first.id);
}

function layOutStage(stage: Stage, faulty: ReadonlySet<string>): UStage {
  const cells: UCell[] = [];
  for (const block of stage.blocks) {
    const broken = faulty.has(block.id);
    const blocks = [block.id];
    if (block.kind === 'conv') {
      cells.push({ blocks, resnet: false, conv: true, depth: 0, faulty: broken ? ['resnet'] : [] });
    } else if (block.kind === 'resnet') {
      cells.push({ blocks, resnet: true, depth: 0, faulty: broken ? ['resnet'] : [] });
    } else if (block.kind === 'attention' || block.kind === 'transformer') {
      const last = cells.at(-1);
      const joins = last?.resnet === true && last.attention === undefined;
      if (joins) cells.pop();
      cells.push({
        blocks: joins ? [...last.blocks, block.id] : blocks,
        resnet: joins,
        attention: block.kind,
        depth: block.attention?.depth ?? 1,
        faulty: [...(joins ? last.faulty : []), ...(broken ? (['attention'] as const) : [])],
      });
    }
  }
  return { id: stage.id, channels: stage.channels, cells };
}
