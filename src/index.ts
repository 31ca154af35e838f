/**
 * ungarble as a library: open a checkpoint, rebuild the U-Net inside it, run the rules.
 *
 * ```ts
 * const { components, findings } = await validate('model.safetensors', { resolution: { width: 512, height: 768 } });
 * const net = components.find(({ kind }) => kind === 'unet')?.net;
 * for (const finding of findings) console.log(finding.rule, wordsOf(finding).what);
 * ```
 */
import type { ByteSource, ByteTree } from './bytes/source.ts';
import { singleTarget } from './cli/targets.ts';
import type { Checkpoint } from './formats/checkpoint.ts';
import { openCheckpoint as readCheckpoint } from './formats/index.ts';
import { ruleOf } from './rules/index.ts';
import type { Finding, Wording } from './rules/rule.ts';
import { validateCheckpoint, type ValidateOptions, type Validation } from './rules/validate.ts';

/**
 * Reads the headers and configs of a model: a file, a model folder, an index of shards, or an address (`https://…`,
 * `hf://owner/repository[@revision][/path]`), of which only the bytes that are needed are fetched. Whatever is wrong
 * in the files is in `faults`; what could not be looked into is in `unchecked`.
 * @throws {UsageError} when nothing is at the path, {ReadError} when it cannot be opened.
 */
export async function openCheckpoint(model: string | ByteSource | ByteTree): Promise<Checkpoint> {
  if (typeof model !== 'string') return readCheckpoint(model);
  const remote = async () =>
    (await import('./cli/remote.ts')).openRemote({ env: process.env, atInterrupt: () => () => {} });
  const target = await singleTarget(model, process.cwd(), remote);
  return target.open(readCheckpoint);
}

/**
 * Opens a model, says what it is made of and runs every rule on it.
 * @throws {UsageError} when nothing is at the path, {ReadError} when it cannot be opened.
 */
export async function validate(
  model: string | ByteSource | ByteTree,
  options: ValidateOptions = {},
): Promise<Validation> {
  return validateCheckpoint(await openCheckpoint(model), options);
}

/** What a finding says. Names in it are as the file has them: escape them before a terminal sees them. */
export function wordsOf(finding: Finding): Wording {
  return ruleOf(finding.rule).words(finding.args);
}

export { memorySource, memoryTree } from './bytes/memory.ts';
export { type ByteSource, type ByteTree, ReadError, type TreeEntry } from './bytes/source.ts';
export { UsageError } from './cli/exit.ts';
export { identifyComponents } from './components/index.ts';
export type { Component, ComponentKind } from './components/component.ts';
export type {
  Checkpoint,
  CheckpointFile,
  ConfigFile,
  Part,
  Tensor,
  Unchecked,
} from './formats/checkpoint.ts';
export type { Dtype } from './formats/dtype.ts';
export type { Fault } from './formats/fault.ts';
export type { PickleGlobal, PickleTrick } from './formats/pytorch/pickle-log.ts';
export type { PickleReport, PickleVerdict } from './formats/pytorch/pickle-report.ts';
export { readTensor, tensorPieces } from './formats/read-tensor.ts';
export { ruleIndex, rulePage } from './report/rule-page.ts';
export { rules, runRules } from './rules/index.ts';
export type {
  Area,
  Draft,
  Evidence,
  Finding,
  FindingArgs,
  FindingPlace,
  Rule,
  RuleContext,
  RuleId,
  Severity,
  Wording,
} from './rules/rule.ts';
export * from './schedule/index.ts';
export { type Lock, type LockData, lockData } from './setup/lock.ts';
export type { Setup, SetupFields, SetupValues, Told } from './setup/setup.ts';
export { type Against, readAgainst, readSetupFolder, SetupError } from './setup/sources/index.ts';
export { validateCheckpoint, type ValidateOptions, type Validation } from './rules/validate.ts';
export type { Declared } from './topology/assemble.ts';
export { families } from './topology/families/index.ts';
export type { Family, Hints } from './topology/families/family.ts';
export type { NamedTensor } from './topology/named.ts';
export {
  type AttentionFacts,
  type Block,
  type BlockKind,
  blocksOf,
  type Conditioning,
  type Fact,
  type FamilyDifference,
  type FamilyMatch,
  type Known,
  type Net,
  type OwnedTensor,
  type Skip,
  type Stage,
} from './topology/net.ts';
export type { Problem } from './topology/problem.ts';
export { reconstruct, type Reconstruction } from './topology/reconstruct.ts';
export { type Extent, latentSize, sizesAt } from './topology/resolution.ts';
