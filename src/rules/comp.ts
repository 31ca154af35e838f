import { COMP001 } from './COMP001.ts';
import { COMP002 } from './COMP002.ts';
import { COMP003 } from './COMP003.ts';
import { COMP004 } from './COMP004.ts';
import { COMP005 } from './COMP005.ts';
import { COMP006 } from './COMP006.ts';
import { COMP007 } from './COMP007.ts';
import { COMP008 } from './COMP008.ts';
import { COMP009 } from './COMP009.ts';
import { COMP010 } from './COMP010.ts';
import { COMP011 } from './COMP011.ts';
import { COMP012 } from './COMP012.ts';
import { COMP013 } from './COMP013.ts';
import { COMP014 } from './COMP014.ts';
import { COMP015 } from './COMP015.ts';
import { COMP016 } from './COMP016.ts';
import { COMP017 } from './COMP017.ts';
import { COMP018 } from './COMP018.ts';
import { COMP019 } from './COMP019.ts';
import { COMP020 } from './COMP020.ts';
import { COMP021 } from './COMP021.ts';
import { COMP022 } from './COMP022.ts';
import { COMP023 } from './COMP023.ts';
import { COMP024 } from './COMP024.ts';
import { COMP025 } from './COMP025.ts';
import { COMP026 } from './COMP026.ts';
import { COMP027 } from './COMP027.ts';
import { COMP028 } from './COMP028.ts';
import { COMP029 } from './COMP029.ts';
import { COMP030 } from './COMP030.ts';
import { COMP031 } from './COMP031.ts';
import { COMP032 } from './COMP032.ts';
import { COMP033 } from './COMP033.ts';
import { COMP034 } from './COMP034.ts';
import { COMP035 } from './COMP035.ts';
import { COMP036 } from './COMP036.ts';
import { COMP037 } from './COMP037.ts';
import { COMP038 } from './COMP038.ts';
import { COMP039 } from './COMP039.ts';
import { COMP040 } from './COMP040.ts';
import { COMP041 } from './COMP041.ts';
import type { Rule } from './rule.ts';

/** The rules of components against each other, one file each. */
export const compRules: readonly Rule[] = [
  COMP001,
  COMP002,
  COMP003,
  COMP004,
  COMP005,
  COMP006,
  COMP007,
  COMP008,
  COMP009,
  COMP010,
  COMP011,
  COMP012,
  COMP013,
  COMP014,
  COMP015,
  COMP016,
  COMP017,
  COMP018,
  COMP019,
  COMP020,
  COMP021,
  COMP022,
  COMP023,
  COMP024,
  COMP025,
  COMP026,
  COMP027,
  COMP028,
  COMP029,
  COMP030,
  COMP031,
  COMP032,
  COMP033,
  COMP034,
  COMP035,
  COMP036,
  COMP037,
  COMP038,
  COMP039,
  COMP040,
  COMP041,
];
