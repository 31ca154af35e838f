/** The net as an ONNX graph in memory, its weights where they are in the checkpoint. */
export { compile, type CompileOptions } from './compile.ts';
export type { CompiledGraph, GraphInput } from './compiled.ts';
export { type AddedTime, type Conventions, conventionsOf } from './conventions.ts';
export { UnsupportedNetError } from './unsupported.ts';
export type { WeightFile } from './weights.ts';
