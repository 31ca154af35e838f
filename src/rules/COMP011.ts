import type { Component, ComponentKind } from '../components/component.ts';
import { nameOf, placeOf } from './support/components.ts';
import { defineRule } from './rule.ts';

/** Components of which a model has one. Encoders may be two, but not two of the same. */
const SINGLE: ReadonlySet<ComponentKind> = new Set(['unet', 'ema', 'vae', 'text_encoder', 'depth_estimator']);

/** Nets of no family: two of them need not be the same one twice. */
const OF_THEIR_OWN: ReadonlySet<string> = new Set(['custom', 'widths']);

/** The same component is there more than once. */
export const COMP011 = defineRule<{ title: string; where: readonly string[] }>({
  id: 'COMP011',
  name: 'component-doubled',
  title: 'A component is there twice',
  severity: 'warning',
  evidence: 'header',
  since: '0.1.0',
  why: `Two sets of weights for one component, and every loader picks by its own rule: by prefix, by the order of names, by the file's ending. Which of the two draws the picture differs between programs, and the other one only takes up space. Files come to this by a merge that wrote the new VAE beside the old one.`,
  mend: 'Keep the one that is meant and remove the other.',
  sources: ['diffusers, pipelines/pipeline_loading_utils.py, variant_compatible_siblings'],
  *check(context) {
    const seen = new Map<string, Component[]>();
    for (const component of context.components) {
      if (!SINGLE.has(component.kind) || OF_THEIR_OWN.has(component.id)) continue;
      // a variant of the weights is meant to be there beside the others
      const key = `${component.part}\n${component.variant ?? ''}\n${component.kind}\n${component.id}`;
      seen.set(key, [...(seen.get(key) ?? []), component]);
    }
    for (const same of seen.values()) {
      const [first, ...others] = same;
      if (first === undefined || others.length === 0) continue;
      yield {
        args: { title: first.title, where: same.map(nameOf) },
        place: placeOf(context, first),
        related: others.map((other) => placeOf(context, other)),
      };
    }
  },
  words: ({ title, where }) => ({
    what: `${where.length} times ${title}`,
    found: where.join('; '),
    expected: 'one set of weights',
  }),
});
