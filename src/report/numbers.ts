const SCALES = ['', ' k', ' M', ' B', ' T'] as const;
const BYTE_SCALES = ['bytes', 'kB', 'MB', 'GB', 'TB', 'PB'] as const;

function scaled(value: number, last: number): readonly [number, number] {
  let scale = 0;
  let rest = value;
  // .95 of a step: 999 960 is 1.0 M, not 1000.0 k
  while (rest >= 999.95 && scale < last) {
    rest /= 1000;
    scale += 1;
  }
  return [rest, scale];
}

/** `859.5 M`, `12.3 k`, `48`: a count for people. */
export function formatCount(count: number): string {
  const [rest, scale] = scaled(count, SCALES.length - 1);
  return scale === 0 ? String(count) : `${rest.toFixed(1)}${SCALES[scale] ?? ''}`;
}

/** `4.27 GB`, in powers of a thousand, as disks and model pages give it. */
export function formatBytes(bytes: number): string {
  const [rest, scale] = scaled(bytes, BYTE_SCALES.length - 1);
  if (scale === 0) return bytes === 1 ? '1 byte' : `${bytes} bytes`;
  return `${rest.toFixed(rest < 100 ? 2 : 1)} ${BYTE_SCALES[scale] ?? ''}`;
}

/** `1 file`, `3 files`. */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : plural}`;
}

/** `F16 686`, `F32 12 · F16 674`: dtypes with how many tensors have them, most frequent first. */
export function formatDtypes(dtypes: ReadonlyMap<string, number>): string {
  return [...dtypes]
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    .map(([dtype, count]) => `${dtype} ${count}`)
    .join(' · ');
}
