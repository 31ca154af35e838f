/** Names that mean something to a format: each stays text there, and the shape of the report is that of tame names. */
import { describe, expect, test } from 'vitest';
import { concise } from '../../src/report/concise.ts';
import { escapeText } from '../../src/report/escape.ts';
import { github } from '../../src/report/github.ts';
import { gitlab } from '../../src/report/gitlab.ts';
import { reporters } from '../../src/report/index.ts';
import { junit } from '../../src/report/junit.ts';
import { markdown } from '../../src/report/markdown.ts';
import { sarif } from '../../src/report/sarif.ts';
import type { Report } from '../../src/report/report.ts';
import { validateJson, validateJsonLines } from '../../src/report/validate-json.ts';
import { HOSTILE_NAMES, report, WIDE } from './reports.ts';
import { namedFile } from './samples.ts';

const named = (name: string): Report => report([namedFile(name)], 'warning', 1);
const TAME = named('abc');

/** The name as it is shown within a text: at the beginning of one it could be a command. */
const inside = (name: string) => escapeText(`x${name}`).slice(1);

/** Elements and the names of their attributes, as a strict reader of XML finds them. */
function xmlShape(text: string): readonly string[] {
  const [head, ...tags] = text.split(/(?<=>)[^<>]*(?=<)|(?<=>)[^<>]*$/);
  expect(head).toBe('<?xml version="1.0" encoding="UTF-8"?>');
  return tags
    .filter((tag) => tag !== '')
    .map((tag) => {
      const shape = /^<\/?([a-z-]+)((?: [a-z]+="[^"<>]*")*)\/?>$/.exec(tag);
      if (shape === null) throw new Error(`no tag of XML: ${tag.slice(0, 80)}`);
      return [shape[1], ...(shape[2] ?? '').matchAll(/ ([a-z]+)="/g)].map(String).join(' ');
    });
}

/** What GitHub's runner makes of a line of a log: its command, the values as they were meant. */
function commandOf(line: string): Readonly<Record<string, string>> | undefined {
  const match = /^::([a-z]+) ([^]*?)::([^]*)$/.exec(line.trimStart());
  if (match === null) return undefined;
  const [, command = '', properties = '', data = ''] = match;
  const plain = (text: string) =>
    text
      .replaceAll('%3A', ':')
      .replaceAll('%2C', ',')
      .replaceAll('%0D', '\r')
      .replaceAll('%0A', '\n')
      .replaceAll('%25', '%');
  return Object.fromEntries([
    ['command', command],
    ...properties
      .split(',')
      .map((each) => [each.slice(0, each.indexOf('=')), plain(each.slice(each.indexOf('=') + 1))]),
    ['data', data.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%')],
  ]);
}

describe.each(HOSTILE_NAMES)('%s', (_, name) => {
  const one = named(name);

  test('is itself in JSON, and in lines of it', () => {
    const { files } = JSON.parse(validateJson(one));
    expect([files[0].path, files[0].findings[0].args.name, files[0].unchecked[0].reason]).toEqual([
      name,
      name,
      name,
    ]);
    const lines = validateJsonLines(one).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line).format)).toEqual([
      'ungarble/validate-file@1',
      'ungarble/validate-run@1',
    ]);
    expect(JSON.parse(lines[0] ?? '').path).toBe(name);
  });

  test('is visible in SARIF, and no address that it is not', () => {
    const [run] = JSON.parse(sarif(one)).runs;
    const [result] = run.results;
    expect(result.message.text).toContain(`odd name ${inside(name)}.`);
    const { uri } = result.locations[0].physicalLocation.artifactLocation;
    expect(uri).toMatch(/^(?:[A-Za-z0-9\-_.!~*'()/]|%[0-9A-F]{2})+$/);
    // of a model folder on this machine, whatever its name looks like
    expect(new URL(uri, 'file:///models/x/y/z/').protocol).toBe('file:');
  });

  test('is visible in GitLab’s report', () => {
    const issues = JSON.parse(gitlab(one));
    expect(issues).toHaveLength(2);
    for (const { description, location } of issues) {
      expect(description).toContain(inside(name));
      expect(location.path).toContain(name);
    }
    expect(new Set(issues.map((issue: { fingerprint: string }) => issue.fingerprint)).size).toBe(2);
  });

  test('makes no element in XML', () => {
    expect(xmlShape(junit(one))).toEqual(xmlShape(junit(TAME)));
    // only what XML 1.0 has, as it stands or as an entity
    expect(junit(one)).not.toMatch(
      /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]|&(?!(?:amp|lt|gt|quot);)/u,
    );
  });

  test('makes no workflow command, and is what GitHub reads out of one', () => {
    const lines = github(one).trimEnd().split('\n');
    const tame = github(TAME).trimEnd().split('\n');
    const commands = lines.map(commandOf);
    expect(commands.map((each) => each?.['command'])).toEqual(
      tame.map((line) => commandOf(line)?.['command']),
    );
    expect(commands.map((each) => Object.keys(each ?? {}))).toEqual(
      tame.map((line) => Object.keys(commandOf(line) ?? {})),
    );
    const finding = commands.find((each) => each?.['title']?.startsWith('ungarble: FMT900') === true);
    expect(finding?.['file']).toContain(escapeText(name));
    expect(finding?.['data']).toContain(`odd name ${inside(name)}.`);
  });

  test('makes no row, cell, link or HTML in Markdown', () => {
    const bare = (text: string) => text.replaceAll(/\\[^\n]|&(?:amp|lt|gt|#47);/g, '');
    const shape = (text: string) =>
      bare(text)
        .split('\n')
        .map((line) => line.replaceAll(/[^|#\-*`<>[\]()!]/g, '').replaceAll(/[-()!]+/g, ''));
    expect(shape(markdown(one, { all: true }))).toEqual(shape(markdown(TAME, { all: true })));
    expect(bare(markdown(one, { all: true }))).not.toMatch(/[`<>[\]~@$]|:\/\//);
  });

  test('is no command to a machine that prints the report into its log', async () => {
    for (const { id, load } of reporters) {
      const text = (await load())(one, { all: true, view: WIDE });
      // GitHub's annotations are commands, and are read above
      const logged = id === 'github' ? text.replaceAll(/^::/gm, '') : text;
      expect(logged).not.toMatch(/##[a-z]*\[|^\s*::/im);
    }
  });

  test('is one line of a log', () => {
    expect(concise(one, WIDE).split('\n')).toHaveLength(concise(TAME, WIDE).split('\n').length);
  });
});

test('a very long name is cut where people read, and whole where machines do', () => {
  const one = named('x'.repeat(1_000_000));
  for (const text of [concise(one, WIDE), markdown(one, { all: true })])
    expect(text.length).toBeLessThan(30_000);
  expect(JSON.parse(validateJson(one)).files[0].path).toHaveLength(1_000_000);
});
