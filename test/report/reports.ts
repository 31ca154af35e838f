import { defineRule, type Finding, type Rule } from '../../src/rules/rule.ts';
import { totalsOf, type FailOn, type FileReport, type Report } from '../../src/report/report.ts';
import { PLAIN, type View } from '../../src/report/view.ts';

export const TOOL = { name: 'ungarble', version: '0.0.0' };

export const WIDE: View = { width: Number.POSITIVE_INFINITY, palette: PLAIN, ascii: false };

/** Everything that must not reach a terminal as it is. */
export const HOSTILE_NAME = 'a\u001b[31mred\nline\u202egnp\u200b\ud800\u0085__proto__';

/** Names that mean something to one of the formats, or to who reads it. */
export const HOSTILE_NAMES: readonly (readonly [what: string, name: string])[] = [
  ['escapes of a terminal', '\u001b[2J\u001b]0;title\u0007\u009b31m'],
  ['text from right to left', 'a\u202egpj.\u2066b\u2069'],
  ['an end of CDATA', 'a]]>b<![CDATA['],
  ['an end of a comment', 'a-->b<!--c--d'],
  ['a workflow command', '::error file=x,line=1::owned'],
  ['a workflow command in a new line', 'a\n::set-output name=x::y\r\n##[error]z'],
  ['commands of other machines', 'a##vso[task.setvariable variable=b]c##[add-mask]d##teamcity[e]'],
  ['what a runner unescapes', '%0A::error::%25%0D%3A%2C'],
  ['markup', '</script><script>alert(1)</script><img src=x onerror=alert(1)>&amp;"\''],
  ['a table of Markdown', 'a | b\n|---|\n[x](javascript:y) ![z](https://example.org) **c** # d'],
  ['code of Markdown', '`a`` ```b <!-- @everyone #1 https://example.org'],
  ['half of a surrogate pair', 'a\ud800b\udc00c'],
  ['NUL', 'a\0b\u0001\ufffe\uffff'],
  ['a way out of the folder', '../../etc/passwd?a=b#c%2f\\d'],
  ['an address', 'https://user:word@example.org/a b'],
  ['a very long one', 'long'.repeat(300)],
  ['nothing but a blank', ' '],
];

/** Rules that are only words: what reporters need of one. */
export const RULES: readonly Rule[] = [
  defineRule<{ name: string; below: number; skip: number; expects: number }>({
    id: 'TOPO900',
    name: 'test-skip',
    title: 'A skip does not fit',
    severity: 'error',
    evidence: 'header',
    since: '0.1.0',
    why: 'The net cannot run.\n\nSecond paragraph.',
    mend: 'Take the file from its\nsource again.',
    sources: ['a source'],
    check: () => [],
    words: ({ name, below, skip, expects }) => ({
      what: `the skip into ${name} does not fit`,
      found: `${below} + ${skip} = ${below + skip} channels`,
      expected: `${expects} channels`,
    }),
  }),
  defineRule<{ name: string }>({
    id: 'FMT900',
    name: 'test-name',
    title: 'A name | is odd',
    severity: 'warning',
    evidence: 'header',
    since: '0.1.0',
    why: 'Because.',
    mend: 'Rename it.',
    sources: [],
    check: () => [],
    words: ({ name }) => ({ what: `odd name ${name}`, evidence: 'the header', fix: `rename ${name}` }),
  }),
  defineRule<{ tensor: string; values: number }>({
    id: 'VAL900',
    name: 'test-values',
    title: 'Values are no numbers',
    severity: 'warning',
    evidence: 'values',
    since: '0.1.0',
    why: 'They spread.',
    mend: 'Take the file from its source again.',
    sources: [],
    check: () => [],
    words: ({ tensor, values }) => ({ what: `${tensor} is not finite`, found: `${values} NaN` }),
  }),
  defineRule<{ probe: string }>({
    id: 'RUN900',
    name: 'test-run',
    title: 'A run does not denoise',
    severity: 'error',
    evidence: 'run',
    since: '0.1.0',
    why: 'Pictures will be noise.',
    mend: 'Take the file from its source again.',
    sources: [],
    check: () => [],
    words: ({ probe }) => ({ what: `the probe ${probe} fails`, evidence: 'a run of the net' }),
  }),
];

export function finding(parts: Partial<Finding>): Finding {
  return {
    rule: 'TOPO900',
    severity: 'error',
    args: { name: 'up_blocks.1.resnets.2', below: 1280, skip: 320, expects: 1920 },
    place: { block: 'up_blocks.1.resnets.2', component: 'unet' },
    related: [],
    ...parts,
  };
}

export const hostileFinding = finding({
  rule: 'FMT900',
  severity: 'warning',
  args: { name: HOSTILE_NAME },
  place: { file: 'other.safetensors', tensor: HOSTILE_NAME, bytes: { offset: 8, length: 16 }, pointer: '/a' },
  related: [{ tensor: 'b' }],
});

export function fileReport(parts: Partial<FileReport>): FileReport {
  return {
    path: 'a.safetensors',
    checkpoint: {
      container: 'safetensors',
      size: 1024,
      files: [{ path: 'a.safetensors', size: 1024 }],
      tensors: 2,
      parameters: 48,
      dtypes: new Map([
        ['F32', 1],
        ['F16', 1],
      ]),
    },
    components: [
      {
        kind: 'vae',
        id: 'autoencoder-kl',
        title: 'AutoencoderKL',
        part: '',
        prefix: 'first_stage_model.',
        tensors: 2,
        parameters: 48,
        dtypes: new Map([['F16', 2]]),
        facts: new Map([['latent_channels', { value: 4, known: 'measured', from: 'conv_in.weight' }]]),
      },
    ],
    findings: [],
    unchecked: [],
    ...parts,
  };
}

export function report(files: readonly FileReport[], failOn: FailOn = 'error', exitCode = 0): Report {
  return { tool: TOOL, rules: RULES, files, totals: totalsOf(files), failOn, exitCode };
}
