import { TOPO001 } from './TOPO001.ts';
import { TOPO002 } from './TOPO002.ts';
import { TOPO003 } from './TOPO003.ts';
import { TOPO004 } from './TOPO004.ts';
import { TOPO005 } from './TOPO005.ts';
import { TOPO006 } from './TOPO006.ts';
import { TOPO007 } from './TOPO007.ts';
import { TOPO008 } from './TOPO008.ts';
import { TOPO009 } from './TOPO009.ts';
import { TOPO010 } from './TOPO010.ts';
import { TOPO011 } from './TOPO011.ts';
import type { Rule } from './rule.ts';

/** Rules about the net itself: its blocks, widths and skip connections. */
export const topoRules: readonly Rule[] = [
  TOPO001,
  TOPO002,
  TOPO003,
  TOPO004,
  TOPO005,
  TOPO006,
  TOPO007,
  TOPO008,
  TOPO009,
  TOPO010,
  TOPO011,
];
