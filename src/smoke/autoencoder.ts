/** The autoencoder beside the net, either way. */
import type { Component } from '../components/component.ts';
import { compileDecoder, compileEncoder } from './compile/index.ts';
import type { Values } from './engine.ts';
import type { Prepared, Session } from './session.ts';

/**
 * Pictures of latents [1, channels, height, width], which are divided by their scale; the decoder is loaded once for all.
 * @throws {EngineError} when it cannot be run, {UnsupportedNetError} when there is none or it is not computed here.
 */
export async function decoded(
  session: Session,
  vae: Component,
  latents: readonly Values[],
): Promise<readonly Values[]> {
  const prepared = session.prepare(vae, (options) => compileDecoder(vae, options));
  return passed(session, prepared, latents, 'latent', 'picture');
}

/**
 * The means that the encoder writes for pictures [1, 3, height, width]; it is loaded once for all.
 * @throws {EngineError} when it cannot be run, {UnsupportedNetError} when there is none or it is not computed here.
 */
export async function encoded(
  session: Session,
  vae: Component,
  pictures: readonly Values[],
): Promise<readonly Values[]> {
  const prepared = session.prepare(vae, (options) => compileEncoder(vae, options));
  return passed(session, prepared, pictures, 'picture', 'mean');
}

function passed(
  session: Session,
  prepared: Prepared,
  all: readonly Values[],
  input: string,
  output: string,
): Promise<readonly Values[]> {
  return session.borrow(prepared, 'autoencoder', async (engine) => {
    const made: Values[] = [];
    for (const each of all) made.push((await engine.run(new Map([[input, each]]))).get(output) as Values);
    return made;
  });
}
