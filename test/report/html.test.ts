import * as fc from '../build/properties.ts';
import { describe, expect, test } from 'vitest';
import type { DrawnNet } from '../../src/report/details.ts';
import { htmlPage } from '../../src/report/html.ts';
import type { FileReport, Report } from '../../src/report/report.ts';
import { SetupBuilder } from '../../src/setup/setup.ts';
import type { Problem } from '../../src/topology/problem.ts';
import { details, named, pickleOf, programs, runFound } from './details.ts';
import { makeNet, SD1, SDXL, withBrokenSkip } from './nets.ts';
import { fileReport, finding, HOSTILE_NAME, hostileFinding, report } from './reports.ts';
import { type Page, parsePage } from './tags.ts';

const BROKEN: Problem = {
  kind: 'missing-block',
  block: 'down_blocks.1.attentions.0',
  fileBlock: 'model.diffusion_model.input_blocks.4.1',
  tensors: 26,
  because: 'its neighbours are there',
};

/** The page, held to everything that any page must be. */
function pageOf(one: Report, all = false): Page {
  const text = htmlPage(one, { all });
  const page = parsePage(text);
  const names = new Set(page.tags.map(({ name }) => name));
  for (const name of ['script', 'link', 'img', 'iframe', 'object', 'form', 'base', 'use', 'image']) {
    expect(names).not.toContain(name);
  }
  expect(text).not.toMatch(/url\(|@import/);
  const of = (key: string) => page.tags.flatMap(({ attributes }) => attributes.get(key) ?? []);
  const ids = of('id');
  expect(new Set(ids).size).toBe(ids.length);
  const known = new Set(ids.map((id) => `#${id}`));
  expect(of('href').filter((href) => !known.has(href))).toEqual([]);
  expect(of('aria-labelledby').flatMap((value) => value.split(' '))).toEqual(
    of('aria-labelledby').flatMap((value) => value.split(' ').filter((id) => known.has(`#${id}`))),
  );
  const keys = new Set(page.tags.flatMap(({ attributes }) => [...attributes.keys()]));
  expect([...keys].filter((key) => /^on|^src|^style$|^action$/.test(key))).toEqual([]);
  return page;
}

const oneFile = (parts: Partial<FileReport>) => report([fileReport(parts)]);
const classes = ({ tags }: Page, name: string) =>
  tags.filter(({ attributes }) => (attributes.get('class') ?? '').split(' ').includes(name)).length;

describe('the page', () => {
  test('forbids everything but its own styles', () => {
    const [policy] = pageOf(report([])).tags.flatMap(({ attributes }) =>
      attributes.get('http-equiv') === 'Content-Security-Policy' ? [attributes.get('content')] : [],
    );
    expect(policy).toBe("default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'");
  });

  test.each([
    [report([]), 'nothing was checked'],
    [report([fileReport({})]), 'passed'],
    [report([fileReport({ findings: [finding({})] })], 'never'), 'passed, with errors'],
    [report([fileReport({ findings: [finding({})] })], 'error', 1), 'did not pass'],
    [
      report([fileReport({ unchecked: [{ path: 'a', reason: 'b' }] })], 'error', 3),
      'could not check everything',
    ],
    [report([fileReport({})], 'error', 4), 'did not pass'],
  ])('%# says how the run came out', (one, words) => {
    expect(pageOf(one).text).toMatch(new RegExp(`ungarble: ${words} `));
  });

  test('lists files the gravest first, each with a link to its section', () => {
    const page = pageOf(
      report(
        [
          fileReport({ path: 'sound' }),
          fileReport({ path: 'noted', findings: [{ ...hostileFinding, severity: 'note' }] }),
          fileReport({ path: 'warned', findings: [hostileFinding] }),
          fileReport({ path: 'partly', unchecked: [{ path: 'vae', reason: 'not read' }] }),
          fileReport({ path: 'broken', findings: [finding({})], unchecked: [{ path: 'vae', reason: 'no' }] }),
          {
            path: 'gone',
            components: [],
            findings: [],
            unchecked: [],
            failure: { kind: 'unreadable', reason: 'x' },
          },
        ],
        'error',
        1,
      ),
    );
    const listed = page.text.slice(0, page.text.indexOf('File by file'));
    const order = ['gone', 'broken', 'partly', 'warned', 'noted', 'sound'].map((path) =>
      listed.search(new RegExp(` ${path} `)),
    );
    expect(order).not.toContain(-1);
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(listed).toContain('1 error, not wholly checked');
    expect(
      page.tags.filter(({ name }) => name === 'a').map(({ attributes }) => attributes.get('href')),
    ).toEqual(expect.arrayContaining(['#file1', '#file6', '#rule-TOPO900', '#rule-FMT900']));
  });

  test('says what was not checked, and why', () => {
    const { text } = pageOf(oneFile({ unchecked: [{ path: 'vae', reason: 'not read by this version' }] }));
    expect(text).toMatch(/Not checked: +vae +: +not read by this version/);
    expect(text).toContain('no findings in what was checked');
  });

  test('has the pages of the rules that found something, and no others', () => {
    const { text } = pageOf(oneFile({ findings: [finding({})] }));
    expect(text).toContain('The net cannot run.');
    expect(text).toContain('Second paragraph.');
    expect(text).toContain('Take the file from its source again.');
    expect(text).not.toContain('A name | is odd');
  });

  test('says how one fault of a rule is mended once, and each of different ones', () => {
    const alike = pageOf(oneFile({ findings: [finding({}), finding({ args: { name: 'x' } })] })).text;
    expect(alike.slice(0, alike.indexOf('What these rules say')).match(/ mend /g)).toHaveLength(1);
    const others = ['a', 'b'].map((name) => finding({ rule: 'FMT900', severity: 'warning', args: { name } }));
    expect(pageOf(oneFile({ findings: others })).text.match(/rename [ab] /g)).toHaveLength(2);
  });

  test('keeps what is known and not counted, with who says so', () => {
    const { text } = pageOf(
      oneFile({ suppressed: [{ finding: hostileFinding, by: 'config', reason: 'the net is meant so' }] }),
    );
    expect(text).toMatch(/1 known finding not counted .*FMT900.* the config *: +the net is meant so/);
  });

  test('shows a setup with who says each field', () => {
    const setup = new SetupBuilder('flow.json')
      .says('steps', 20, '/3/inputs/steps')
      .assumes('guidance', 8, 'the default of its node')
      .build('flow.json, node 3', 'comfyui');
    const { text } = pageOf({ ...report([fileReport({})]), against: [setup] });
    expect(text).toMatch(/steps +20 +declared +flow\.json \/3\/inputs\/steps/);
    expect(text).toMatch(/guidance +8 +convention +the default of its node/);
  });

  test('says what a run of the net found, what could not be judged, and what others say', () => {
    const run = { ...details(makeNet(SD1)), run: runFound('What was measured.') };
    const { text } = pageOf(oneFile({ details: run }));
    expect(text).toMatch(/What a run of the net found: +garbled/);
    expect(text).toMatch(/gain: +What was measured\. +\(garbled\)/);
    expect(text).toMatch(/prediction type: +What was measured\. +\(sound\)/);
    expect(text).toMatch(/text: not judged, +What was measured\./);
    expect(text).toMatch(/schedule +linear 0\.0001 … 0\.02 +convention/);
    expect(pageOf(oneFile({ details: details(makeNet(SD1)) })).text).not.toContain('What a run');
  });

  test('shows what each program takes the file for, and where it is wrong', () => {
    const shown = pageOf(oneFile({ details: details(makeNet(SD1), [], undefined, programs('SDXL')) }));
    expect(shown.text).toMatch(/Program 1[^]*SDXL[^]*✘ +epsilon[^]*sd, zero SNR/);
    expect(shown.text).toMatch(/what its user says/);
    expect(shown.text).toMatch(/nothing +SDXL/);
    expect(classes(shown, 'bad')).toBe(1);
  });

  test('says what the pickles of a file would do', () => {
    const { checkpoint } = fileReport({});
    if (checkpoint === undefined) throw new Error('no checkpoint');
    const { text } = pageOf(oneFile({ checkpoint: { ...checkpoint, pickles: [pickleOf('os.system')] } }));
    expect(text).toContain('✘ loading it would run code: os.system.os.system');
  });

  test('says that a report out of JSON has no drawings', () => {
    expect(pageOf(report([fileReport({})])).text).toContain('No net is drawn here');
    expect(pageOf(oneFile({ details: details(makeNet(SD1)) })).text).not.toContain('No net is drawn here');
  });
});

describe('the U', () => {
  const unfit = withBrokenSkip(makeNet(SD1), 4);

  test.each([
    ['sd1', SD1, 12],
    ['sdxl', SDXL, 9],
  ])('%s: a line for each skip, a box for each block, and both in words', (_, spec, skips) => {
    const net = makeNet(spec);
    const page = pageOf(oneFile({ details: details(net) }));
    expect(classes(page, 'skip')).toBe(skips);
    const boxes = [...net.encoder, ...net.decoder, ...(net.middle === undefined ? [] : [net.middle])].flatMap(
      ({ blocks }) => blocks,
    );
    const drawn = ['resnet', 'transformer', 'sampler', 'conv'].reduce(
      (sum, kind) => sum + classes(page, kind),
      0,
    );
    // and the convolutions at its two ends
    expect(drawn).toBe(boxes.length + 2);
    expect(page.text).toContain(`${skips} skip connections across. All hold.`);
    expect(page.text).toContain(`${skips} of ${skips} skip connections hold`);
  });

  test('marks the skip that does not fit, in the drawing, the words and the table', () => {
    const page = pageOf(oneFile({ details: details(unfit) }));
    expect(page.tags.filter(({ attributes }) => attributes.get('class') === 'skip unfit')).toHaveLength(1);
    expect(page.tags.filter(({ attributes }) => attributes.get('class') === 'unfit')).toHaveLength(1);
    expect(page.text).toContain('1 of them does not fit.');
    expect(page.text).toMatch(/✘ 11 of 12 skip connections hold/);
    expect(page.text).toMatch(/✘ +up_blocks\.1\.resnets\.1 /);
  });

  test('marks the block that is broken', () => {
    const page = pageOf(oneFile({ details: details(makeNet(SD1), [BROKEN]) }));
    expect(classes(page, 'broken')).toBe(1);
    expect(page.text).toContain('✘ transformer');
    expect(page.text).toContain('Broken: down_blocks.1.attentions.0.');
  });

  test('shows the two sizes that meet where a size does not divide', () => {
    const { text } = pageOf(oneFile({ details: details(makeNet(SD1), [], 520) }));
    expect(text).toContain('65×65');
    const plain = pageOf(oneFile({ details: details(makeNet(SD1)) })).text;
    expect(plain).toContain('1/8 · 1280 wide');
  });

  test('no line leaves the drawing, and none has a number that is none', () => {
    const deep = {
      ...SD1,
      channels: Array.from({ length: 12 }, () => 64),
      depths: Array.from({ length: 12 }, () => 1),
    };
    for (const spec of [SD1, SDXL, { ...SD1, withMiddle: false }, deep]) {
      const page = pageOf(oneFile({ details: details(makeNet(spec)) }));
      const [, , width, height] = (
        page.tags.find(({ name }) => name === 'svg')?.attributes.get('viewBox') ?? ''
      )
        .split(' ')
        .map(Number);
      const within = (key: string, most: number | undefined) => {
        for (const { name, attributes } of page.tags) {
          const value = attributes.get(key);
          if (value === undefined || !['rect', 'text', 'line'].includes(name)) continue;
          expect(Number(value)).toBeGreaterThanOrEqual(0);
          expect(Number(value)).toBeLessThanOrEqual(most ?? 0);
        }
      };
      for (const key of ['x', 'x1', 'x2', 'width']) within(key, width);
      for (const key of ['y', 'y1', 'y2', 'height']) within(key, height);
    }
  });

  test('a net of more blocks than can be told apart is said so, not drawn', () => {
    const page = pageOf(oneFile({ details: details(makeNet({ ...SD1, layers: 60 })) }));
    expect(page.tags.some(({ name }) => name === 'svg')).toBe(false);
    expect(page.text).toContain('too many blocks for a drawing');
  });

  test('of many skips those that fail are never left out', () => {
    const net = withBrokenSkip(makeNet({ ...SD1, layers: 60 }), 230);
    const one = oneFile({ details: details(net) });
    expect(classes(pageOf(one), 'unfit')).toBe(1);
    expect(pageOf(one).text).toContain('and 144 more; --all lists them.');
    expect(pageOf(one, true).text).not.toContain('--all lists them');
  });
});

describe('names from files', () => {
  const shape = (one: Report) =>
    pageOf(one).tags.map(({ name, attributes }) =>
      [name, ...attributes.keys(), attributes.get('href')].join(' '),
    );
  const tame = shape(named('abc'));

  test.each([
    ['markup', '</style></title><script>alert(1)</script><img src=x onerror=alert(1)>'],
    ['quotes', `" onload="alert(1)" x='`],
    ['an address', 'javascript:alert(1)//https://example.org'],
    ['entities', '&lt;b&gt;&amp;&#60;script&#62;'],
    ['an end of a drawing', '</text></svg><foreignObject>]]><!--'],
    ['what acts on readers', HOSTILE_NAME],
    ['NUL and controls', 'a\0b\u001bc\u007f\u0085'],
    ['right to left', 'אבג\u202e\u2066מודל'],
    ['ten thousand letters', 'x'.repeat(10_000)],
  ])('%s: nothing but text', (_, name) => {
    expect(shape(named(name))).toEqual(tame);
  });

  test('whatever they are, the tags of the page are the same', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }), (name) => {
        expect(shape(named(name))).toEqual(tame);
      }),
      { numRuns: 30 },
    );
  });

  test('are shown in a form that cannot be mistaken', () => {
    const { text } = pageOf(named('a\u202eb\0<i>'));
    expect(text).toContain('a\\u202eb\\x00<i>');
  });

  test('of any length are cut: the page does not grow with them', () => {
    const long = htmlPage(named('x'.repeat(1_000_000)), { all: true });
    expect(long.length).toBeLessThan(200_000);
  });
});

