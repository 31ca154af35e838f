import * as fc from '../build/properties.ts';
import { describe, expect, it } from 'vitest';
import { MAX_STRING_BYTES } from '../../src/bytes/limits.ts';
import { isJsonArray, isJsonObject, type JsonValue, parseJson } from '../../src/formats/json.ts';
import { JsonCursor } from '../../src/formats/json-cursor.ts';
import { firstInvalidUtf8 } from '../../src/formats/json-syntax.ts';

const encoder = new TextEncoder();
const parse = (text: string) => parseJson(encoder.encode(text));

/** The tree as JSON.parse would have it. */
function plain(value: JsonValue): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (isJsonArray(value)) return value.map(plain);
  if (isJsonObject(value)) return Object.fromEntries([...value].map(([key, item]) => [key, plain(item)]));
  return value;
}

describe('parseJson', () => {
  it('reads what JSON.stringify writes', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), fc.boolean(), (value, pretty) => {
        const text = JSON.stringify(value, null, pretty ? 2 : undefined);
        const { value: read, faults } = parse(text);
        expect(faults).toEqual([]);
        expect(plain(read ?? null)).toEqual(JSON.parse(text));
      }),
    );
  });

  it('accepts of random text no more than JSON.parse does', () => {
    const piece = fc.constantFrom(
      ...'{}[]",:0123456789.-+eE\\u truefalsn\n\t'.split(''),
      '"a"',
      '\\ud800',
      '1e999',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = pieces.join('');
        const { value } = parse(text);
        if (value === undefined) return;
        expect(() => JSON.parse(text)).not.toThrow();
      }),
      { numRuns: 3000 },
    );
  });

  it('never throws for bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void parseJson(bytes)));
  });

  it('keeps integers beyond 2⁵³ exactly, and numbers as they are', () => {
    expect(parse('9007199254740993').value).toBe(9007199254740993n);
    expect(parse('-9007199254740993').value).toBe(-9007199254740993n);
    expect(parse('9007199254740991').value).toBe(9007199254740991);
    expect(parse('[1.5, 1e3, 0.1E-2, -0, 1e21]').value).toEqual([1.5, 1000, 0.001, -0, 1e21]);
  });

  it('reads `__proto__` as a name like any other', () => {
    const { value } = parse('{"__proto__": {"polluted": true}, "constructor": 1}');
    expect(isJsonObject(value) && [...value.keys()]).toEqual(['__proto__', 'constructor']);
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });

  it('reports a name that stands twice with both places; the last counts', () => {
    const { value, faults } = parse('{"a/b": {"x": 1, "y~": 2, "x": 3}}');
    expect(faults).toEqual([
      {
        kind: 'json-duplicate-key',
        key: 'x',
        first: { offset: 9, length: 3 },
        bytes: { offset: 26, length: 3 },
        pointer: '/a~1b/x',
      },
    ]);
    expect(plain(value ?? null)).toEqual({ 'a/b': { x: 3, 'y~': 2 } });
  });

  it.each([
    ['', 'ends-early', 0],
    ['{"a" 1}', 'syntax', 5],
    ['[1 2]', 'syntax', 3],
    ['[1,]', 'syntax', 3],
    ['{,}', 'syntax', 1],
    ['{"a":1,}', 'syntax', 7],
    ['nul', 'ends-early', 3],
    ['nulx', 'syntax', 3],
    ['tru e', 'syntax', 3],
    ['01', 'syntax', 1],
    ['-', 'ends-early', 1],
    ['1.', 'ends-early', 2],
    ['+1', 'syntax', 0],
    ['nan', 'syntax', 1],
    ['-infinity', 'syntax', 1],
    ['1e999', 'number-out-of-range', 0],
    ['"a', 'ends-early', 2],
    ['"\n"', 'control-character', 1],
    ['"\\x"', 'bad-escape', 1],
    ['"\\u12g4"', 'bad-escape', 5],
    ['"\\udc00"', 'lone-surrogate', 1],
    ['"\\ud83d\\u0041"', 'lone-surrogate', 1],
    ['1 2', 'trailing-data', 2],
    ['{}\0', 'trailing-data', 2],
    ['\ufeff1', 'byte-order-mark', 0],
    ['['.repeat(128), 'too-deep', 127],
    ["{'a':1}", 'syntax', 1],
  ])('refuses %j: %s at %i', (text, problem, offset) => {
    const { value, faults } = parse(text);
    expect(value).toBeUndefined();
    expect(faults).toMatchObject([{ kind: 'json-invalid', problem, bytes: { offset } }]);
  });

  it('takes the numbers that JSON has not and Python writes', () => {
    const text = '{"lambda_min_clipped":-Infinity,"a":[NaN, Infinity ]}';
    const { value, faults } = parse(text);
    expect(faults).toEqual([]);
    expect(value).toEqual(
      new Map<string, unknown>([
        ['lambda_min_clipped', Number.NEGATIVE_INFINITY],
        ['a', [Number.NaN, Number.POSITIVE_INFINITY]],
      ]),
    );
  });

  it('decodes escapes, surrogate pairs and UTF-8', () => {
    expect(parse('"\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00é😀"').value).toBe('"\\/\b\f\n\r\té😀é😀');
  });

  it('refuses a string that is too long', () => {
    const { faults } = parse(`["${'a'.repeat(MAX_STRING_BYTES + 1)}"]`);
    expect(faults).toMatchObject([{ problem: 'string-too-long', bytes: { offset: 2 } }]);
  });
});

describe('an unsigned integer', () => {
  it.each([
    ['0', 0],
    ['7', 7],
    ['9007199254740991', 9007199254740991],
    ['9007199254740992', 9007199254740992n],
    ['18446744073709551615', 18446744073709551615n],
    ['18446744073709551616', undefined],
    ['100000000000000000000000', undefined],
    ['-0', undefined],
    ['-1', undefined],
    ['2.0', undefined],
    ['2e0', undefined],
    ['"2"', undefined],
    ['null', undefined],
    ['[]', undefined],
  ])('%s', (text, value) => {
    const cursor = new JsonCursor(encoder.encode(`[${text}]`));
    cursor.enterArray();
    expect(cursor.nextItem()).toBe(true);
    expect(cursor.unsigned()).toBe(value);
    expect(cursor.nextItem()).toBe(false);
  });
});

describe('firstInvalidUtf8', () => {
  it('agrees with the platform on what is UTF-8', () => {
    const decoder = new TextDecoder('utf-8', { fatal: true });
    // bytes near the boundaries of the encoding are rare among random ones
    const byte = fc.oneof(
      fc.integer({ min: 0, max: 255 }),
      fc.constantFrom(0xc1, 0xc2, 0xe0, 0xed, 0xf0, 0xf4, 0xf5, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf),
    );
    fc.assert(
      fc.property(fc.array(byte, { maxLength: 8 }), (values) => {
        const bytes = Uint8Array.from(values);
        let valid = true;
        try {
          decoder.decode(bytes);
        } catch {
          valid = false;
        }
        expect(firstInvalidUtf8(bytes) === undefined).toBe(valid);
      }),
      { numRuns: 5000 },
    );
  });
});
