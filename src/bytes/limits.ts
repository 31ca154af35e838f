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

/**
 * Bytes of a GGUF header. Keeps: time, because nothing says how long the header is and lists of strings have
 * to be walked. Attack: gigabytes of empty strings. The largest vocabularies take some ten megabytes.
 */
export const MAX_GGUF_HEADER_BYTES = 256 * 1024 * 1024;

/**
 * Keys and tensors of a GGUF file, of each. Keeps: objects per file are bounded, not only bytes. Attack: a header
 * full of one-letter names. Real files have a few thousand tensors; one converted for ComfyUI has up to one key a
 * tensor.
 */
export const MAX_GGUF_ENTRIES = 200_000;

/**
 * Bytes of a GGUF file's metadata that are kept as text. Keeps: memory, where each value alone is within its
 * bound. Attack: thousands of values of 16 MiB.
 */
export const MAX_METADATA_BYTES = 64 * 1024 * 1024;

/** Bytes read to recognise a format by content. A tar archive has its magic at 257. */
export const HEAD_BYTES = 512;

/**
 * Bytes of one pickle. Keeps: a pickle is run out of memory. Attack: an archive whose `data.pkl` is gigabytes.
 * That of an SDXL checkpoint is 0.3 MB, with optimizer state 2 MB.
 */
export const MAX_PICKLE_BYTES = 64 * 1024 * 1024;

/**
 * Opcodes of one pickle. Keeps: time, and what lists and stacks hold, for each item costs an opcode. Attack: 64 MB
 * of `NONE` and `APPEND`. An SDXL checkpoint takes 0.1 million.
 */
export const MAX_PICKLE_OPCODES = 10_000_000;

/**
 * Containers, calls and byte strings that one pickle makes. Keeps: memory, since one byte of pickle makes an object
 * of a hundred. Attack: millions of `EMPTY_DICT`. A tensor takes seven.
 */
export const MAX_PICKLE_VALUES = 2_000_000;

/** Values on the stack of a pickle, and open marks. Attack: ten million `DUP`. Pickle itself writes a thousand at once. */
export const MAX_PICKLE_STACK = 1_000_000;

/** Values that one pickle remembers. Attack: a memo filled by one-byte `MEMOIZE`. */
export const MAX_PICKLE_MEMO = 4_000_000;

/** Unlike names that one pickle imports. Attack: reports of a million lines. A checkpoint has twenty. */
export const MAX_PICKLE_GLOBALS = 1_000;

/**
 * Bytes of an integer in a pickle that are kept. Attack: making a number out of megabytes of digits takes quadratic
 * time; Python itself refuses more than 4,300 digits.
 */
export const MAX_PICKLE_INTEGER_BYTES = 2_048;

/** Pickles that may follow each other in one record. Attack: thirty million of two bytes each. torch writes five. */
export const MAX_PICKLES = 10_000;

/**
 * Entries of a zip archive. Keeps: time, since each has a header of its own to be read. Attack: a directory of
 * millions. An SDXL checkpoint with optimizer state has 10,000.
 */
export const MAX_ZIP_ENTRIES = 100_000;

/** Bytes of a zip's central directory. Attack: one of gigabytes. 100,000 entries of torch take 9 MB. */
export const MAX_ZIP_DIRECTORY_BYTES = 32 * 1024 * 1024;

/**
 * Times that an entry of a zip may grow when it is inflated before that is called a bomb, once it is over
 * `MAX_PICKLE_BYTES`. Attack: 40 GB of zeros in 40 MB (safetensors' own `attacks/torch_dos`). Weights do not halve.
 */
export const MAX_INFLATION = 100;

/** Entries of a zip that are looked into for pickles, beside its `data.pkl`. Attack: a thousand of 64 MB each. */
export const MAX_ZIP_PICKLES = 100;

/**
 * Characters of a tensor's name, with the path to it. Attack: one key of megabytes above a million tensors. Names
 * of real nets stay under 200.
 */
export const MAX_NAME_LENGTH = 4_096;

/** How deep dictionaries of tensors may lie in each other. Attack: the stack. Lightning's optimizer states have 5. */
export const MAX_STATE_DEPTH = 64;

/** Metadata kept of one pickle. Attack: a million scalars. A Lightning checkpoint has some hundred settings. */
export const MAX_PICKLE_METADATA = 5_000;

/** Entries of a tar archive; torch wrote four. */
export const MAX_TAR_ENTRIES = 1_000;

/**
 * Bytes held at once of a tensor that is not in C order: it cannot be put in order by looking at it in pieces.
 * The largest such seen is a convolution of SDXL in channels-last, 118 MB.
 */
export const MAX_STRIDED_BYTES = 1024 * 1024 * 1024;

/**
 * Times that tensors may show more than is stored for them, once that is over `MAX_STRIDED_BYTES`. Attack: four bytes
 * with strides of 0 as a terabyte. Tied weights and biases that are expanded show theirs a few times.
 */
export const MAX_EXPANSION = 100;

