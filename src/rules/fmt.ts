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
] as const;
