/** Damage to JSON that stays near JSON: other numbers and names, members twice, nesting. */
import { EDGES } from './bytes.ts';
import type { Random } from './random.ts';

const WORDS = [
  '',
  '__metadata__',
  '__proto__',
  'constructor',
  'toString',
  'F16',
  'BF16',
  'F4',
  'conv_in.weight',
  'down_blocks.0.resnets.0.conv1.weight',
  'model.diffusion_model.input_blocks.0.0.weight',
  'down_blocks.99999999999.resnets.0.conv1.weight',
  'up_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q.lora_down.weight',
  '../../etc/passwd',
  'C:\\x',
  '\u001b[31m',
  '\u202e',
  'x'.repeat(5000),
  'a.'.repeat(300),
];

const VALUES = [
  'null',
  'true',
  '{}',
  '[]',
  '""',
  '-0',
  '1e999',
  '0.5',
  '-1',
  '1E3',
  '[[]]',
  '{"a":{"a":{}}}',
];

type Damage = (text: string, random: Random) => string;

const DAMAGE: readonly Damage[] = [
  (text, random) => replaced(text, /-?\d[\d.eE+-]*/g, random, () => String(random.pick(EDGES))),
  (text, random) => replaced(text, /-?\d[\d.eE+-]*/g, random, () => String(random.below(64))),
  (text, random) => replaced(text, /"(?:[^"\\]|\\.)*"/g, random, () => JSON.stringify(random.pick(WORDS))),
  (text, random) => replaced(text, /"(?:[^"\\]|\\.)*"/g, random, (was) => was.replace(/\w/, '\\u00e9')),
  (text, random) => replaced(text, /[[{][^[\]{}]*[\]}]|"[^"]*"|\d+/g, random, () => random.pick(VALUES)),
  // a member twice
  (text, random) =>
    replaced(text, /"[^"]*":(?:[[{][^[\]{}]*[\]}]|[^,{}[\]]+)/g, random, (was) => `${was},${was}`),
  (text, random) =>
    replaced(text, /[,:[\]{}]/g, random, () => random.pick([',', ':', '[', ']', '{', '}', ''])),
  (text, random) =>
    replaced(text, /[,:]/g, random, (was) => was + random.pick(['\n', ' \t', '\u00a0', '\0', '\ufeff'])),
  (text, random) => {
    const depth = random.pick([8, 127, 128, 3000]);
    return replaced(
      text,
      /[[{][^[\]{}]*[\]}]|\d+/g,
      random,
      (was) => '['.repeat(depth) + was + ']'.repeat(depth),
    );
  },
];

/** Damages the text once or a few times. */
export function damageText(text: string, random: Random): string {
  let out = text;
  const times = 1 + random.small(4);
  for (let i = 0; i < times; i += 1) out = random.pick(DAMAGE)(out, random);
  return out.slice(0, 96 * 1024);
}

/** One of the places that match, put otherwise. */
function replaced(text: string, pattern: RegExp, random: Random, by: (was: string) => string): string {
  const found = [...text.matchAll(pattern)];
  if (found.length === 0) return text;
  const { 0: was, index } = random.pick(found);
  return text.slice(0, index) + by(was) + text.slice(index + was.length);
}
