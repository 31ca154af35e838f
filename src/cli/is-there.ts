import { stat } from 'node:fs/promises';

/** Whether something lies at a path, and can be looked at. */
export function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
