import { SAFE001 } from './SAFE001.ts';
import { SAFE002 } from './SAFE002.ts';
import { SAFE003 } from './SAFE003.ts';
import { SAFE004 } from './SAFE004.ts';
import { SAFE005 } from './SAFE005.ts';
import { SAFE006 } from './SAFE006.ts';
import { SAFE007 } from './SAFE007.ts';
import { SAFE008 } from './SAFE008.ts';
import { SAFE009 } from './SAFE009.ts';
import { SAFE010 } from './SAFE010.ts';
import { SAFE011 } from './SAFE011.ts';
import { SAFE012 } from './SAFE012.ts';
import { SAFE013 } from './SAFE013.ts';

/** The rules about safety that report what a reader found; each such kind of fault belongs to exactly one rule. */
export const safeFaultRules = [SAFE005, SAFE006, SAFE007, SAFE008, SAFE009, SAFE010, SAFE012] as const;

/** The rules about what loading a file would do to the machine. */
export const safeRules = [SAFE001, SAFE002, SAFE003, SAFE004, SAFE011, SAFE013, ...safeFaultRules] as const;
