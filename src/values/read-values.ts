import type { ByteSource } from '../bytes/source.ts';
import type { Component } from '../components/component.ts';
import { positionIds, weightScales } from '../components/tensors.ts';
import type { Checkpoint, Tensor, Unchecked } from '../formats/checkpoint.ts';
import { decodeFloats } from '../formats/decode.ts';
import { isExpanded, readTensor } from '../formats/read-tensor.ts';
import { type DamagedRecord, damagedRecords } from '../formats/record-sums.ts';
import { type NetReading, readNet } from './read-net.ts';
import { type NumbersReading, readNumbers } from './read-numbers.ts';
import { type EqualStretch, equalStretches, trackedMatrices } from './scan/equal-stretches.ts';
import { type Placed, placedTensors } from './scan/roles.ts';
import { blocksOf } from '../topology/net.ts';
import { canScan, scanTensor, type TensorScan } from './scan/scan-tensor.ts';
import { StretchIndex } from './scan/stretches.ts';
import { tensorsOf } from './stored.ts';
import { tensorReader } from './weights.ts';

/** What the numbers of a checkpoint say. */
export interface CheckpointValues {
  /** Tensors that could not be read or decoded are absent, and in `unchecked`. */
  readonly scans: ReadonlyMap<Tensor, TensorScan>;
  /** What tensors are to their nets, where their grammar is known. */
  readonly placed: ReadonlyMap<Tensor, Placed>;
  /** The scale that lies beside an 8-bit weight. */
  readonly scales: ReadonlyMap<Tensor, Tensor>;
  /** The numbers of each text encoder's `position_ids`. */
  readonly positions: ReadonlyMap<Tensor, readonly number[]>;
  readonly nets: readonly NetReading[];
  /** What most matrices of a component have in common. */
  readonly numbers: ReadonlyMap<Component, NumbersReading>;
  /** Bytes that do not have the sum which the file keeps of them. */
  readonly damaged?: readonly DamagedRecord[];
  /** Bytes of matrices that stand in another place too. */
  readonly stretches?: readonly EqualStretch[];
  /** What could not be read or judged, and why. */
  readonly unchecked: readonly Unchecked[];
}

export interface ValuesOptions {
  /** Opens a file of the checkpoint, by its index. It stays open until all is read. */
  readonly open: (file: number) => Promise<ByteSource>;
  /** Called as work goes on, with the share that is done, from 0 to 1. */
  readonly told?: (what: string, share: number) => void;
  /** Without it, what the weights say of the wiring is left out. */
  readonly wiring: boolean;
}

/** Longer position tensors are no positions of a text encoder. */
const MOST_POSITIONS = 4096;

/** Share of the work that the scan takes; the wiring, where it is read, takes several times as long. */
const SCAN_SHARE = 0.1;

/**
 * Reads every tensor once and says what its numbers tell; then, for each net, what its weights say about how it is put
 * together. Buffers are bounded, whatever the file.
 * @throws {ReadError} when bytes cannot be had.
 */
