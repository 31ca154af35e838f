/** What runtimes take a net for where nothing says it. Loads no sampler: the rules read it too. */
import { type KnownSchedule, knownSchedules } from '../schedule/fingerprint.ts';
import { familyOf } from '../topology/families/index.ts';
import type { Net } from '../topology/net.ts';

/** Whether a net draws pixels, without an autoencoder behind it. */
export function drawsPixels(net: Net): boolean {
  const assumed = familyOf(net)?.conventions;
  return assumed === undefined ? (net.inChannels?.value ?? 4) <= 3 : assumed.vaeFactor === 1;
}

/** The schedule that runtimes take a net for where nothing says another. */
export function assumedSchedule(net: Net): KnownSchedule {
  const id = familyOf(net)?.conventions.schedule ?? (drawsPixels(net) ? 'ddpm' : 'sd');
  return knownSchedules.find((schedule) => schedule.id === id) as KnownSchedule;
}
