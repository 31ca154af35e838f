import { VAL001 } from './VAL001.ts';
import { VAL002 } from './VAL002.ts';
import { VAL003 } from './VAL003.ts';
import { VAL004 } from './VAL004.ts';
import { VAL005 } from './VAL005.ts';
import { VAL006 } from './VAL006.ts';
import { VAL007 } from './VAL007.ts';
import { VAL008 } from './VAL008.ts';
import { VAL009 } from './VAL009.ts';
import { VAL010 } from './VAL010.ts';
import { VAL011 } from './VAL011.ts';
import { VAL012 } from './VAL012.ts';
import { VAL013 } from './VAL013.ts';
import { VAL014 } from './VAL014.ts';
import { VAL015 } from './VAL015.ts';
import { VAL016 } from './VAL016.ts';
import { VAL017 } from './VAL017.ts';
import { VAL018 } from './VAL018.ts';
import { VAL019 } from './VAL019.ts';
import { VAL020 } from './VAL020.ts';
import { VAL021 } from './VAL021.ts';
import { VAL022 } from './VAL022.ts';
import { VAL023 } from './VAL023.ts';
import { VAL024 } from './VAL024.ts';
import { VAL025 } from './VAL025.ts';
import { VAL026 } from './VAL026.ts';
import { VAL027 } from './VAL027.ts';
import { VAL028 } from './VAL028.ts';

/** The rules about the numbers in tensors; silent unless those were read. */
export const valRules = [
  VAL001,
  VAL002,
  VAL003,
  VAL004,
  VAL005,
  VAL006,
  VAL007,
  VAL008,
  VAL009,
  VAL010,
  VAL011,
  VAL012,
  VAL013,
  VAL014,
  VAL015,
  VAL016,
  VAL017,
  VAL018,
  VAL019,
  VAL020,
  VAL021,
  VAL022,
  VAL023,
  VAL024,
  VAL025,
  VAL026,
  VAL027,
  VAL028,
] as const;
