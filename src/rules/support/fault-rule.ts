/** A rule whose findings are faults of the container: a reader found them, the rule puts them in words. */
import type { RuleContext } from '../rule.ts';
import {
  defineRule,
  type Draft,
  type FindingArgs,
  type FindingPlace,
  type Rule,
  type Severity,
  type Wording,
} from '../rule.ts';
import type { ByteRange, Fault, FaultKind, FaultOf, MoreFaults, UncheckedKind } from '../../formats/fault.ts';

/** Kinds of faults that are findings. */
export type FindingKind = Exclude<FaultKind, UncheckedKind | 'more-faults'>;

type PlaceField = 'file' | 'bytes' | 'pointer';
type ObjectField = 'first';

/** What a fault's words are made of: the fault without its place. */
type Told<F> = F extends unknown ? Omit<F, PlaceField | ObjectField> : never;

interface FaultCase<F> {
  /** Where it differs from the rule's. */
  readonly severity?: Severity;
  /** Other places of the same fault, beside the first of two that are alike. */
  related?(fault: F): readonly FindingPlace[];
  words(told: Told<F>): Wording;
}

export interface FaultRuleSpec<K extends FindingKind> extends Omit<Rule, 'check' | 'words'> {
  readonly cases: { readonly [kind in K]: FaultCase<FaultOf<kind>> };
}

export interface FaultRule<K extends FindingKind = FindingKind> extends Rule {
  /** The kinds of faults that this rule reports. */
  readonly kinds: readonly K[];
}

/** A rule that reports the faults of the kinds that `cases` names. */
export function faultRule<K extends FindingKind>(spec: FaultRuleSpec<K>): FaultRule<K> {
  const { cases: typed, ...rest } = spec;
  // each case is looked up by the kind of its own faults, so it is given none but those
  const cases = new Map(Object.entries(typed)) as ReadonlyMap<string, FaultCase<Fault>>;
  const rule = defineRule({
    ...rest,
    check: (context) => drafts(context, cases),
    words: (args) => inWords(args, cases),
  });
  return { ...rule, kinds: Object.keys(typed) as K[] };
}

function* drafts(
  { checkpoint }: RuleContext,
  cases: ReadonlyMap<string, FaultCase<Fault>>,
): Iterable<Draft<FindingArgs>> {
  for (const fault of checkpoint.faults) {
    const found = cases.get(fault.kind === 'more-faults' ? fault.of : fault.kind);
    if (found === undefined) continue;
    const related = [
      ...firstPlace(fault),
      ...(fault.kind === 'more-faults' ? [] : (found.related?.(fault) ?? [])),
    ];
    yield {
      args: argsOf(fault),
      place: placeOf(fault),
      ...(related.length === 0 ? {} : { related }),
      ...(found.severity === undefined ? {} : { severity: found.severity }),
    };
  }
}

function inWords(args: FindingArgs, cases: ReadonlyMap<string, FaultCase<Fault>>): Wording {
  if (args.kind === 'more-faults') {
    const { count } = args as Told<MoreFaults>;
    return { what: `${group(count)} more of these in the file` };
  }
  const found = cases.get(String(args.kind));
  if (found === undefined) throw new Error(`a finding of another rule: ${String(args.kind)}`);
  // the arguments are what `argsOf` made of a fault of this kind
  const words = found.words(args as unknown as Told<Fault>);
  const evidence = words.evidence ?? referenceVerdict(args);
  return evidence === undefined ? words : { ...words, evidence };
}

/** What the reference reader does, where the fault says so. */
function referenceVerdict({ reference, referenceError, ggml }: FindingArgs): string | undefined {
  if (ggml === 'refuses') return 'llama.cpp refuses the file';
  if (ggml === 'accepts') return 'llama.cpp loads the file all the same';
  if (reference === 'refuses') return `the safetensors library refuses the file (${String(referenceError)})`;
  return reference === 'accepts' ? 'the safetensors library loads the file all the same' : undefined;
}

/** The fault's own values: everything but its place, which a finding keeps apart. */
function argsOf(fault: Fault): FindingArgs {
  const { file: _file, bytes: _bytes, pointer: _pointer, ...values } = fault;
  return Object.fromEntries(Object.entries(values).filter(([key]) => key !== 'first'));
}

function placeOf({ file, bytes, tensor, pointer }: Fault): FindingPlace {
  return {
    ...(file === '' ? {} : { file }),
    ...(bytes === undefined ? {} : { bytes }),
    ...(tensor === undefined ? {} : { tensor }),
    ...(pointer === undefined ? {} : { pointer }),
  };
}

/** Where the first of two alike stands, for the faults that name it. */
function firstPlace(fault: Fault): readonly FindingPlace[] {
  if (!('first' in fault)) return [];
  const first: ByteRange = fault.first;
  return [{ file: fault.file, bytes: first }];
}

/** Digits in groups of three: `1,234,567`. */
export function group(count: number | string): string {
  return String(count).replaceAll(/\B(?=(?:\d{3})+$)/g, ',');
}

/** `1 byte`, `1,234 bytes`. */
export function bytes(count: number | string): string {
  return `${group(count)} ${String(count) === '1' ? 'byte' : 'bytes'}`;
}

/** `[2, 3]` */
export function dims(shape: readonly (number | string)[]): string {
  return `[${shape.join(', ')}]`;
}
