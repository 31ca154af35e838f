import { RES001 } from './RES001.ts';
import { RES002 } from './RES002.ts';
import { RES003 } from './RES003.ts';
import { RES004 } from './RES004.ts';
import type { Rule } from './rule.ts';

/** Rules about the resolution asked for. */
export const resRules: readonly Rule[] = [RES001, RES002, RES003, RES004];
