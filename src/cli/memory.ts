import { readFile } from 'node:fs/promises';
import { freemem } from 'node:os';

/** Files that are read, by their paths; tests give others. */
export type ReadText = (path: string) => Promise<string>;

/**
 * Bytes of memory that this process can still have: what the system says is available, and no more than what its
 * control group leaves (a container's limit). Sources: Linux proc(5) `MemAvailable`; kernel documentation, cgroup v2
 * `memory.max` and `memory.current`, v1 `memory.limit_in_bytes` and `memory.usage_in_bytes`, where pages of files
 * that can be dropped count as used.
 */
export async function availableMemory(read: ReadText = (path) => readFile(path, 'utf8')): Promise<number> {
  const text = (path: string): Promise<string> => read(path).catch(() => '');
  const kilobytes = /^MemAvailable:\s*(\d+) kB$/m.exec(await text('/proc/meminfo'))?.[1];
  const system = kilobytes === undefined ? freemem() : 1024 * Number(kilobytes);
  const groups = await text('/proc/self/cgroup');
  const left = await Promise.all([
    ...chain(/^0::(\/.*)$/m.exec(groups)?.[1]).map((path) =>
      leftIn(text, `/sys/fs/cgroup${path}`, 'memory.max', 'memory.current', 'inactive_file'),
    ),
    ...chain(/^\d+:(?:[^:\n]*,)?memory(?:,[^:\n]*)?:(\/.*)$/m.exec(groups)?.[1]).map((path) =>
      leftIn(
        text,
        `/sys/fs/cgroup/memory${path}`,
        'memory.limit_in_bytes',
        'memory.usage_in_bytes',
        'total_inactive_file',
      ),
    ),
  ]);
  return Math.max(0, Math.min(system, ...left));
}

/** A group and those above it, whose limits hold as well; inside a container the group's own path may not be there. */
function chain(path: string | undefined): readonly string[] {
  if (path === undefined) return [];
  const parts = path.split('/').filter((part) => part !== '');
  return ['', ...parts.map((_, index) => `/${parts.slice(0, index + 1).join('/')}`)];
}

/** What a group has left; without end where it has no limit. */
async function leftIn(
  text: ReadText,
  group: string,
  limit: string,
  usage: string,
  droppable: string,
): Promise<number> {
  const [most, used, stat] = await Promise.all(
    [limit, usage, 'memory.stat'].map((file) => text(`${group}/${file}`)),
  );
  if (!/^\d+\s*$/.test(most ?? '') || !/^\d+\s*$/.test(used ?? '')) return Number.POSITIVE_INFINITY;
  const dropped = new RegExp(`^${droppable} (\\d+)$`, 'm').exec(stat ?? '')?.[1];
  return Number(most) - Number(used) + Number(dropped ?? 0);
}
