import { diffusers } from './diffusers.ts';
import type { Dialect } from './dialect.ts';
import { ldm } from './ldm.ts';

/** Every family of tensor names that a U-Net is rebuilt from. */
const dialects: readonly Dialect[] = [ldm, diffusers];

/** The dialect that owns most of the names; undefined when none owns any. */
export function dialectOf(names: Iterable<string>): Dialect | undefined {
  const counts = dialects.map(() => 0);
  for (const name of names) {
    dialects.forEach((dialect, index) => {
      if (dialect.owns(name)) counts[index] = (counts[index] as number) + 1;
    });
  }
  const most = Math.max(...counts);
  return most === 0 ? undefined : dialects[counts.indexOf(most)];
}
