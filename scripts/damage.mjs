/**
 * Makes a damaged copy of a safetensors file, to see what ungarble says about it.
 *
 *   node scripts/damage.mjs model.safetensors damaged.safetensors --remove NAME
 *   node scripts/damage.mjs model.safetensors damaged.safetensors --rename NAME --to OTHER
 */
import { open, rename, rm } from 'node:fs/promises';
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { remove: { type: 'string' }, rename: { type: 'string' }, to: { type: 'string' } },
});
const [from, into] = positionals;
const name = values.remove ?? values.rename;
if (from === undefined || into === undefined || name === undefined) {
  console.error('usage: node scripts/damage.mjs FROM TO --remove NAME | --rename NAME --to OTHER');
  process.exit(2);
}

const source = await open(from, 'r');
const length = Number((await read(source, 0, 8)).readBigUInt64LE());
const header = new Map(Object.entries(JSON.parse((await read(source, 8, length)).toString('utf8'))));
if (!header.has(name)) {
  console.error(`${from} has no tensor ${name}`);
  process.exit(2);
}

// what stays keeps its order, and closes up over what goes
const kept = [...header].filter(([key]) => key !== '__metadata__' && key !== values.remove);
kept.sort(([, a], [, b]) => a.data_offsets[0] - b.data_offsets[0]);
const written = new Map(header.has('__metadata__') ? [['__metadata__', header.get('__metadata__')]] : []);
let offset = 0;
for (const [key, entry] of kept) {
  const size = entry.data_offsets[1] - entry.data_offsets[0];
  const called = key === values.rename ? (values.to ?? `${key}_`) : key;
  written.set(called, { ...entry, data_offsets: [offset, offset + size] });
  offset += size;
}
const text = Buffer.from(JSON.stringify(Object.fromEntries(written)));
const padded = Buffer.alloc(Math.ceil(text.length / 8) * 8, 0x20);
text.copy(padded);
const start = Buffer.alloc(8);
start.writeBigUInt64LE(BigInt(padded.length));

const partial = `${into}.partial`;
const target = await open(partial, 'w');
try {
  await target.write(start);
  await target.write(padded);
  for (const [, { data_offsets }] of kept) {
    await target.write(await read(source, 8 + length + data_offsets[0], data_offsets[1] - data_offsets[0]));
  }
  await target.close();
  await rename(partial, into);
} finally {
  await rm(partial, { force: true });
  await source.close();
}

async function read(file, at, size) {
  const bytes = Buffer.alloc(size);
  await file.read(bytes, 0, size, at);
  return bytes;
}
