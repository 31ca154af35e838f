import { SHARED_LISTINGS } from '../build/listing.ts';
import { everyDamage } from '../build/mutation-suite.ts';

everyDamage(`${SHARED_LISTINGS}/UNET-XL-SD.txt`, ['a tensor under a neighbour’s name'], { renames: 4 });
