import type { Hints } from '../topology/families/family.ts';
import type { Fact, Known, Net } from '../topology/net.ts';
import type { Problem } from '../topology/problem.ts';
import type { Component, ComponentKind } from './component.ts';
import type { Piece } from './piece.ts';

/** What a kind makes of a piece it knows. */
export interface Recognised {
  readonly kind: ComponentKind;
  readonly id: string;
  readonly title: string;
  readonly facts?: ReadonlyMap<string, Fact<number | string>>;
  readonly net?: Net;
  readonly model?: NonNullable<Component['model']>;
  readonly problems?: readonly Problem[];
}

/** Says what a piece is, by its names and shapes; undefined when it is something else. */
export type Recognise = (piece: Piece, hints: Hints) => Recognised | undefined;

/** Collects facts; a value that is undefined is no fact. */
export class FactList {
  readonly map = new Map<string, Fact<number | string>>();

  add(name: string, value: number | string | undefined, from: string, known: Known = 'measured'): this {
    if (value !== undefined && !Number.isNaN(value)) this.map.set(name, { value, known, from });
    return this;
  }
}
