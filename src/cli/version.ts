import manifest from '../../package.json' with { type: 'json' };
import type { Tool } from '../report/report.ts';

/** This program, as reports name it. */
export const TOOL: Tool = { name: manifest.name, version: manifest.version };
