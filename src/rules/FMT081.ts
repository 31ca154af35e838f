import { faultRule } from './support/fault-rule.ts';

/** Pieces whose names are written out. */
const SHOWN = 2;

function shownPieces(pieces: readonly string[]): string {
  return pieces.length > SHOWN ? `${pieces.slice(0, SHOWN).join(' ')} …` : pieces.join(' ');
}

export const FMT081 = faultRule({
  id: 'FMT081',
  name: 'packed-archive',
  title: 'The model is still packed in an archive',
  severity: 'error',
  evidence: 'header',
  since: '0.1.0',
  why: 'Models are downloaded packed, and renamed when a program does not list them. No program for Stable Diffusion unpacks what it loads: it fails with a message about a header or a magic number. A PyTorch checkpoint is a zip too, of its own kind; this one is not of that kind.',
  mend: 'Unpack the archive, and give the path of the model that was in it.',
  sources: [
    'PKWARE APPNOTE 6.3.10',
    'RFC 1952 (gzip), RFC 8878 (Zstandard), 7-Zip 7zFormat.txt, POSIX.1-1988 (ustar)',
  ],
  cases: {
    'packed-archive': {
      words: ({ title, inside = [] }) => ({
        what: 'the file is an archive and has to be unpacked first',
        found: inside.length === 0 ? title : `${title} with ${inside.join(', ')}`,
        expected: 'a model',
        evidence: 'its bytes',
      }),
    },
    'cut-files': {
      words: ({ models, pieces }) => ({
        what: 'the models in the folder are cut into pieces and have to be joined first',
        found: `${models.join(', ')}, as resources.json lists them`,
        expected: 'a model in one file',
        evidence: 'resources.json',
        fix: `Join the pieces of one model in the order of the list, and name what comes of it: \`cat ${shownPieces(pieces)} > model.onnx\``,
      }),
    },
  },
});
