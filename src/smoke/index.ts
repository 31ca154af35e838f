/** What of this floor a program outside needs. */
export {
  type Activation,
  type Activations,
  type AddedTime,
  compile,
  type CompiledGraph,
  type CompileOptions,
  compileDecoder,
  compileEncoder,
  compileTextEncoder,
  type ConversionOptions,
  type Conventions,
  conventionsOf,
  type ConvertedTensor,
  type Fourier,
  type GraphInput,
  type OutScale,
  type PartOptions,
  type TextOptions,
  UnsupportedNetError,
  type WeightFile,
  type WeightOptions,
} from './compile/index.ts';
export { type Conversion, convert, convertedBytes } from './convert.ts';
export { type TextReading, textReading } from './text-reading.ts';
export {
  type Adapter,
  type AdapterProbe,
  type Device,
  type DeviceChoice,
  DEVICES,
  type Provider,
} from './device.ts';
export {
  type Engine,
  EngineError,
  type EngineFault,
  type EngineOptions,
  openEngine,
  type Values,
} from './engine.ts';
export { denoise, type DenoiseRequest, type Denoised } from './denoise.ts';
export { checkMemory, estimateMemory, type MemoryEstimate, type RunSize } from './memory.ts';
export { planOf, RequestError, type RunPlan, type RunRequest } from './plan.ts';
export { latentSpaceOf, type Picture, previewOf, toRgb } from './preview.ts';
export {
  assess,
  type Assessment,
  type AssessRequest,
  type Evidence,
  evidenceWords,
  type Figures,
  type NoisePoint,
  type PredictionReading,
  type ProbeName,
  type Says,
  type ScheduleReading,
  type Unjudged,
  type Verdict,
} from './probes/index.ts';
export { type FoundTokenizer, PromptError, readTokenizer } from './prompt/index.ts';
export { NotFiniteError, type StepReport } from './run-sampler.ts';
export {
  createSession,
  piecesIn,
  type Prepared,
  type Session,
  type SessionOptions,
  type Stage,
} from './session.ts';
export { SamplingError } from '../setup/sampling.ts';
