import { defineRule } from './rule.ts';

/** The model is not the one that was locked. */
export const COMP041 = defineRule<{ lock: string; what: string; found: string; expected: string }>({
  id: 'COMP041',
  name: 'model-not-as-locked',
  title: 'The net or a text encoder is not the one that was locked',
  severity: 'error',
  evidence: 'header',
  since: '0.1.0',
  why: `A lock file holds what the net and its text encoders are, by their names, dtypes and shapes. Another net under the same name, or a text encoder with a layer more or in another precision, is a change that training and inference no longer share.

The hashes are over headers: weights that were trained further keep them.`,
  mend: 'Use the model that was locked. If it was changed on purpose, write a new lock with `ungarble pin`.',
  sources: ['`ungarble pin`, schemas/lock.schema.json'],
  *check({ locks = [], identity, checkpoint }) {
    const file = checkpoint.files[0]?.path ?? checkpoint.path;
    for (const lock of locks) {
      const place = { file };
      const related = [{ file: lock.path, pointer: '/identity' }];
      const [now, then] = [identity?.topology_sha256, lock.identity.topology_sha256];
      if (then !== undefined && now !== then) {
        const args = {
          lock: lock.path,
          what: 'the topology of the net',
          found: now === undefined ? 'no net' : `SHA-256 ${now.slice(0, 16)}…`,
          expected: `SHA-256 ${then.slice(0, 16)}…`,
        };
        yield { args, place, related };
      }
      for (const { id, where, tensors, header_sha256 } of lock.identity.text_encoders) {
        const encoders = identity?.text_encoders ?? [];
        if (encoders.some((each) => each.header_sha256 === header_sha256)) continue;
        const other = encoders.find((each) => each.where === where || each.id === id);
        const args = {
          lock: lock.path,
          what: `the text encoder ${id}`,
          found:
            other === undefined
              ? 'none'
              : `${other.id}, ${other.tensors} tensors, SHA-256 ${other.header_sha256.slice(0, 16)}…`,
          expected: `${id}, ${tensors} tensors, SHA-256 ${header_sha256.slice(0, 16)}…`,
        };
        yield { args, place, related };
      }
    }
  },
  words: ({ lock, what, found, expected }) => ({ what: `${what} is not that of ${lock}`, found, expected }),
});
