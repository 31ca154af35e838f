/**
 * Which of `width` channels are looked at: all, or `limit` of them drawn without replacement. Every layer of that
 * width gets the same ones, so that any two of them can be compared. Drawn, not taken at a stride, which would fall
 * into step with heads and groups.
 */
export function channelsOf(width: number, limit: number): Int32Array {
  const all = Int32Array.from({ length: width }, (_, index) => index);
  if (width <= limit) return all;
  let state = width;
  for (let index = 0; index < limit; index += 1) {
    // a linear congruential step (Numerical Recipes), of which the high bits are used
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const other = index + Math.floor((state / 2 ** 32) * (width - index));
    const kept = all[index] as number;
    all[index] = all[other] as number;
    all[other] = kept;
  }
  return all.slice(0, limit).sort();
}
