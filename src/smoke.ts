/**
 * Running a rebuilt net: `import … from 'ungarble/smoke'`. An entry of its own, so that inspecting and validating never
 * load ONNX Runtime.
 *
 * ```ts
 * const { session, close } = await openSession('sd-turbo/', { device: 'auto' });
 * const { picture, device, plan } = await denoise(session, { prompt: 'a photo of a cat', steps: 20, seed: 1 });
 * console.log(device.provider, plan.sampling.facts.prediction_type);
 * await close();
 * ```
 */
export { type OpenedSession, openSession, type OpenSessionOptions } from './cli/open-session.ts';
export * from './smoke/index.ts';
