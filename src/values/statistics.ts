/**
 * Chance of a standard normal above z.
 * Source: Numerical Recipes, 3rd ed., section 6.2.2 (`erfc` as an exponential of a rational function; relative error
 * below 1.2e-7 everywhere, so that far tails keep their order).
 */
export function tailOf(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  const t = 1 / (1 + 0.5 * x);
  const coefficients = [
    -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587,
    -0.82215223, 0.17087277,
  ];
  const power = coefficients.reduceRight((sum, coefficient) => sum * t + coefficient, 0);
  const both = t * Math.exp(-x * x + power);
  return z >= 0 ? both / 2 : 1 - both / 2;
}

/**
 * Which of many hypotheses of chance are to be given up so that the chance of giving up any true one stays below
 * `level`, however they depend on each other (Holm 1979). Layers of one stream are not independent, so a procedure
 * that asks for independence (Benjamini and Hochberg 1995) would promise too much.
 */
export function holm(chances: readonly number[], level: number): readonly boolean[] {
  const order = chances.map((_, index) => index).sort((a, b) => (chances[a] ?? 1) - (chances[b] ?? 1));
  const rejected = chances.map(() => false);
  for (const [rank, index] of order.entries()) {
    if ((chances[index] as number) > level / (chances.length - rank)) break;
    rejected[index] = true;
  }
  return rejected;
}

/** The value below which a share of the values lies, the nearest one that is there; NaN of none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}
