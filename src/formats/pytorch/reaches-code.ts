import type { PickleGlobal } from './pickle-log.ts';

/** Whether a name alone makes a pickle code-reaching: known to, or called and unknown. */
export function reachesCode({ judged, called }: PickleGlobal): boolean {
  return judged === 'code' || (judged === 'unknown' && called);
}
