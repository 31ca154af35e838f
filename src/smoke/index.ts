/**
 * Running a rebuilt net: `import … from 'ungarble/smoke'`. An entry of its own, so that inspecting and
 * validating never load ONNX Runtime.
 */
export {
  type AddedTime,
  compile,
  type CompiledGraph,
  type CompileOptions,
  type Conventions,
  conventionsOf,
  type GraphInput,
  UnsupportedNetError,
  type WeightFile,
} from './compile/index.ts';
export { type Engine, EngineError, type EngineOptions, openEngine, type Values } from './engine.ts';
