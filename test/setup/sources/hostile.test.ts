import * as fc from '../../build/properties.ts';
import { describe, expect, test } from 'vitest';
import { memorySource } from '../../../src/bytes/memory.ts';
import { readAgainst, SetupError } from '../../../src/setup/sources/index.ts';
import { groupFlow, oldEditorFlow, pipeFlow, promotedFlow } from '../../build/flow-forms.ts';
import { apiFlow, editorFlow, patchedApiFlow, subgraphFlow } from '../../build/flows.ts';
import { iTXt, png, zTXt } from '../../build/png.ts';

/** Reads it, or refuses it in our own words; nothing else may happen. */
async function attempt(bytes: Uint8Array, name: string): Promise<void> {
  const said = await readAgainst(memorySource(name, bytes)).then(
    ({ setups }) => setups.flatMap(({ notes }) => notes).join(),
    (error: unknown) => {
      if (!(error instanceof SetupError)) throw error;
      return error.message;
    },
  );
  expect(said).not.toMatch(/undefined|\[object/);
}

const PROXIES = {
  widgets_values: [5, 1.5],
  properties: {
    proxyWidgets: [
      ['-1', 'cfg'],
      ['3', 'steps'],
    ],
  },
};
const FLOWS = [
  apiFlow(),
  patchedApiFlow(),
  editorFlow(),
  subgraphFlow(),
  oldEditorFlow(),
  groupFlow(),
  pipeFlow(),
  promotedFlow(PROXIES),
].map((flow) => JSON.stringify(flow));

describe('nothing but a setup or a refusal', () => {
  test('of a group whose definition has an object for a class', async () => {
    const flow = JSON.stringify(groupFlow());
    for (const type of ['KSampler', 'CLIPTextEncode']) {
      const changed = flow.replace(`"type":"${type}"`, '"type":{}');
      expect(changed).not.toBe(flow);
      await attempt(new TextEncoder().encode(changed), 'flow.json');
    }
  });

  test('of workflows with a value put in any place', async () => {
    const values = ['null', '-1', '1e999', '"x"', '[]', '{}', '[[1]]', 'true', '["3",0]', '["3",-1]'];
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...FLOWS),
        fc.nat(),
        fc.constantFrom(...values),
        async (flow, at, value) => {
          const places = [...flow.matchAll(/(?<=[:,[])(?:-?\d+(?:\.\d+)?|"[^"]*"|true|null)(?=[,\]}])/g)];
          const place = places[at % places.length];
          if (place === undefined) return;
          const changed = flow.slice(0, place.index) + value + flow.slice(place.index + place[0].length);
          await attempt(new TextEncoder().encode(changed), 'flow.json');
        },
      ),
      { numRuns: 800 },
    );
  });

  test('of any JSON', async () => {
    await fc.assert(
      fc.asyncProperty(fc.json(), async (text) => attempt(new TextEncoder().encode(text), 'setup.json')),
      { numRuns: 300 },
    );
  });

  test('of any bytes of a picture', async () => {
    const whole = png([
      zTXt('parameters', 'a\nSteps: 1, Sampler: b, CFG scale: 1'),
      iTXt('prompt', FLOWS[0] ?? '', true),
    ]);
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 9), fc.nat(255), async (at, byte) => {
        const changed = Uint8Array.from(whole);
        changed[at + 8] = byte;
        await attempt(changed, 'a.png');
      }),
      { numRuns: 300 },
    );
  });

  test('of any YAML', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: fc.constantFrom(...'model: -[]{}&*!|>\n  ax1.#"\''), maxLength: 60 }),
        async (text) => attempt(new TextEncoder().encode(text), 'a.yaml'),
      ),
      { numRuns: 500 },
    );
  });
});

test('what is no text at all', async () => {
  await expect(readAgainst(memorySource('x', Uint8Array.of(0xff, 0xfe, 0)))).rejects.toThrow('it is no text');
});
