/**
 * Runs one golden net on a device, in a process of its own: which GPU there is is settled by the environment that it starts
 * with. Says what it found as a line of JSON.
 *
 *   node webgpu-child.js <net> <layout> <device> <folder>
 */
import { writeSync } from 'node:fs';
import { webgpuAdapter } from '../../src/cli/adapter.ts';
import { compile, conventionsOf } from '../../src/smoke/compile/index.ts';
import type { DeviceChoice } from '../../src/smoke/device.ts';
import { EngineError, openEngine, type Values } from '../../src/smoke/engine.ts';
import { Golden, relativeError } from './golden.ts';

const [name = '', layout = '', device = '', folder = ''] = process.argv.slice(2);

/** The first of the pictures: a GPU that is played takes its time. */
function first({ data, dims: [, ...rest] }: Values): Values {
  return {
    data: data.slice(
      0,
      rest.reduce((product, dim) => product * dim, 1),
    ),
    dims: [1, ...rest],
  };
}

async function outcome(): Promise<object> {
  const golden = new Golden(name);
  const opened = layout === 'ldm' ? await golden.ldm(folder, 'F16') : await golden.diffusers(folder, 'F32');
  const config = opened.checkpoint.parts.find(({ name }) => name === '')?.config?.value;
  const graph = compile(opened.net, {
    files: opened.checkpoint.files,
    conventions: conventionsOf(opened.net, config),
  });
  const engine = await openEngine(graph, opened.folder, {
    device: device as DeviceChoice,
    adapter: webgpuAdapter,
  });
  const timestep = golden.timesteps[0] ?? 0;
  const inputs = golden.inputs(timestep);
  const feeds = new Map(graph.inputs.map(({ name }) => [name, first(inputs.get(name) as Values)]));
  const start = performance.now();
  const found = await engine.run(feeds);
  const ms = performance.now() - start;
  const error = relativeError(found.get('out_sample'), first(await golden.values('out_sample', timestep)));
  await engine.dispose();
  return { device: engine.device, error, ms };
}

const said = await outcome().catch((error: unknown) => {
  if (!(error instanceof EngineError)) throw error;
  return { refused: { code: error.code, message: error.message, hint: error.hint } };
});
writeSync(1, `${JSON.stringify(said)}\n`);
