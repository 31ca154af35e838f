/** Tensors as a checkpoint names them, put where they lie in the file; what cannot be so is a fault. */
import { MAX_TENSORS } from '../../bytes/limits.ts';
import { elementCount, type Tensor } from '../checkpoint.ts';
import type { FaultCollector } from '../collector.ts';
import { elementExtent, isContiguous, isFarMore } from '../layout.ts';
import type { StorageRef, TensorCall } from './tensor-call.ts';

/** Where the bytes of a storage lie. */
export interface StoragePlace {
  /** In the file. */
  readonly offset: number;
  /** Bytes that are there. */
  readonly length: number;
  /** What it is called in messages: an entry's name, or a key. */
  readonly record: string;
  /** The bytes are deflated, and none of them can be pointed to. */
  readonly deflated?: true;
}

export interface TensorFile {
  readonly path: string;
  /** Index into `Checkpoint.files`. */
  readonly index: number;
  readonly size: number;
  readonly bigEndian: boolean;
  /** The place of a storage, or the name under which it was looked for. */
  place(storage: StorageRef): StoragePlace | string;
}

export interface NamedCall {
  readonly name: string;
  readonly call: TensorCall;
}

/** Places the tensors. */
export function placeTensors(
  named: readonly NamedCall[],
  file: TensorFile,
  faults: FaultCollector,
): readonly Tensor[] {
  const placer = new Placer(file, faults);
  const tensors: Tensor[] = [];
  for (const { name, call } of named) {
    const tensor = placer.place(name, call);
    if (tensor !== undefined) tensors.push(tensor);
  }
  placer.judgeSum();
  return tensors;
}

class Placer {
  readonly #file: TensorFile;
  readonly #faults: FaultCollector;
  readonly #names = new Set<string>();
  readonly #checked = new Set<string>();
  /** Bytes that all tensors show, in C order. */
  #shown = 0;

  constructor(file: TensorFile, faults: FaultCollector) {
    this.#file = file;
    this.#faults = faults;
  }

  place(name: string, call: TensorCall): Tensor | undefined {
    const { path: file } = this.#file;
    if (call.kind === 'invalid') {
      this.#faults.add({ kind: 'tensor-invalid', file, tensor: name, reason: call.reason });
      return undefined;
    }
    if (this.#names.size >= MAX_TENSORS) return undefined;
    if (this.#names.has(name)) {
      this.#faults.add({ kind: 'tensor-name-twice', file, tensor: name });
      return undefined;
    }
    this.#names.add(name);
    const dtype = call.kind === 'tensor' ? call.element.dtype : undefined;
    if (call.kind === 'unread' || dtype === undefined) {
      const what = call.kind === 'unread' ? call.what : `of ${call.element.title}`;
      this.#faults.add({ kind: 'tensor-not-read', file, tensor: name, what });
      return undefined;
    }
    const { shape, strides, storage, element } = call;
    const byteLength = elementCount(shape) * element.bytes;
    const begin = (storage.viewOffset + call.offset) * element.bytes;
    const extent = elementExtent(shape, strides) * element.bytes;
    if (!Number.isSafeInteger(byteLength) || !Number.isSafeInteger(begin + extent)) {
      const reason = 'it has more elements, or reaches further, than can be counted';
      this.#faults.add({ kind: 'tensor-invalid', file, tensor: name, reason });
      return undefined;
    }
    const offset = this.#offset(name, call, begin, extent);
    this.#shown += byteLength;
    if (isFarMore(byteLength, extent)) {
      this.#faults.add({ kind: 'tensor-expanded', file, tensor: name, shown: byteLength, stored: extent });
    }
    const plain = isContiguous(shape, strides);
    const bigEndian = this.#file.bigEndian && element.bytes > 1;
    const layout = { strides, extent, ...(bigEndian ? { bigEndian } : {}) };
    const tensor = { name, dtype, shape, file: this.#file.index, offset, byteLength };
    return plain && !bigEndian ? tensor : { ...tensor, layout };
  }

  /** Reports tensors that each are sound and together show far more than there is. */
  judgeSum(): void {
    const { path: file, size } = this.#file;
    if (!isFarMore(this.#shown, size) || this.#faults.has('tensor-expanded')) return;
    this.#faults.add({ kind: 'tensor-expanded', file, tensor: '', shown: this.#shown, stored: size });
  }

  /** Where the tensor begins; the end of the file where its bytes are not to be had. */
  #offset(name: string, call: TensorCall & { kind: 'tensor' }, begin: number, extent: number): number {
    const { path: file, size } = this.#file;
    const { storage } = call;
    const place = this.#file.place(storage);
    if (typeof place === 'string') {
      // a tensor without elements needs none
      if (extent > 0) this.#faults.add({ kind: 'storage-missing', file, tensor: name, record: place });
      return size;
    }
    const { record, length } = place;
    if (!this.#checked.has(storage.key)) {
      this.#checked.add(storage.key);
      const expected = storage.count * storage.element.bytes;
      if (expected !== length && storage.viewOffset === 0 && place.deflated !== true) {
        const bytes = { offset: place.offset, length };
        this.#faults.add({ kind: 'storage-size-mismatch', file, bytes, record, expected, actual: length });
      }
      if (place.deflated === true) this.#faults.add({ kind: 'storage-deflated', file, record });
    }
    if (place.deflated === true) return size;
    const needed = extent === 0 ? 0 : begin + extent;
    const { viewOffset, viewCount = Number.POSITIVE_INFINITY } = storage;
    const held = Math.min(length, (viewOffset + viewCount) * storage.element.bytes);
    if (needed <= held) return place.offset + (extent === 0 ? 0 : begin);
    this.#faults.add({
      kind: 'tensor-outside-storage',
      file,
      tensor: name,
      record,
      needed,
      actual: held,
    });
    return size;
  }
}
