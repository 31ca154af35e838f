/** `GGUF`: how a file begins. */
export const MAGIC = [0x47, 0x47, 0x55, 0x46] as const;
