import { isDefault, saying, trainedOf } from './support/setups.ts';
import { drawnAt, isFarFrom } from './support/resolutions.ts';
import { defineRule } from './rule.ts';

/** The resolution is far from the one that the checkpoint's own metadata names. */
export const RES004 = defineRule<{ by: string; size: string; trained: string }>({
  id: 'RES004',
  name: 'far-from-declared',
  title: 'The resolution is far from the one that the checkpoint says it was trained at',
  severity: 'warning',
  evidence: 'header',
  since: '0.1.0',
  why: `A fine-tune for another size than its family's says so in its metadata (\`modelspec.resolution\`, \`ss_resolution\`). Far below it pictures come out cropped and crude, far above it subjects repeat. Nothing fails.`,
  mend: 'Draw at about as many pixels as the checkpoint names and enlarge afterwards.',
  sources: ['ModelSpec README, resolution; sd-scripts, ss_resolution', 'sdnext #1858'],
  *check(context) {
    const told = trainedOf(context)?.fields.resolution;
    if (told === undefined || isDefault(told)) return;
    for (const { by, size, place } of drawnAt(context)) {
      if (!isFarFrom(told.value, size)) continue;
      yield { args: { by, size: `${size.width}x${size.height}`, trained: saying(told) }, place };
    }
  },
  words: ({ by, size, trained }) => ({
    what: `${size}, ${by}, is far from what the checkpoint was trained at`,
    found: size,
    expected: trained,
  }),
});
