import { faultRule } from './support/fault-rule.ts';

export const FMT085 = faultRule({
  id: 'FMT085',
  name: 'invalid-dduf',
  title: 'A DDUF file is not what diffusers reads',
  severity: 'error',
  evidence: 'header',
  since: '0.1.0',
  why: 'A DDUF file is a diffusers folder in one zip: stored without compression so that it can be mapped, one level of folders, a few kinds of files, and a model_index.json that names each folder. diffusers refuses a file that breaks one of these rules as a whole.',
  mend: 'Write it again from the folder with `huggingface_hub.export_folder_as_dduf`.',
  sources: [
    'huggingface_hub: serialization/_dduf.py, read_dduf_file',
    'Hugging Face hub documentation: DDUF, technical specifications',
  ],
  cases: {
    'dduf-invalid': {
      words: ({ entry, reason }) => ({
        what:
          entry === undefined
            ? `the file breaks a rule of DDUF: ${reason}`
            : `\`${entry}\` breaks a rule of DDUF: ${reason}`,
        found: reason,
      }),
    },
  },
});
