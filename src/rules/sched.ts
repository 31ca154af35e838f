import { SCHED001 } from './SCHED001.ts';
import { SCHED002 } from './SCHED002.ts';
import { SCHED003 } from './SCHED003.ts';
import { SCHED004 } from './SCHED004.ts';
import { SCHED005 } from './SCHED005.ts';
import { SCHED006 } from './SCHED006.ts';
import { SCHED007 } from './SCHED007.ts';
import { SCHED008 } from './SCHED008.ts';
import { SCHED009 } from './SCHED009.ts';
import { SCHED010 } from './SCHED010.ts';
import { SCHED011 } from './SCHED011.ts';
import { SCHED012 } from './SCHED012.ts';
import { SCHED013 } from './SCHED013.ts';
import { SCHED014 } from './SCHED014.ts';
import { SCHED015 } from './SCHED015.ts';
import { SCHED016 } from './SCHED016.ts';
import { SCHED017 } from './SCHED017.ts';
import { SCHED018 } from './SCHED018.ts';
import { SCHED019 } from './SCHED019.ts';
import { SCHED030 } from './SCHED030.ts';
import { SCHED031 } from './SCHED031.ts';
import { SCHED020 } from './SCHED020.ts';
import { SCHED021 } from './SCHED021.ts';
import { SCHED022 } from './SCHED022.ts';
import type { Rule } from './rule.ts';

/** Rules of schedules, samplers and the setups that name them. */
export const schedRules: readonly Rule[] = [
  SCHED001,
  SCHED002,
  SCHED003,
  SCHED004,
  SCHED005,
  SCHED006,
  SCHED007,
  SCHED008,
  SCHED009,
  SCHED010,
  SCHED011,
  SCHED012,
  SCHED013,
  SCHED014,
  SCHED015,
  SCHED016,
  SCHED017,
  SCHED018,
  SCHED019,
  SCHED020,
  SCHED021,
  SCHED022,
  SCHED030,
  SCHED031,
];
