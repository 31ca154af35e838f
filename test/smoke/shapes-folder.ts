import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { openFile } from '../../src/bytes/file.ts';
import { identifyComponents } from '../../src/components/index.ts';
import { openCheckpoint } from '../../src/formats/index.ts';
import { blocksOf } from '../../src/topology/net.ts';
import { buildSafetensors, type TensorSpec } from '../build/safetensors.ts';

const EPS = 'fixtures/shapes/sd1-eps.safetensors';
const V = 'fixtures/shapes/sd1-v';

/**
 * Writes the single file of the ε-model as a diffusers folder: its U-Net by canonical names, and what both models share as
 * the folder of the other has it.
 */
export async function writeFolderOfEps(folder: string): Promise<void> {
  const other = resolve(V);
  for (const part of ['text_encoder', 'tokenizer', 'vae', 'model_index.json', 'unet/config.json'])
    cpSync(join(other, part), join(folder, part), { recursive: true });
  const settings = readFileSync(join(other, 'scheduler/scheduler_config.json'), 'utf8');
  mkdirSync(join(folder, 'scheduler'));
  writeFileSync(
    join(folder, 'scheduler/scheduler_config.json'),
    settings.replace('"v_prediction"', '"epsilon"'),
  );
  const source = await openFile(EPS);
  const net = identifyComponents(await openCheckpoint(source)).find(({ kind }) => kind === 'unet')?.net;
  if (net === undefined) throw new Error(`${EPS} holds no U-Net`);
  const tensors: TensorSpec[] = [];
  for (const { canonical, tensor } of blocksOf(net).flatMap((block) => block.tensors)) {
    const { dtype, shape, offset, byteLength } = tensor;
    tensors.push({
      name: canonical,
      dtype: dtype as 'F16',
      shape,
      data: await source.read(offset, byteLength),
    });
  }
  await source.close();
  writeFileSync(join(folder, 'unet/diffusion_pytorch_model.safetensors'), buildSafetensors(tensors));
}
