/**
 * Every bound that a hostile or broken file can run into, in one place. Each says what it keeps true, the
 * attack it stops, and why the number is what it is.
 */

/**
 * Bytes of a safetensors header. Keeps: memory for a header is bounded before any of it is read. Attack: a
 * file that declares a header of 2⁶⁴ bytes. The number is the reference reader's own (`MAX_HEADER_SIZE`,
 * decimal), so that we refuse exactly what it refuses.
 */
export const MAX_HEADER_BYTES = 100_000_000;

/**
 * Tensors kept of one file. Keeps: objects per file are bounded, not only bytes. Attack: a header full of
 * zero-size entries. The shortest legal entry is 46 bytes, so the largest legal header holds 2.2 million; the
 * largest file seen in the wild has 1.3 million.
 */
export const MAX_TENSORS = 2_000_000;

/**
 * Dimensions of one tensor. Keeps: a shape can be copied and shown. Attack: one entry with thirty million
 * ones. 64 is the most that NumPy 2 allows; a U-Net has 5 at most.
 */
export const MAX_RANK = 64;

/**
 * Nesting of arrays and objects in JSON: opening this many is refused, one fewer is allowed. Keeps: the stack. Attack: a hundred million `[`. serde_json, which
 * the reference stands on, stops at the same one (seen with safetensors 0.8.0).
 */
export const MAX_JSON_DEPTH = 128;

/**
 * Bytes of one JSON string. Keeps: one name or metadata value cannot take all memory several times over as it
 * is copied. Attack: a header that is a single string. kohya's tag statistics reach a few megabytes.
 */
export const MAX_STRING_BYTES = 16 * 1024 * 1024;

/**
 * Bytes of a config or `model_index.json`. Keeps: a config is read whole and held as a tree. Attack: a config
 * of gigabytes. The number is that of the Hugging Face hub client; real ones stay under 20 KB.
 */
export const MAX_CONFIG_BYTES = 10 * 1024 * 1024;

/**
 * Bytes of a shard index. Keeps: as for a config. 64 MiB hold some 600,000 tensors; the index of the largest
 * open models is under 30 MB.
 */
export const MAX_INDEX_BYTES = 64 * 1024 * 1024;

/**
 * Shards named by one index. Keeps: opened files and time. Attack: an index that names a million files. The
 * number is the Hugging Face hub client's.
 */
export const MAX_SHARDS = 10_000;

/**
 * Entries looked at in one folder. Keeps: time and memory when the wrong folder is named. Attack: none; a
 * folder of a million files is an accident.
 */
export const MAX_FOLDER_ENTRIES = 20_000;

/**
 * Faults of one kind kept for one file; the rest is counted in a `more-faults`. Keeps: reports stay readable
 * and small. Attack: 100,000 tensors over one range (safetensors' own `attacks/safetensors_abuse_attempt_3`).
 */
export const MAX_FAULTS_PER_KIND = 50;

/** Bytes read to recognise a format by content. A tar archive has its magic at 257. */
export const HEAD_BYTES = 512;
