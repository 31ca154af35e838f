import type { FindingPlace } from '../rules/rule.ts';
import type { FileReport } from './report.ts';

/** The path of the file that a place is in, as the user would name it. Raw. */
export function pathOf(place: FindingPlace, file: FileReport): string {
  return isElsewhere(place, file) ? `${file.path.replace(/\/+$/, '')}/${place.file}` : file.path;
}

/** Whether a place is in another file than the one that heads the report: one of a folder's. */
function isElsewhere({ file }: FindingPlace, { path }: FileReport): boolean {
  return file !== undefined && file !== '' && path !== file && !path.endsWith(`/${file}`);
}

/** Brings a name into the form in which it may be shown. */
type Show = (raw: string) => string;

/**
 * `block mid_block.resnets.0`, `tensor …`, `bytes 0..64`: what is known of a place beside the report's own path.
 * @param name for each name of the file; left raw where absent
 */
export function placeParts(place: FindingPlace, file: FileReport, name: Show = String): string[] {
  return [...(isElsewhere(place, file) ? [name(place.file ?? '')] : []), ...insideParts(place, name)];
}

/** The same without the file. */
export function insideParts(place: FindingPlace, name: Show = String): string[] {
  const { bytes, component, block, tensor, pointer } = place;
  return [
    ...(component === undefined ? [] : [`component ${name(component)}`]),
    ...(block === undefined ? [] : [`block ${name(block)}`]),
    ...(tensor === undefined ? [] : [`tensor ${name(tensor)}`]),
    ...(pointer === undefined ? [] : [`at ${name(pointer)}`]),
    ...(bytes === undefined ? [] : [`bytes ${bytes.offset}..${bytes.offset + bytes.length}`]),
  ];
}
