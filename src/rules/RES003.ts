import { familyOf } from '../topology/families/index.ts';
import { blockPlace } from './support/places.ts';
import { drawnAt, isFarFrom } from './support/resolutions.ts';
import { defineRule } from './rule.ts';

export const RES003 = defineRule<{ resolution: string; trained: string; family: string }>({
  id: 'RES003',
  name: 'far-from-trained',
  title: 'The resolution is far from the one that the family was trained at',
  severity: 'warning',
  evidence: 'header',
  since: '0.1.0',
  why: `A net draws well near the resolution it was trained at. Far below it (SDXL at 512) pictures come out cropped and
crude; far above it subjects repeat. Nothing fails.`,
  mend: `Draw at about as many pixels as the family was trained with and enlarge afterwards. A fine-tune for another
resolution can ignore this.`,
  sources: ['sdnext #1858', 'stable-diffusion.cpp #44'],
  *check(context) {
    const { checkpoint, components } = context;
    const component = components.find(({ kind }) => kind === 'unet');
    if (component?.net === undefined) return;
    const family = familyOf(component.net);
    if (family === undefined) return;
    const side = family.conventions.sampleSize * family.conventions.vaeFactor;
    for (const { size, place, setup } of drawnAt(context)) {
      if (!isFarFrom({ width: side, height: side }, size)) continue;
      const args = {
        resolution: `${size.width}x${size.height}`,
        trained: `${side}x${side}`,
        family: family.title,
      };
      const related = setup === undefined ? [] : [place];
      yield { args, place: blockPlace(checkpoint, component, component.net.stem.id), related };
    }
  },
  words: ({ resolution, trained, family }) => ({
    what: `${resolution} is far from the resolution of ${family}`,
    found: resolution,
    expected: `about as many pixels as ${trained}`,
    evidence: 'the family is known by its shapes, its training resolution by convention',
  }),
});