describe('many files', () => {
  const drawn = (net: DrawnNet) => ({ nets: [net], setups: [], runtimes: [] });
  const [net] = details(makeNet(SD1)).nets;
  const files = Array.from({ length: 1000 }, (_, index) =>
    fileReport({
      path: `models/${index}.safetensors`,
      ...(index % 10 === 0 ? { findings: [finding({})] } : {}),
      ...(net === undefined ? {} : { details: drawn(net) }),
    }),
  );
  const many = report(files, 'error', 1);

  test('are all in the table; so many are drawn as a browser can hold', () => {
    const page = pageOf(many);
    expect(page.tags.filter(({ name }) => name === 'svg')).toHaveLength(60);
    expect(page.tags.filter(({ name }) => name === 'tr').length).toBeGreaterThan(1000);
    for (let index = 0; index < 1000; index += 10) {
      expect(page.text).toContain(` models/${index}.safetensors `);
    }
    expect(page.text).toContain('not drawn here; --all draws every one');
    expect(htmlPage(many, { all: false }).length).toBeLessThan(4_000_000);
  });

  test('are all drawn when all are asked for', () => {
    expect(htmlPage(many, { all: true }).match(/<svg /g)).toHaveLength(1000);
  });

  test('findings of one file are folded, and counted', () => {
    const one = oneFile({ findings: Array.from({ length: 500 }, () => finding({})) });
    expect(classes(pageOf(one), 'finding')).toBe(20);
    expect(pageOf(one).text).toContain('and 300 more findings; --all lists them.');
    expect(classes(pageOf(one, true), 'finding')).toBe(500);
  });
});
