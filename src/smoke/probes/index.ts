export { assess, type AssessRequest } from './assess.ts';
export type {
  Assessment,
  Evidence,
  Figures,
  NoisePoint,
  PredictionReading,
  ProbeName,
  Says,
  ScheduleReading,
  Unjudged,
  Verdict,
} from './assessment.ts';
export { evidenceWords } from './words.ts';
