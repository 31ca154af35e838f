/** Golden listings as the benches read them, and files that have the header of a model and holes where its data would be. */
import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';

/** Name, dtype and shape of every tensor of a listing. */
export function listed(path) {
  return readFileSync(path, 'utf8')
    .split('\n')
    .map((line) => /^([^#\s]\S*) (\S+) \[(.*)\]$/.exec(line))
    .filter((match) => match !== null)
    .map(([, name, dtype, dims]) => [name, dtype, dims === '' ? [] : dims.split(',').map(Number)]);
}

/** Begins a safetensors file with its header, and gives what it is written on with and how long it is. */
export function beginFile(path, header) {
  const text = Buffer.from(header);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  const fd = openSync(path, 'wx');
  writeSync(fd, length);
  writeSync(fd, text);
  return { fd, size: 8 + text.length };
}

/** Writes a safetensors file whose data are a hole of so many bytes; gives how long it is. */
export function writeSparse(path, header, bytes) {
  const { fd, size } = beginFile(path, header);
  ftruncateSync(fd, size + bytes);
  closeSync(fd);
  return size + bytes;
}
