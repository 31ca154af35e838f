/** The net as an ONNX graph in memory, its weights where they are in the checkpoint. */
export { compile, type CompileOptions } from './compile.ts';
export { compileTextEncoder, type TextOptions } from './clip.ts';
export type { CompiledGraph, ConvertedTensor, GraphInput, OwnPort } from './compiled.ts';
export { MOMENT_CHANNELS } from './moments.ts';
export { conventionsOf } from './conventions-of.ts';
export type { Activation, Activations, AddedTime, Conventions, Fourier, OutScale } from './conventions.ts';
export type { PartOptions } from './part.ts';
export { UnsupportedNetError } from './unsupported.ts';
export { compileDecoder, compileEncoder } from './vae.ts';
export type { ConversionOptions, Piece, WeightFile, WeightOptions } from './weights.ts';
