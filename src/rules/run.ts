import { RUN001 } from './RUN001.ts';
import { RUN002 } from './RUN002.ts';
import { RUN003 } from './RUN003.ts';
import { RUN004 } from './RUN004.ts';
import { RUN005 } from './RUN005.ts';
import { RUN006 } from './RUN006.ts';
import { RUN007 } from './RUN007.ts';
import { RUN008 } from './RUN008.ts';
import { RUN009 } from './RUN009.ts';
import { RUN010 } from './RUN010.ts';
import { RUN011 } from './RUN011.ts';
import type { Rule } from './rule.ts';

/** Rules about what a run of the net shows. */
export const runRules: readonly Rule[] = [
  RUN001,
  RUN002,
  RUN003,
  RUN004,
  RUN005,
  RUN006,
  RUN007,
  RUN008,
  RUN009,
  RUN010,
  RUN011,
];
