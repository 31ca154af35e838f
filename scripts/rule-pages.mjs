// Writes docs/rules/ from the rules of the built package: one page each, and the index. `npm run docs`.
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { ruleIndex, rulePage, rules } from '../dist/index.js';

const folder = new URL('../docs/rules/', import.meta.url);
const pages = new Map([
  ['README.md', ruleIndex(rules)],
  ...rules.map((rule) => [`${rule.id}.md`, rulePage(rule)]),
]);

await mkdir(folder, { recursive: true });
for (const name of await readdir(folder)) {
  if (name.endsWith('.md') && !pages.has(name)) await rm(new URL(name, folder));
}
for (const [name, text] of pages) await writeFile(new URL(name, folder), text);
