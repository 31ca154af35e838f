/**
 * Files that a package cuts into pieces so that browsers can fetch them: `resources.json` lists each file with its pieces
 * in order. They are not put together here; it is said how to.
 * Source: `@imgly/background-removal`, `resource.ts`.
 */
import type { ByteTree } from '../bytes/source.ts';
import type { Assembly } from './assembly.ts';
import { isJsonArray, isJsonObject, type JsonValue } from './json.ts';

export const PIECES_INDEX = 'resources.json';

/** What the package calls the programs that lie beside its models. */
const PROGRAM = /wasm|javascript|json/;

/** Says which models a folder holds in pieces; false where its list is no such list, or lists none. */
export async function reportPieces(tree: ByteTree, assembly: Assembly): Promise<boolean> {
  const config = await assembly.readConfig(tree, PIECES_INDEX);
  if (typeof config === 'string' || !isJsonObject(config.value)) return false;
  const models = [...config.value].flatMap(([name, entry]) => {
    const pieces = piecesOf(entry);
    return pieces === undefined ? [] : [{ name, pieces }];
  });
  const [fewest] = models.toSorted((a, b) => a.pieces.length - b.pieces.length);
  if (fewest === undefined) return false;
  const names = models.map(({ name }) => name);
  assembly.fault({ kind: 'cut-files', file: config.path, models: names, pieces: fewest.pieces });
  return true;
}

/** Names of the pieces of an entry, in order; undefined for a program, or something else. */
function piecesOf(entry: JsonValue): readonly string[] | undefined {
  if (!isJsonObject(entry)) return undefined;
  const chunks = entry.get('chunks');
  const mime = entry.get('mime');
  if (!isJsonArray(chunks) || chunks.length === 0) return undefined;
  if (typeof mime === 'string' && PROGRAM.test(mime)) return undefined;
  const names = chunks.map((chunk) => (isJsonObject(chunk) ? chunk.get('hash') : undefined));
  return names.every((name) => typeof name === 'string') ? names : undefined;
}
