import { faultRule } from './support/fault-rule.ts';

/** What to do with a model of another framework, by its format. */
const ADVICE: ReadonlyMap<string, string> = new Map([
  [
    'hdf5',
    'If it is a Keras model of a published net, get that net as safetensors. Do not load it to convert it unless you trust its maker: Lambda layers in it run code.',
  ],
  [
    'keras-zip',
    'Get the model as safetensors. Do not load it to convert it unless you trust its maker: layers in it can run code.',
  ],
  ['tf-saved-model', 'Name the folder of a PyTorch or safetensors version; most published nets have one.'],
  ['tf-checkpoint', 'Name the PyTorch or safetensors version of the net; most published nets have one.'],
  ['tf-graph', 'Convert it to ONNX with tf2onnx, or get the original in PyTorch.'],
  [
    'tflite',
    'Get the net that it was converted from: the names of its tensors and some of their numbers are lost.',
  ],
  [
    'executorch',
    'Get the net that it was exported from: what programs for phones hold is no checkpoint any more.',
  ],
  ['ncnn-param', 'Get the ONNX or PyTorch model that it was converted from.'],
  ['ncnn-param-bin', 'Get the ONNX or PyTorch model that it was converted from.'],
  ['tensorrt', 'Get the ONNX model that it was built from: an engine holds code for one kind of GPU.'],
  ['coreml', 'Get the PyTorch model that it was converted from.'],
  ['coreml-package', 'Get the PyTorch model that it was converted from.'],
  [
    'openvino',
    'Get the ONNX or PyTorch model that it was converted from; the weights lie in the .bin beside it.',
  ],
  [
    'flax',
    'Load it in diffusers with `from_flax=True` and save it as safetensors, or get that version of it.',
  ],
  ['ggml', 'Convert the original model again: GGUF took the place of this format in 2023.'],
  ['numpy', 'Save the arrays as safetensors under the names that the net gives them.'],
  ['numpy-zip', 'Save the arrays as safetensors under the names that the net gives them.'],
]);

export const FMT080 = faultRule({
  id: 'FMT080',
  name: 'foreign-framework',
  title: 'The file is a model of another framework',
  severity: 'note',
  evidence: 'header',
  since: '0.1.0',
  why: 'It may be a sound model, yet no program for Stable Diffusion loads it, and nothing in it was checked. Which framework wrote it is told by its bytes, whatever the file is called.',
  mend: 'Get the net as safetensors, GGUF, ONNX or a PyTorch checkpoint.',
  sources: [
    'HDF5 file format specification 3.0, superblock',
    'TensorFlow: saved_model.proto, graph.proto; LevelDB table/format.h',
    'Apple coremltools: mlmodel/format/Model.proto',
    'Tencent ncnn wiki: param and model file structure',
    'Keras: CVE-2024-3660, CVE-2025-1550, code in models',
  ],
  cases: {
    'foreign-model': {
      words: ({ format, title }) => {
        const fix = ADVICE.get(format);
        return {
          what: 'the file is a model of another framework, and was not checked',
          found: title,
          expected: 'safetensors, GGUF, ONNX or a PyTorch checkpoint',
          evidence: 'its bytes',
          ...(fix === undefined ? {} : { fix }),
        };
      },
    },
  },
});
