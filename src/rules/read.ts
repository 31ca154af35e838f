import { READ001 } from './READ001.ts';
import { READ002 } from './READ002.ts';
import { READ003 } from './READ003.ts';
import { READ004 } from './READ004.ts';
import { READ005 } from './READ005.ts';
import { READ006 } from './READ006.ts';
import { READ007 } from './READ007.ts';
import type { Rule } from './rule.ts';

/** The rules of programs that read a model as what it is not, one file each. */
export const readRules: readonly Rule[] = [READ001, READ002, READ003, READ004, READ005, READ006, READ007];
