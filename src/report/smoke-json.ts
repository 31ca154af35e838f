import { toJsonText } from './json.ts';
import type { SmokeReport } from './smoke-report.ts';
import type { Tool } from './report.ts';

/** A smoke run as JSON, held to `schemas/smoke.schema.json`. The picture's pixels are not in it: `--out` writes them. */
export function smokeJson(tool: Tool, report: SmokeReport): string {
  const { device, picture, latent, times } = report;
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
    calls: report.calls,
    peakBytes: report.peakBytes,
  });
}
