import type { KeyFacts } from '../components/key-facts.ts';
import { assumed, SD1, SD2, SDXL } from './presets.ts';
import type { Decision, Runtime, Subject } from './runtime.ts';

/** Reads nothing off a file: which script is started, with which flags, says what it is. Names and shapes must fit exactly. */
export const sdScripts: Runtime = {
  id: 'sd-scripts',
  title: 'kohya sd-scripts',
  version: '0.10.1 (48d368f, 2026-02-16)',
  repository: 'kohya-ss/sd-scripts',
  checked: 'read',
  decide(subject) {
    const keys = subject.container === 'file' ? subject.keys : unetOf(subject);
    const width =
      keys.side(`${LDM}input_blocks.4.1.transformer_blocks.0.attn2.to_k.weight`, -1) ??
      keys.side('down_blocks.1.attentions.0.transformer_blocks.0.attn2.to_k.weight', -1);
    return told(width);
  },
};

const LDM = 'model.diffusion_model.';

function unetOf({ parts, keys }: Subject): KeyFacts {
  return parts.get('unet') ?? keys;
}

/** What a user who starts the right script gets without further flags. Only the width of the text says which is the right one. */
function told(width: number | undefined): Decision {
  const without = 'the default without --v_parameterization and --zero_terminal_snr';
  const evidence = [
    'nothing: the script and its flags say what the file is, and every name and shape must fit',
  ];
  const because = 'the script that fits the net';
  switch (width) {
    case 768:
      return {
        kind: 'told',
        as: 'a script of Stable Diffusion 1',
        evidence,
        assumes: {
          ...assumed(SD1, because, 'library/model_util.py'),
          ...assumed(
            { prediction_type: 'epsilon', zero_terminal_snr: false },
            without,
            'library/train_util.py',
          ),
        },
      };
    case 1024:
      return {
        kind: 'told',
        as: 'a script with --v2',
        evidence,
        assumes: {
          ...assumed(SD2, because, 'library/model_util.py'),
          ...assumed(
            { prediction_type: 'epsilon', zero_terminal_snr: false },
            without,
            'library/train_util.py',
          ),
        },
      };
    case 2048:
      return {
        kind: 'told',
        as: 'a script of SDXL',
        evidence,
        assumes: {
          ...assumed(SDXL, because, 'library/sdxl_model_util.py'),
          ...assumed(
            { prediction_type: 'epsilon', zero_terminal_snr: false },
            without,
            'library/train_util.py',
          ),
        },
      };
    default:
      return { kind: 'refused', reason: 'none of its scripts for U-Nets has such a net', evidence };
  }
}
