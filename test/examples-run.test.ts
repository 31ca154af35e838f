/** What the examples tell a pipeline's machine to run is run, in a shell with the variables that such a machine sets. */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { buildDefect, soundFile } from './build/safetensors.ts';

const CLI = fileURLToPath(new URL('../dist/cli.js', import.meta.url));
const built = existsSync(CLI);
if (!built) console.warn('dist/cli.js is absent, its tests are skipped: run `npm run build`');

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const read = (name: string) => readFileSync(join(ROOT, name), 'utf8');
const yaml = (name: string) => parseAllDocuments(read(name)).map((one) => one.toJS());

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ungarble-examples-'));
  // npm installs nothing here, npx runs what was built
  for (const [name, line] of [
    ['npm', 'exit 0'],
    ['npx', `[ "$1" = --no-install ] && shift; exec "$@"`],
    ['ungarble', `exec '${process.execPath}' '${CLI}' "$@"`],
  ] as const) {
    mkdirSync(join(folder, 'bin'), { recursive: true });
    writeFileSync(join(folder, 'bin', name), `#!/bin/sh\n${line}\n`);
    chmodSync(join(folder, 'bin', name), 0o755);
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A folder with models, one of them broken, as a pipeline checks them out. */
function checkout(name: string): string {
  const place = join(folder, name);
  mkdirSync(join(place, 'models'), { recursive: true });
  for (let file = 0; file < 5; file += 1) {
    const bytes = file === 3 ? buildDefect('header-text') : soundFile();
    writeFileSync(join(place, `models/${file}.safetensors`), bytes);
  }
  return place;
}

/** Runs lines as a runner does: each fails the script that it is in. */
function shell(lines: string, cwd: string, env: Readonly<Record<string, string>>, program = 'sh') {
  const path = `${join(folder, 'bin')}:${process.env['PATH']}`;
  const { status, stdout, stderr } = spawnSync(program, ['-e', '-c', lines], {
    cwd,
    encoding: 'utf8',
    env: { PATH: path, HOME: cwd, ...env },
  });
  return { code: status, said: stdout + stderr };
}

const written = (place: string) =>
  readdirSync(place)
    .filter((name) => name !== 'models')
    .sort();

describe.runIf(built && process.platform !== 'win32')('the example', { timeout: 120_000 }, () => {
  test('for GitHub: four shards, then one report', () => {
    const [{ jobs }] = yaml('examples/ci/github.yml');
    const place = checkout('github');
    const runs = (job: { steps: { run?: string }[] }) => job.steps.flatMap(({ run }) => run ?? []);
    const codes = [1, 2, 3, 4].map((shard) => {
      const lines = runs(jobs.check).join('\n').replaceAll('${{ matrix.shard }}', String(shard));
      return shell(lines, place, { GITHUB_ACTIONS: 'true' }, 'bash').code;
    });
    expect(codes).toEqual([0, 0, 0, 1]);
    const [install, merge, summary, ...more] = runs(jobs.report);
    expect(more).toEqual([]);
    expect(shell(`${install}\n${merge}`, place, {}, 'bash').code).toBe(1);
    expect(shell(summary ?? '', place, { GITHUB_STEP_SUMMARY: 'summary.md' }, 'bash').code).toBe(0);
    expect(readFileSync(join(place, 'summary.md'), 'utf8')).toContain('models/3.safetensors');
    expect(written(place)).toEqual([
      'part-1.json',
      'part-2.json',
      'part-3.json',
      'part-4.json',
      'report.md',
      'report.sarif',
      'summary.md',
    ]);
  });

  test('for GitLab: its own numbers for the shards', () => {
    const [{ 'check-models': check, 'report-models': report }] = yaml('examples/ci/gitlab-ci.yml');
    const place = checkout('gitlab');
    for (let index = 1; index <= check.parallel; index += 1) {
      const env = { CI_NODE_INDEX: String(index), CI_NODE_TOTAL: String(check.parallel) };
      expect(shell(check.script.join('\n'), place, env).code).toBe(index === 4 ? 1 : 0);
    }
    expect(shell(report.script.join('\n'), place, {}).code).toBe(1);
    const names = Object.values(report.artifacts.reports) as string[];
    expect(written(place)).toEqual(expect.arrayContaining(names));
    const issues: readonly { readonly severity: string; readonly location: { readonly path: string } }[] =
      JSON.parse(readFileSync(join(place, 'codequality.json'), 'utf8'));
    const critical = issues.filter(({ severity }) => severity === 'critical');
    expect(critical.map(({ location }) => location.path)).toEqual(['models/3.safetensors']);
  });

  test('for Jenkins: findings do not end a shard', () => {
    const scripts = [
      ...read('examples/ci/Jenkinsfile').matchAll(/\bsh (?:returnStatus: true, script: )?'([^']+)'/g),
    ].map(([, script = '']) => script);
    const [install, check, clean, again, merge, ...more] = scripts;
    expect(more).toEqual([]);
    const place = checkout('jenkins');
    for (const shard of ['1', '2', '3', '4']) {
      const own = checkout(`jenkins-${shard}`);
      for (const script of [install, check]) {
        expect(shell(script ?? '', own, { SHARD: shard })).toMatchObject({ code: 0 });
      }
      expect(written(own)).toEqual([`part-${shard}.json`]);
      writeFileSync(join(folder, `part-${shard}.json`), readFileSync(join(own, `part-${shard}.json`)));
    }
    writeFileSync(join(place, 'part-9.json'), 'of an earlier build');
    expect(shell(`${clean}\n${again}`, place, {}).code).toBe(0);
    for (const shard of ['1', '2', '3', '4']) {
      writeFileSync(join(place, `part-${shard}.json`), readFileSync(join(folder, `part-${shard}.json`)));
    }
    expect(shell(merge ?? '', place, {}).code).toBe(1);
    expect(readFileSync(join(place, 'junit.xml'), 'utf8')).toContain('tests="5" failures="1"');
  });

  test('for Kubernetes: as many pods as shards, one that merges', () => {
    const [shards, merge] = yaml('examples/ci/kubernetes.yaml');
    const place = checkout('kubernetes');
    mkdirSync(join(place, 'reports'));
    const container = ({ spec }: typeof shards) => spec.template.spec.containers[0];
    const script = (job: typeof shards) => {
      const [program, flag, lines] = container(job).command;
      expect([program, flag]).toEqual(['/bin/sh', '-c']);
      // the volume is mounted there
      return String(lines).replaceAll('/reports/', `${place}/reports/`);
    };
    const { completions } = shards.spec;
    expect(script(shards)).toContain(`/${completions} `);
    // of 32 shards of 5 files all but the first five are empty
    for (const index of [0, 1, 2, 3, 4, 5, completions - 1]) {
      const { code } = shell(script(shards), place, { JOB_COMPLETION_INDEX: String(index) });
      expect(code).toBe(index === 3 ? 1 : 0);
    }
    const partly = shell(script(merge), join(place, 'reports'), {});
    expect(partly.code).toBe(1);
    expect(partly.said).toContain('shard 7/32: no report of this shard');
    expect(written(join(place, 'reports'))).toEqual(expect.arrayContaining(['report.md', 'report.sarif']));
  });
});
