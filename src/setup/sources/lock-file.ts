/** Lock files that `ungarble pin` wrote, read back. */
import { isJsonArray, isJsonObject, type JsonObject } from '../../formats/json.ts';
import { betasHash, type EncoderIdentity, type Identity, type Lock, LOCK_FORMAT } from '../lock.ts';
import { scheduleOf } from '../trained.ts';
import { SetupError } from './error.ts';
import { fieldsOf } from './own.ts';
import type { SetupDocument } from './source.ts';

/** Whether a document is a lock file. */
export function isLock({ value }: SetupDocument): boolean {
  return isJsonObject(value) && value.get('format') === LOCK_FORMAT;
}

/**
 * Reads a lock file and holds its hash against its numbers.
 * @throws {SetupError} when its schema does not allow it, or it was changed by hand.
 */
export async function readLock({ path, value }: SetupDocument): Promise<Lock> {
  const { documentIssues } = await import('../schemas.ts');
  const issues = value === undefined ? [] : documentIssues('lock', value);
  if (!isJsonObject(value) || issues.length > 0)
    throw new SetupError(path, 'it is no valid lock file', issues);
  const setup = value.get('setup');
  const fields = isJsonObject(setup) ? fieldsOf(path, setup) : {};
  const said = member(value, 'schedule')?.get('betas_sha256');
  const schedule = scheduleOf(fields);
  const hash = schedule === undefined ? undefined : await betasHash(schedule);
  if (said !== hash) {
    const what = 'its schedule was changed by hand: betas_sha256 is not that of its numbers';
    throw new SetupError(path, `${what}; make it anew with ungarble pin`);
  }
  return {
    path,
    setup: { name: path, program: 'ungarble', fields, notes: [] },
    ...(hash === undefined ? {} : { betas_sha256: hash }),
    identity: identityIn(member(value, 'identity')),
  };
}

function member(value: JsonObject, key: string): JsonObject | undefined {
  const found = value.get(key);
  return isJsonObject(found) ? found : undefined;
}

function identityIn(value: JsonObject | undefined): Identity {
  const list = value?.get('text_encoders');
  const topology = value?.get('topology_sha256');
  const text_encoders = (isJsonArray(list) ? list : []).flatMap((entry): EncoderIdentity[] => {
    if (!isJsonObject(entry)) return [];
    const text = (key: string) => String(entry.get(key));
    return [
      {
        id: text('id'),
        where: text('where'),
        tensors: Number(entry.get('tensors')),
        header_sha256: text('header_sha256'),
      },
    ];
  });
  return { ...(typeof topology === 'string' ? { topology_sha256: topology } : {}), text_encoders };
}
