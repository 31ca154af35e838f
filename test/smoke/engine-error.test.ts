import { describe, expect, test } from 'vitest';
import { explained } from '../../src/smoke/engine-error.ts';

/** Texts of ONNX Runtime 1.30, of Dawn, and of the graphics systems below it: read off runs, or off their sources. */
describe("the runtime's words", () => {
  test.each([
    ['std::bad_alloc', 'memory', 'there is not enough memory'],
    ['Failed to allocate memory for requested buffer of size 3439034368', 'memory', 'not enough memory'],
    ['VK_ERROR_OUT_OF_DEVICE_MEMORY', 'memory', 'not enough memory'],
    [
      'A valid external Instance reference no longer exists. Device was lost.',
      'device-lost',
      'stopped answering',
    ],
    ['vkQueueSubmit failed with VK_ERROR_DEVICE_LOST', 'device-lost', 'the GPU stopped answering'],
    ['DXGI_ERROR_DEVICE_REMOVED (0x887A0005)', 'device-lost', 'the GPU stopped answering'],
    ['Failed to download data from buffer: map failed', 'device-lost', 'the GPU stopped answering'],
    ['External data path validation failed for initializer: w', 'files', 'is gone or is not what it was'],
    [
      '[ONNXRuntimeError] : 9 : NOT_IMPLEMENTED : no kernel for Resize',
      'unsupported',
      'cannot compute an operator',
    ],
  ])('%s', (said, code, means) => {
    const error = explained('the net could not be run', new Error(said));
    expect(error.code).toBe(code);
    expect(error.message).toContain(means);
    expect(error.hint).toMatch(/^\S.*\S$/);
  });

  test('that are not known stay as they are, on one line and without places in its sources', () => {
    const said =
      'Non-zero status code returned while running Gemm node.\n/onnxruntime_src/core/x.cc:12 odd thing';
    const error = explained('the net could not be run', new Error(said));
    expect(error).toMatchObject({ code: 'runtime', hint: undefined });
    expect(error.message).toBe('the net could not be run: in Gemm node. odd thing');
  });
});
