import type { Component } from '../../components/component.ts';
import type { Checkpoint, Tensor } from '../../formats/checkpoint.ts';
import type { Problem } from '../../topology/problem.ts';
import type { FindingPlace, RuleContext } from '../rule.ts';

/** The places that findings point to, put together in one way for all rules. */

/** Where a tensor lies. */
export function tensorPlace(checkpoint: Checkpoint, component: Component, tensor: Tensor): FindingPlace {
  const file = checkpoint.files[tensor.file]?.path;
  return {
    ...(file === undefined ? {} : { file }),
    bytes: { offset: tensor.offset, length: tensor.byteLength },
    tensor: tensor.name,
    component: componentName(component),
  };
}

/** Where a block lies; `tensor` is the name under which something is looked for. */
export function blockPlace(
  checkpoint: Checkpoint,
  component: Component,
  block: string,
  tensor?: string,
): FindingPlace {
  const index = component.tensors[0]?.tensor.file;
  const file = index === undefined ? undefined : checkpoint.files[index]?.path;
  return {
    ...(file === undefined ? {} : { file }),
    ...(tensor === undefined ? {} : { tensor }),
    block,
    component: componentName(component),
  };
}

/** What people call a component: its folder, else its kind. */
export function componentName(component: Component): string {
  return component.part === '' ? component.kind : component.part;
}

type ProblemOf<K extends Problem['kind']> = Extract<Problem, { kind: K }>;

/** All problems of one kind, with the component they were found in. */
export function* problemsOf<K extends Problem['kind']>(
  context: RuleContext,
  kind: K,
): Generator<{ component: Component; problem: ProblemOf<K> }> {
  for (const component of context.components) {
    for (const problem of component.problems) {
      if (problem.kind === kind) yield { component, problem: problem as ProblemOf<K> };
    }
  }
}

/** `[1280, 320, 3, 3]`; an axis that nothing in the file tells is `?`. */
export function shapeText(shape: readonly number[]): string {
  return `[${shape.map((dim) => (Number.isNaN(dim) ? '?' : dim)).join(', ')}]`;
}

/** A name as it is put into a sentence: in quotes where it would else run into the words around it. */
export function nameText(name: string): string {
  return /^\S*[^\s.]$/.test(name) ? name : JSON.stringify(name);
}

/** `1 tensor`, `2 tensors`. */
export function counted(count: number, one: string): string {
  return `${count} ${one}${count === 1 ? '' : 's'}`;
}
