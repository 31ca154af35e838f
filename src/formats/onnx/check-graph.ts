/** Holds the model's own graph against what ONNX asks of one: every value is made once, before it is read. */
import type { GraphNode, GraphValue } from '../graph.ts';
import { BROKEN, ODD } from './faults.ts';
import type { GraphReader } from './graph.ts';
import { FIRST_IR_WITH_OPSETS, isKnownDomain, NEWEST_IR } from './types.ts';
import type { Varint } from './wire.ts';
import type { Walker } from './walker.ts';

/** What the model says of itself outside the graph. */
export interface ModelHead {
  /** 0 where it says none. */
  readonly version: Varint;
  readonly opsets: ReadonlyMap<string, number>;
}

export function checkVersion({ version }: ModelHead, { file, faults }: Walker): void {
  if (version > 0 && version <= NEWEST_IR) return;
  const found = typeof version === 'number' ? version : String(version);
  faults.add({ kind: 'onnx-version', file, version: found, newest: NEWEST_IR, ...BROKEN });
}

/** Domains of operators that have to come from elsewhere. Reports them, and those of which no version is imported. */
export function checkDomains(
  { version, opsets }: ModelHead,
  { domains, functions }: Pick<GraphReader, 'domains' | 'functions'>,
  { file, faults, complete }: Walker,
): readonly string[] {
  const used = new Map<string, { readonly operator: string; readonly count: number }>();
  const foreign = new Map<string, { readonly operator: string; readonly count: number }>();
  for (const [key, { domain, operator, count }] of domains) {
    if (functions.has(key)) continue;
    if (!used.has(domain)) used.set(domain, { operator, count });
    if (isKnownDomain(domain)) continue;
    const had = foreign.get(domain);
    foreign.set(domain, { operator: had?.operator ?? operator, count: (had?.count ?? 0) + count });
  }
  for (const [domain, { operator, count }] of foreign) {
    faults.add({ kind: 'onnx-foreign-operator', file, domain, operator, count, ...ODD });
  }
  const imported = new Set([...opsets.keys()].map(plainDomain));
  if (complete && Number(version) >= FIRST_IR_WITH_OPSETS) {
    for (const domain of new Set([...used.keys()].map(plainDomain))) {
      if (!imported.has(domain)) faults.add({ kind: 'onnx-opset-missing', file, domain, ...BROKEN });
    }
  }
  return [...foreign.keys()];
}

/** ONNX's own domain has two names. */
function plainDomain(domain: string): string {
  return domain === 'ai.onnx' ? '' : domain;
}

interface Values {
  readonly inputs: readonly GraphValue[];
  readonly outputs: readonly GraphValue[];
  readonly nodes: readonly GraphNode[];
  readonly initializers: ReadonlyMap<string, unknown>;
}

/** Reports values that are made twice, read before they are made, or never made. */
export function checkValues(
  { inputs, outputs, nodes, initializers }: Values,
  { file, faults }: Walker,
): void {
  const made = new Set<string>(initializers.keys());
  for (const { name } of inputs) made.add(name);
  const later = new Set(nodes.flatMap((node) => node.outputs));
  const told = new Set<string>();
  const early: { readonly value: string; readonly reader: string }[] = [];
  const missing = (value: string, reader: string): void => {
    if (value === '' || made.has(value) || told.has(value)) return;
    told.add(value);
    if (later.has(value)) early.push({ value, reader });
    else faults.add({ kind: 'onnx-value-undefined', file, value, reader, ...BROKEN });
  };
  for (const { op, name, inputs: reads, outputs: writes } of nodes) {
    for (const value of reads) missing(value, name === '' ? op : name);
    for (const value of writes) {
      if (value === '') continue;
      if (made.has(value)) faults.add({ kind: 'onnx-value-twice', file, value, ...BROKEN });
      made.add(value);
    }
  }
  for (const { name } of outputs) missing(name, 'the graph');
  const [first] = early;
  // runtimes put the nodes in order themselves, and converters rely on that
  if (first !== undefined)
    faults.add({ kind: 'onnx-value-early', file, ...first, count: early.length, ...ODD });
}
