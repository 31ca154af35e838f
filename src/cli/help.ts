import { EXIT_TABLE } from './exit.ts';

export const ABOUT = `Opens a diffusion checkpoint and rebuilds the U-Net inside it.
Proves every skip connection and says what would garble, and how to mend it.
Nothing in a file is ever executed.`;

const ENVIRONMENT = `Environment:
  NO_COLOR         no colours (--color wins over it)
  FORCE_COLOR      colours even into a pipe; 0 for none
  LC_ALL, LC_CTYPE, LANG
                   a locale other than UTF-8 gives drawings in ASCII
  UNGARBLE_DEBUG   1 shows where ungarble itself failed`;

export const MAIN_HELP = `
Examples:
  ungarble inspect model.safetensors   what is it? draws the U, lists its parts
  ungarble inspect sd-turbo/ --skips   a diffusers folder, every skip listed
  ungarble validate models/            check all models below a folder
  ungarble smoke sd-turbo/ -o a.png    run it: from noise to a picture
  ungarble explain TOPO003             why a rule matters and how to mend it

${EXIT_TABLE}

${ENVIRONMENT}
`;

export const INSPECT_HELP = `
Examples:
  ungarble inspect model.safetensors
  ungarble inspect model.safetensors --resolution 768x512
  ungarble inspect unet/ --skips --ascii --width 100
  ungarble inspect model.safetensors --json | jq .nets[0].family

Exit codes:
  0    shown, whatever was found; ungarble validate judges
  2    wrong usage, or no such file
  3    it could not be read
`;

export const VALIDATE_HELP = `
A folder that is one model (a diffusers folder, one component of it, a set of
shards) is checked as one; any other folder is searched for models. Symbolic
links below it are not followed, hidden folders are not entered.

Examples:
  ungarble validate model.safetensors
  ungarble validate models/ 'loras/**/*.safetensors'
  ungarble validate model.safetensors --resolution 1216x832
  ungarble validate models/ --fail-on warning
  ungarble validate models/ --format json > report.json

${EXIT_TABLE}
`;

export const SMOKE_HELP = `
Needs the package onnxruntime-node beside ungarble. The weights stay where they
are in the file; what ran, and on which device, is always said.

Examples:
  ungarble smoke sd-turbo/ --out picture.png
  ungarble smoke model.safetensors -p 'a photo of a cat' --tokenizer tokenizer/
  ungarble smoke model.safetensors --resolution 128x128 --steps 5 --device cpu
  ungarble smoke model.safetensors --prediction-type v_prediction --json

Exit codes:
  0    it ran, and every number was one
  1    the net gives NaN or infinity
  2    wrong usage, or something that this model cannot do
  3    it could not be run
`;

export const EXPLAIN_HELP = `
Examples:
  ungarble explain                lists all rules
  ungarble explain TOPO003        by id
  ungarble explain skip-mismatch  by name
`;
