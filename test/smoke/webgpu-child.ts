/**
 * Runs one golden net on a device, in a process of its own: which GPU there is is settled by the environment that it starts
 * with. Says what it found as a line of JSON.
 *
 *   node webgpu-child.js <net> diffusers|ldm|decoder|encoder|text <dtype> <device> <folder>
 */
import { writeSync } from 'node:fs';
import { webgpuAdapter } from '../../src/cli/adapter.ts';
import {
  compile,
  type CompiledGraph,
  compileDecoder,
  compileEncoder,
  compileTextEncoder,
  conventionsOf,
} from '../../src/smoke/compile/index.ts';
import type { DeviceChoice } from '../../src/smoke/device.ts';
import { EngineError, openEngine, type Values } from '../../src/smoke/engine.ts';
import { Golden, type HalfOrFull, relativeError } from './golden.ts';
import { GoldenPart } from './parts.ts';

const [name = '', kind = '', dtype = '', device = '', folder = ''] = process.argv.slice(2);

/** A graph, what it is fed, and what is right for each of its outputs. */
interface Case {
  readonly graph: CompiledGraph;
  readonly folder: string;
  readonly inputs: ReadonlyMap<string, Values>;
  readonly right: ReadonlyMap<string, Values>;
}

async function unet(): Promise<Case> {
  const golden = new Golden(name);
  const write = kind === 'ldm' ? golden.ldm : golden.diffusers;
  const { net, checkpoint, folder: opened } = await write.call(golden, folder, dtype as HalfOrFull);
  const config = checkpoint.parts.find(({ name }) => name === '')?.config?.value;
  // how many time ids there are is no part of the config
  const more = name === 'sdxl-refiner' ? { addedTime: { width: 16, ids: 5 } } : {};
  const conventions = { ...conventionsOf(net, config), ...more };
  const graph = compile(net, { files: checkpoint.files, conventions });
  const timestep = golden.timesteps[0] ?? 0;
  const right = new Map([['out_sample', await golden.values('out_sample', timestep)]]);
  return { graph, folder: opened, inputs: golden.inputs(timestep), right };
}

async function part(): Promise<Case> {
  const golden = new GoldenPart(name);
  const { component, options, folder: opened } = await golden.open(folder, { dtype: dtype as HalfOrFull });
  const right = async (outputs: Readonly<Record<string, string>>): Promise<Map<string, Values>> => {
    const values = Object.entries(outputs).map(
      async ([output, at]) => [output, await golden.values(at)] as const,
    );
    return new Map(await Promise.all(values));
  };
  switch (kind) {
    case 'decoder':
      return {
        graph: compileDecoder(component, options),
        folder: opened,
        inputs: golden.input('latent'),
        right: await right({ picture: 'picture' }),
      };
    case 'encoder':
      return {
        graph: compileEncoder(component, options),
        folder: opened,
        inputs: golden.input('picture'),
        right: await right({ mean: 'mean', logvar: 'logvar' }),
      };
    default:
      return {
        graph: compileTextEncoder(component, { ...options, skip: 0, finalNorm: true }),
        folder: opened,
        inputs: golden.tokens(),
        right: await right({ hidden_states: 'hidden_states, skip 0, final norm', pooled: 'pooled' }),
      };
  }
}

/** The first of the pictures or texts: a GPU that is played takes its time. */
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
  const { graph, folder, inputs, right } = await (kind === 'diffusers' || kind === 'ldm' ? unet() : part());
  const start = performance.now();
  const engine = await openEngine(graph, folder, {
    device: device as DeviceChoice,
    adapter: webgpuAdapter,
  });
  const found = await engine.run(
    new Map(graph.inputs.map(({ name }) => [name, first(inputs.get(name) as Values)])),
  );
  const ms = performance.now() - start;
  const errors = [...right].map(([output, values]) => relativeError(found.get(output), first(values)));
  await engine.dispose();
  return { device: engine.device, error: Math.max(...errors), ms };
}

const said = await outcome().catch((error: unknown) => {
  if (!(error instanceof EngineError)) throw error;
  return { refused: { code: error.code, message: error.message, hint: error.hint } };
});
writeSync(1, `${JSON.stringify(said)}\n`);
