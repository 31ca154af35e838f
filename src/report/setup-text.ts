/** Setups for people: each field with its value and who says so. */
import { SETUP_KEYS, type SetupFields, type Told } from '../setup/setup.ts';
import { table } from './table.ts';
import { shown, type View } from './view.ts';

/** Lists of files and betas are shown so long. */
const LONGEST = 120;

/** One row a field: what, its value, how it is known and from where. */
export function setupTable(fields: SetupFields, view: View): string[] {
  const rows = SETUP_KEYS.flatMap((key) => {
    const told: Told<unknown> | undefined = fields[key];
    if (told === undefined) return [];
    return [
      {
        cells: [
          { text: key, paint: view.palette.strong },
          { text: shown(valueText(told.value), view, LONGEST) },
          { text: told.known },
          { text: shown(told.from, view, LONGEST), paint: view.palette.faint },
        ],
      },
    ];
  });
  const columns = [{ title: '' }, { title: '', shrinks: true }, { title: '' }, { title: '', shrinks: true }];
  return table(columns, rows, view);
}

/** A field's value in few words. Raw. */
export function valueText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) {
    const items = value.map((item: unknown) => {
      const name = typeof item === 'object' && item !== null ? Object.values(item)[0] : item;
      return String(name);
    });
    return items.length > 8 ? `${items.slice(0, 4).join(', ')} … (${items.length})` : items.join(', ');
  }
  if (typeof value === 'object' && value !== null && 'width' in value && 'height' in value) {
    return `${String(value.width)}x${String(value.height)}`;
  }
  return String(value);
}
