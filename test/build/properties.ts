/**
 * fast-check with one seed for all properties, so that one commit gives one result wherever it is tested; new inputs are
 * looked for by `npm run fuzz`, and here with PROPERTY_SEED=random or another number.
 */
import { configureGlobal } from 'fast-check';

const asked = process.env['PROPERTY_SEED'] ?? '20261123';
if (asked !== 'random') configureGlobal({ seed: Number(asked) });

export * from 'fast-check';
