import type { Reader } from '../reader.ts';
import { looksLikeOnnx } from './sniff.ts';

export const onnxReader: Reader = {
  id: 'onnx',
  title: 'ONNX model',
  match: looksLikeOnnx,
  read: async (source, file, beside) => (await import('./index.ts')).readOnnx(source, file, beside),
};
