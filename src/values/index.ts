/** What the numbers of a checkpoint say, with nothing of it run. See docs/how-it-knows.md. */
export { type FusedOrder, type FusedReading, readFusedOrder } from './conventions/fused.ts';
export { type HeadsReading, readHeads } from './conventions/heads.ts';
export { readSinusoid, type SinusoidReading } from './conventions/sinusoid.ts';
export { type NetReading } from './read-net.ts';
export { type NumbersReading, readNumbers } from './read-numbers.ts';
export { type CheckpointValues, readValues, type ValuesOptions } from './read-values.ts';
export { scanTensor, type TensorScan } from './scan/scan-tensor.ts';
export { type ReadTensor, type TensorRange, tensorReader } from './weights.ts';
export {
  type BlockReading,
  readWiring,
  type WiringReading,
} from './wiring/index.ts';
export { type Candidate, type Exchange, placesOf } from './wiring/exchange.ts';
export type { PortReading, Verdict } from './wiring/judge.ts';
export type { Slip, SlipAtPlace, ToldSlip } from './wiring/slips.ts';
export type { TurnedKernels } from './wiring/kernels.ts';
export { readTextFits, type TextFit, type TextStates } from './wiring/text-fit.ts';
export {
  isExchanged,
  leastMargin,
  TOLD_EFFECT,
  TOLD_MARGIN,
  TOLD_SHARE,
  type WeighedExchange,
} from './wiring/told.ts';
