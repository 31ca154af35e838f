import type { RunEvidence } from '../rules/run-evidence.ts';
import { type Json, toJsonText } from './json.ts';
import type { DrawnPicture, SmokeReport } from './smoke-report.ts';
import type { Tool } from './report.ts';

/** A smoke run as JSON, held to `schemas/smoke.schema.json`. The picture's pixels are not in it: `--out` writes them. */
export function smokeJson(tool: Tool, report: SmokeReport): string {
  const { device, verdict, drawn } = report;
  return toJsonText({
    format: 'ungarble/smoke@1',
    tool: { name: tool.name, version: tool.version },
    path: report.path,
    net: report.title,
    device: {
      provider: device.provider,
      adapter: device.adapter,
      software: device.software,
      fallback: device.fallback,
    },
    prompts: report.prompts.map(({ encoder, prompt, negative, reads }) => ({
      encoder,
      prompt,
      negative,
      reads,
    })),
    facts: report.facts.map(({ name, value, known, from }) => ({ name, value, known, from })),
    notes: report.notes,
    verdict: verdict && verdictJson(verdict),
    drawn: drawn && drawnJson(drawn),
    peakBytes: report.peakBytes,
  });
}

function drawnJson({ picture, latent, times, calls }: DrawnPicture): Json {
  return {
    latent: {
      channels: latent.channels,
      height: latent.height,
      width: latent.width,
      mean: latent.mean,
      deviation: latent.deviation,
    },
    picture: { width: picture.width, height: picture.height, label: picture.label },
    seconds: {
      text: times.text / 1000,
      load: times.load / 1000,
      net: times.net / 1000,
      decode: times.decode / 1000,
    },
    calls,
  };
}

function verdictJson({ assessment, evidence, witnesses, programs }: RunEvidence): Json {
  const { verdict, read, activations, scores, unjudged, forwards, times } = assessment;
  return {
    verdict,
    evidence: evidence.map(({ evidence: one, words }) => ({
      probe: one.probe,
      says: one.says,
      finding: one.finding,
      place: one.place,
      words,
      measured: { ...one.measured },
      expected: { ...one.expected },
    })),
    witnesses: witnesses.map(({ about, value, known, from }) => ({ about, value, known, from })),
    programs: programs?.map((each) => ({ ...each })),
    read: {
      prediction_type: read.prediction && { ...read.prediction },
      readings: read.readings?.map(({ refits, ...each }) => ({
        ...each,
        refits: refits && { assumed: { ...refits.assumed }, other: { ...refits.other } },
      })),
      inputs: read.inputs?.map(({ block, fit, verdict }) => ({ block, fit, verdict })),
      exchanges: read.exchanges?.map(({ places, fits, ...each }) => ({
        ...each,
        places: [...places],
        fits: fits && { ...fits },
      })),
      schedule: read.schedule && {
        nearest: read.schedule.nearest,
        alike: read.schedule.alike,
        declaredFits: read.schedule.declaredFits,
        points: read.schedule.points.map(({ timestep, sigma, error }) => ({ timestep, sigma, error })),
      },
    },
    activations: activations.map(({ block, largest }) => ({ block, largest })),
    scores: scores.map(({ block, largest }) => ({ block, largest })),
    unjudged: unjudged.map(({ probe, reason }) => ({ probe, reason })),
    forwards,
    milliseconds: { ...times },
  };
}
