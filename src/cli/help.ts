import { EXIT_TABLE } from './exit.ts';

export const ABOUT = `Opens a diffusion checkpoint and rebuilds the U-Net inside it.
Proves every skip connection and says what would garble, and how to mend it.
Nothing in a file is ever executed.`;

const ENVIRONMENT = `Environment:
  NO_COLOR         no colours (--color wins over it)
  FORCE_COLOR      colours even into a pipe; 0 for none
  LC_ALL, LC_CTYPE, LANG
                   a locale other than UTF-8 gives drawings in ASCII
  UNGARBLE_DEBUG   1 shows where ungarble itself failed
  HF_TOKEN         opens private and gated models at hf:// addresses
  HF_ENDPOINT      a mirror of the Hugging Face hub
  UNGARBLE_ALLOW_HTTP
                   1 reads http:// addresses of other machines too`;

export const MAIN_HELP = `
Examples:
  ungarble inspect model.safetensors   what is it? draws the U, lists its parts
  ungarble inspect sd-turbo/ --skips   a diffusers folder, every skip listed
  ungarble validate models/            check all models below a folder
  ungarble merge part-*.json           one report of a run's shards
  ungarble pin sd-turbo/               lock what training and use must share
  ungarble smoke sd-turbo/ -o a.png    run it: from noise to a picture
  ungarble explain TOPO003             why a rule matters and how to mend it

${EXIT_TABLE}

${ENVIRONMENT}
`;

export const INSPECT_HELP = `
Of a model at an address (https://…, hf://owner/repository[@revision][/path])
only the bytes that are needed are fetched.

Examples:
  ungarble inspect model.safetensors
  ungarble inspect hf://stabilityai/sd-turbo/unet
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
links below it are not followed, hidden folders are not entered. Addresses
(https://…, hf://owner/repository[@revision][/path]) are read over the network.

--against takes what a program runs with: a diffusers folder or its
scheduler_config.json, a ComfyUI workflow, an infotext of AUTOMATIC1111, a PNG
that carries one of them, a YAML of LDM or SGM, a setup.yaml, a lock file.

ungarble.config.yaml (.json, .ts, .mjs) says which files, setups, rule levels,
ignores and budgets; the nearest above the working folder counts.

Examples:
  ungarble validate model.safetensors
  ungarble validate models/ 'loras/**/*.safetensors'
  ungarble validate model.safetensors --resolution 1216x832
  ungarble validate model.safetensors --values --smoke
  ungarble validate model.safetensors --against workflow.json
  ungarble validate sd-turbo/ --against a.png --against ungarble.lock.json
  ungarble validate models/ --fail-on warning --baseline known.json
  ungarble validate models/ --shard 1/4 --format json=part-1.json
  ungarble validate models/ --format text --format sarif=report.sarif

${EXIT_TABLE}
`;

export const MERGE_HELP = `
Each shard of a run writes its JSON report; merged they are the report of the
whole run, in any format. A shard whose report is missing is told as not checked
and gives exit code 3; one that is there twice, or of another run, code 2.

Examples:
  ungarble validate models/ --shard 1/4 --format json=part-1.json
  ungarble merge part-*.json --format text --format sarif=report.sarif

${EXIT_TABLE}
`;

export const PIN_HELP = `
A lock file holds the noise schedule with its hash, what the net predicts,
spacing, scale, size and clip skip, and hashes of the net's topology and of the
text encoders' headers; each with who says so. \`ungarble validate --against\` it
tells what has changed since, in the model or in another setup.

Examples:
  ungarble pin sd-turbo/
  ungarble pin model.safetensors --setup workflow.json --out model.lock.json
  ungarble validate model.safetensors --against model.lock.json

Exit codes:
  0    written
  2    wrong usage, or a file is there already
  3    the model could not be read, or the file not written
`;

export const SMOKE_HELP = `
Needs the package onnxruntime-node beside ungarble. The weights stay where they
are in the file; what ran, and on which device, is always said.

Examples:
  ungarble smoke sd-turbo/ --out picture.png
  ungarble smoke model.safetensors -p 'a photo of a cat' --tokenizer tokenizer/
  ungarble smoke model.safetensors --resolution 128x128 --steps 5 --device cpu
  ungarble smoke model.safetensors --prediction-type v_prediction --json
  ungarble smoke model.safetensors --thorough --device cuda

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