/**
 * Bytes asked for when a remote file is opened. Keeps: most headers come in one request. That of an SDXL checkpoint
 * takes 0.3 MB, the head of a large GGUF without a vocabulary about as much.
 */
export const FIRST_REQUEST_BYTES = 1024 * 1024;

/** Bytes of a remote file that are kept for the next read. Keeps: memory, whatever is read of however large a file. */
export const MAX_REMOTE_CACHE_BYTES = 32 * 1024 * 1024;

/**
 * Bytes taken from the front of a file whose server answers no ranges, and of an answer that does not say how long
 * it is. Keeps: memory and traffic. Attack: an answer that never ends. The headers of real files fit many times.
 */
export const MAX_UNRANGED_BYTES = 64 * 1024 * 1024;

/** Redirects of one request. Attack: two hosts that send us back and forth. Browsers take 20, the Hub needs 2. */
export const MAX_REDIRECTS = 10;

/** Tries of one request where the failure may pass. Keeps: time, when a server is down. */
export const MAX_TRIES = 4;

/** Milliseconds that a server may ask us to wait before another try. Attack: a day. */
export const MAX_RETRY_WAIT_MS = 60_000;

/** Milliseconds without an answer, or without another byte of it. Attack: a server that holds the line for ever. */
export const STALL_MS = 30_000;

/** Requests under way at the same time to one host. Keeps: the server's patience; browsers use 6. */
export const MAX_REQUESTS_AT_ONCE = 6;

/** Pages of a repository's listing. Attack: one that never ends. The hub's pages have a thousand entries each. */
export const MAX_LISTING_PAGES = 200;

/** Bytes of one page of a repository's listing. A thousand entries take 0.3 MB. */
export const MAX_LISTING_BYTES = 16 * 1024 * 1024;

/**
 * Bytes of a setup: a workflow, a YAML file, an infotext. Keeps: it is read whole and held as a tree. Attack: a
 * workflow of gigabytes. The largest real ones, of a thousand nodes, are under 3 MB.
 */
export const MAX_SETUP_BYTES = 16 * 1024 * 1024;

/**
 * Bytes of a YAML document. Keeps: time; the parser builds several objects for each word. Real ones stay under
 * 20 KB.
 */
export const MAX_YAML_BYTES = 1024 * 1024;

/** Times that YAML's anchors may be repeated in all. Attack: nine lines of nine aliases each, a billion values. */
export const MAX_YAML_ALIASES = 100;

/**
 * Bytes of a JSON report that is read back. Keeps: it is held as a text and as a tree. A report of 10,000 models takes some
 * 35 MB.
 */
export const MAX_REPORT_BYTES = 256 * 1024 * 1024;

/** Chunks of a picture that are looked at. Keeps: time. Attack: a file of nothing but empty chunks. */
export const MAX_PICTURE_CHUNKS = 100_000;

/** Bytes of a picture's texts, inflated. Attack: gigabytes of zeros in a megabyte of a PNG's `zTXt`. */
export const MAX_PICTURE_TEXT_BYTES = 32 * 1024 * 1024;

/** Messages inside each other in an ONNX file. Attack: 60,000 nested graphs in 234 KB. Protobuf's own readers stop at 100 too. */
export const MAX_ONNX_DEPTH = 100;

/**
 * Fields of an ONNX file that are gone through. Keeps: time, for its shortest field takes two bytes. Attack: two
 * gigabytes of them. The export of an SDXL U-Net has some 300,000.
 */
export const MAX_ONNX_FIELDS = 10_000_000;

/** Nodes of an ONNX graph, and initializers, of each. Attack: millions of empty nodes. An SDXL U-Net has 15,000. */
export const MAX_ONNX_NODES = 200_000;

/** Bytes of the names and texts of an ONNX file that are kept. Attack: as for nodes, with names of 4 KB. */
export const MAX_ONNX_TEXT_BYTES = 256 * 1024 * 1024;

/** Numbers of a constant in an ONNX graph that are kept as numbers: shapes, axes and scales have a few. */
export const MAX_ONNX_CONSTANT = 16;

/** Files beside an ONNX model that hold its weights. Attack: a million names. Exporters write one. */
export const MAX_ONNX_DATA_FILES = 1_000;

/**
 * Time that the process which parses a checkpoint may compute, in seconds; waiting for a disk or network does not
 * count. Keeps: a run over many files ends. Attack: whatever makes a parser go on for ever that nobody thought of.
 */
export const MAX_PARSE_SECONDS = 120;

/** Heap of that process, in megabytes. Keeps: the machine. Attack: a lie in a header that no other limit stops. */
export const MAX_PARSE_HEAP_MB = 2048;

/** All memory of that process, in megabytes: buffers lie outside of the heap. */
export const MAX_PARSE_MEMORY_MB = 4096;

/** Bytes that it is given at once. The most that a reader asks for is the header of a GGUF file. */
export const MAX_PARSE_READ = 256 * 1024 * 1024;
