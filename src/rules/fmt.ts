import { FMT001 } from './FMT001.ts';
import { FMT002 } from './FMT002.ts';
import { FMT003 } from './FMT003.ts';
import { FMT004 } from './FMT004.ts';
import { FMT005 } from './FMT005.ts';
import { FMT006 } from './FMT006.ts';
import { FMT007 } from './FMT007.ts';
import { FMT008 } from './FMT008.ts';
import { FMT009 } from './FMT009.ts';
import { FMT010 } from './FMT010.ts';
import { FMT011 } from './FMT011.ts';
import { FMT012 } from './FMT012.ts';
import { FMT013 } from './FMT013.ts';
import { FMT014 } from './FMT014.ts';
import { FMT015 } from './FMT015.ts';
import { FMT016 } from './FMT016.ts';
import { FMT017 } from './FMT017.ts';
import { FMT018 } from './FMT018.ts';
import { FMT019 } from './FMT019.ts';
import { FMT020 } from './FMT020.ts';
import { FMT021 } from './FMT021.ts';
import { FMT022 } from './FMT022.ts';
import { FMT023 } from './FMT023.ts';
import { FMT024 } from './FMT024.ts';
import { FMT025 } from './FMT025.ts';
import { FMT026 } from './FMT026.ts';
import { FMT027 } from './FMT027.ts';
import { FMT028 } from './FMT028.ts';
import { FMT029 } from './FMT029.ts';
import { FMT030 } from './FMT030.ts';
import { FMT040 } from './FMT040.ts';
import { FMT041 } from './FMT041.ts';
import { FMT042 } from './FMT042.ts';
import { FMT043 } from './FMT043.ts';
import { FMT044 } from './FMT044.ts';
import { FMT045 } from './FMT045.ts';
import { FMT046 } from './FMT046.ts';
import { FMT047 } from './FMT047.ts';
import { FMT048 } from './FMT048.ts';
import { FMT049 } from './FMT049.ts';
import { FMT050 } from './FMT050.ts';
import { FMT051 } from './FMT051.ts';
import { FMT060 } from './FMT060.ts';
import { FMT061 } from './FMT061.ts';
import { FMT062 } from './FMT062.ts';
import { FMT063 } from './FMT063.ts';
import { FMT064 } from './FMT064.ts';
import { FMT065 } from './FMT065.ts';
import { FMT066 } from './FMT066.ts';
import { FMT067 } from './FMT067.ts';
import { FMT068 } from './FMT068.ts';
import { FMT069 } from './FMT069.ts';
import { FMT070 } from './FMT070.ts';
import { FMT071 } from './FMT071.ts';
import { FMT072 } from './FMT072.ts';
import { FMT073 } from './FMT073.ts';
import { FMT074 } from './FMT074.ts';
import { FMT075 } from './FMT075.ts';
import { FMT080 } from './FMT080.ts';
import { FMT081 } from './FMT081.ts';
import { FMT082 } from './FMT082.ts';
import { FMT083 } from './FMT083.ts';
import { FMT084 } from './FMT084.ts';
import { FMT085 } from './FMT085.ts';
import { FMT090 } from './FMT090.ts';

/** The rules about containers. Each kind of fault that is a finding belongs to exactly one of them. */
export const fmtRules = [
  FMT001,
  FMT002,
  FMT003,
  FMT004,
  FMT005,
  FMT006,
  FMT007,
  FMT008,
  FMT009,
  FMT010,
  FMT011,
  FMT012,
  FMT013,
  FMT014,
  FMT015,
  FMT016,
  FMT017,
  FMT018,
  FMT019,
  FMT020,
  FMT021,
  FMT022,
  FMT023,
  FMT024,
  FMT025,
  FMT026,
  FMT027,
  FMT028,
  FMT029,
  FMT030,
  FMT040,
  FMT041,
  FMT042,
  FMT043,
  FMT044,
  FMT045,
  FMT046,
  FMT047,
  FMT048,
  FMT049,
  FMT050,
  FMT051,
  FMT060,
  FMT061,
  FMT062,
  FMT063,
  FMT064,
  FMT065,
  FMT066,
  FMT067,
  FMT068,
  FMT069,
  FMT070,
  FMT071,
  FMT072,
  FMT073,
  FMT074,
  FMT075,
  FMT080,
  FMT081,
  FMT082,
  FMT083,
  FMT084,
  FMT085,
  FMT090,
] as const;
