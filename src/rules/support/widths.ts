/** Widths of conditioning that published models share. */

/** Numbers that an SDXL net is told beside the text: six by the base, five by the refiner (diffusers, `_get_add_time_ids`). */
export const TIME_ID_COUNTS = [6, 5] as const;

/** Width of the sinusoid for each of them: `outdim: 256` in generative-models' configs, `addition_time_embed_dim` in diffusers. */
export const TIME_ID_WIDTH = 256;

/** Pooled widths of the text encoders that runtimes have: CLIP-L 768, OpenCLIP-H 1024, OpenCLIP-bigG 1280. */
export const POOLED_WIDTHS = [1280, 1024, 768] as const;

/** Text widths that those encoders give, alone or side by side. */
export const TEXT_WIDTHS: ReadonlySet<number> = new Set([768, 1024, 1280, 2048]);
