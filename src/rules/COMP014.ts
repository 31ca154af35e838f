import { EXPORTED_HALVES } from '../formats/folder.ts';
import { isJsonArray, isJsonObject } from '../formats/json.ts';
import { defineRule, type RuleContext } from './rule.ts';

/** model_index.json and the folders beside it do not agree. */
export const COMP014 = defineRule<{
  component: string;
  className: string;
  fault: 'absent' | 'unnamed' | 'left-out';
}>({
  id: 'COMP014',
  name: 'index-and-folders-differ',
  title: 'The folders are not those that model_index.json names',
  severity: 'error',
  evidence: 'config',
  since: '0.1.0',
  why: `A diffusers pipeline loads exactly the components that \`model_index.json\` names. One that it names and the folder lacks stops the loading. A folder that it does not name is ignored, and so is one that it names with \`[null, null]\`: a second text encoder put there by hand is never read.`,
  mend: 'Add the missing folder, or name in model_index.json what is there: `"text_encoder_2": ["transformers", "CLIPTextModelWithProjection"]`. To leave a component out on purpose, write `[null, null]`.',
  sources: ['diffusers, pipelines/pipeline_utils.py, from_pretrained'],
  *check(context) {
    const index = context.checkpoint.modelIndex;
    if (index === undefined || !isJsonObject(index.value)) return;
    const place = (name: string) => ({ file: index.path, pointer: `/${name}` });
    const named = new Map<string, string | null>();
    for (const [name, entry] of index.value) {
      if (!isJsonArray(entry) || entry.length !== 2) continue;
      const [, className] = entry;
      named.set(name, typeof className === 'string' ? className : null);
    }
    for (const [name, className] of named) {
      if (className === null || !HAS_WEIGHTS.test(name) || isThere(context, name)) continue;
      // the safety checker may be turned off by the caller; nothing else may
      const severity = name === 'safety_checker' ? ('note' as const) : ('error' as const);
      yield { args: { component: name, className, fault: 'absent' }, place: place(name), severity };
    }
    const folders = new Set(context.checkpoint.parts.map((part) => part.name).filter((name) => name !== ''));
    for (const folder of folders) {
      const className = named.get(folder);
      if (typeof className === 'string' || isHalf(folder, named)) continue;
      yield {
        args: { component: folder, className: '', fault: className === null ? 'left-out' : 'unnamed' },
        place: place(folder),
        severity: 'warning',
      };
    }
  },
  words: ({ component, className, fault }) => ({
    what:
      fault === 'absent'
        ? `model_index.json names ${component} (${className}), which is not there`
        : `folder ${component} is ${fault === 'unnamed' ? 'not named' : 'left out'} in model_index.json, so it is not read`,
    found: fault === 'absent' ? 'no such folder with weights' : `a folder ${component} with weights`,
    expected: fault === 'absent' ? `weights in ${component}/` : `[library, class] for ${component}`,
  }),
});

/** Components that have weights, by the names that pipelines give them. Tokenizers and schedulers have none. */
const HAS_WEIGHTS =
  /^(?:unet|vae|movq|vqvae|transformer|prior|controlnet|text_encoder(?:_\d)?|image_encoder|depth_estimator|safety_checker)$/;

/** What could not be read is not absent: another rule lists it. */
function isThere({ checkpoint }: RuleContext, name: string): boolean {
  const names = new Set([name, ...(EXPORTED_HALVES.get(name) ?? [])]);
  if (checkpoint.parts.some((part) => names.has(part.name))) return true;
  return checkpoint.unchecked.some(({ path }) => path === name || path.startsWith(`${name}/`));
}

/** Whether the folder holds a half of a component that is named. */
function isHalf(folder: string, named: ReadonlyMap<string, string | null>): boolean {
  return [...EXPORTED_HALVES].some(
    ([whole, halves]) => halves.includes(folder) && typeof named.get(whole) === 'string',
  );
}