export async function readValues(
  checkpoint: Checkpoint,
  components: readonly Component[],
  { open, told = () => {}, wiring }: ValuesOptions,
): Promise<CheckpointValues> {
  const all = tensorsOf(checkpoint, components);
  const tensors = all.filter((tensor) => lies(checkpoint, tensor));
  const scans = new Map<Tensor, TensorScan>();
  const tracked = trackedMatrices(components);
  const repeated = new StretchIndex(
    tensors.reduce((sum, tensor) => sum + (tracked.has(tensor) ? tensor.byteLength : 0), 0),
  );
  const total = tensors.reduce((sum, { byteLength }) => sum + byteLength, 0);
  const share = wiring ? SCAN_SHARE : 1;
  let done = 0;
  for (const tensor of tensors) {
    const counted = (bytes: number): void => {
      done += bytes;
      told('values', (share * done) / total);
    };
    const scan = await scanTensor(
      await open(tensor.file),
      tensor,
      counted,
      tracked.has(tensor) ? repeated : undefined,
    );
    if (scan !== undefined) scans.set(tensor, scan);
  }
  const damaged = await damagedRecords(checkpoint.sums ?? [], open, () => told('checksums', share));
  const scales = weightScales(checkpoint, components);
  const positions = new Map<Tensor, readonly number[]>();
  for (const component of components.filter(({ kind }) => kind === 'text_encoder')) {
    const tensor = positionIds(component);
    if (tensor === undefined || !scans.has(tensor) || tensor.byteLength > 8 * MOST_POSITIONS) continue;
    const bytes = await readTensor(await open(tensor.file), tensor);
    positions.set(tensor, [...decodeFloats(bytes, tensor.dtype)]);
  }
  const read = tensorReader(open);
  const placed = placedTensors(components);
  const stretches = await equalStretches(
    repeated,
    tracked,
    placed,
    (tensor) => scans.get(tensor)?.hash,
    read,
  );
  const numbers = new Map<Component, NumbersReading>();
  for (const component of components) {
    const { net, model } = component;
    const held = net === undefined ? model?.tensors : blocksOf(net).flatMap((block) => block.tensors);
    const own = held?.filter(({ tensor }) => scans.has(tensor));
    if (own !== undefined) numbers.set(component, await readNumbers(own, read));
  }
  const nets: NetReading[] = [];
  const judged = wiring ? liveNets(components) : [];
  for (const [index, component] of judged.entries()) {
    const from = share + ((1 - share) * index) / judged.length;
    const reading = await readNet(component, scans, {
      read,
      scales,
      told: (layer, of) => told('wiring', from + ((1 - share) * layer) / of / judged.length),
    });
    nets.push(reading);
  }
  return {
    scans,
    damaged,
    stretches,
    placed,
    scales,
    positions,
    nets,
    numbers,
    unchecked: [
      ...unread(checkpoint, all, scans),
      ...(repeated.full ? [tooMuch(checkpoint)] : []),
      ...nets.flatMap((net) => unjudged(checkpoint, net)),
    ],
  };
}

/** Averaged weights are judged only where they stand alone: beside the net they average they say the same. */
function liveNets(components: readonly Component[]): readonly Component[] {
  const nets = components.filter(({ net }) => net !== undefined);
  const live = nets.filter(({ kind }) => kind === 'unet');
  return live.length > 0 ? live : nets;
}

/** Whether the tensor's bytes are in the file: a faulty one's may not be, which a rule on the container says. */
function lies({ files }: Checkpoint, tensor: Tensor): boolean {
  const { file, offset, byteLength, layout } = tensor;
  if (isExpanded(tensor)) return false;
  return offset + (layout?.extent ?? byteLength) <= (files[file]?.size ?? 0);
}

function unread(
  checkpoint: Checkpoint,
  all: readonly Tensor[],
  scans: ReadonlyMap<Tensor, TensorScan>,
): readonly Unchecked[] {
  const counts = new Map<string, { file: number; reason: string; count: number }>();
  for (const tensor of all) {
    if (scans.has(tensor) || tensor.byteLength === 0) continue;
    const reason = whyNot(tensor);
    const key = `${tensor.file} ${reason}`;
    const had = counts.get(key) ?? { file: tensor.file, reason, count: 0 };
    counts.set(key, { ...had, count: had.count + 1 });
  }
  return [...counts.values()].map(({ file, reason, count }) => ({
    path: checkpoint.files[file]?.path ?? '',
    reason: `values of ${count} ${count === 1 ? 'tensor' : 'tensors'} not read: ${reason}`,
  }));
}

function tooMuch({ path }: Checkpoint): Unchecked {
  return {
    path,
    reason: 'stretches that stand twice not looked for in all matrices: there are too many bytes',
  };
}

function whyNot(tensor: Tensor): string {
  if (!canScan(tensor)) return `ungarble has no numbers for ${tensor.dtype}`;
  return isExpanded(tensor) ? 'far more is shown than is stored' : 'not wholly in the file';
}

function unjudged(checkpoint: Checkpoint, { component, unjudged: why }: NetReading): readonly Unchecked[] {
  if (why === undefined) return [];
  const file = component.tensors[0]?.tensor.file;
  const path = file === undefined ? checkpoint.path : (checkpoint.files[file]?.path ?? checkpoint.path);
  return [{ path, reason: `wiring not judged: ${why}` }];
}
