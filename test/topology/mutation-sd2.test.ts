import { SHARED_LISTINGS } from '../build/listing.ts';
import { everyDamage } from '../build/mutation-suite.ts';

const all = [
  'a tensor removed',
  'a dimension one larger or twice as large',
  'a tensor under a neighbour’s name',
] as const;

everyDamage(`${SHARED_LISTINGS}/UNET-v2-SD.txt`, all);
