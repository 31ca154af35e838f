/** The configs of other people's libraries that are read, each with a schema in `schemas/`. */
export type ConfigKind = 'unet' | 'vae' | 'text-encoder' | 'model-index' | 'scheduler';

/** Something in a config that its schema does not allow. */
export interface ConfigIssue {
  /** JSON pointer: `/block_out_channels/1`. */
  readonly pointer: string;
  /** What stands there, as JSON, shortened. */
  readonly found: string;
  /** What would be right, in words. */
  readonly expected: string;
}

/** What became of one config. */
export interface ConfigReport {
  readonly path: string;
  readonly kind: ConfigKind;
  readonly issues: readonly ConfigIssue[];
}
