import { describe, expect, test } from 'vitest';
import { drawU, legend } from '../../src/report/draw-u.ts';
import { layOutU } from '../../src/report/u-rows.ts';
import { finish, PLAIN } from '../../src/report/view.ts';
import { makeComponent, makeNet, makeScale, SD1, SDXL, withBrokenSkip, type NetSpec } from './nets.ts';

const DDPM: NetSpec = {
  title: 'DDPM',
  channels: [128, 256, 256, 256],
  layers: 3,
  depths: [0, 1, 0, 0],
  midDepth: 1,
  attention: 'attention',
};
const DEEP: NetSpec = {
  title: 'deep',
  channels: [64, 128, 192, 256, 320, 384],
  layers: 5,
  depths: [],
  midDepth: 0,
};

function drawn(spec: NetSpec, width: number, ascii = false): string {
  const net = makeNet(spec);
  const u = layOutU(makeComponent(net), net, spec === DEEP ? undefined : makeScale(net, 512));
  const view = { width, palette: PLAIN, ascii };
  return finish([...drawU(u, view), '', `  ${legend(u)}`], view);
}

const SPECS = { sd1: SD1, sdxl: SDXL, ddpm: DDPM, deep: DEEP };

describe.each(Object.entries(SPECS))('%s', (name, spec) => {
  test.each([100, 80, 60, 40])('in %i columns', async (width) => {
    await expect(drawn(spec, width)).toMatchFileSnapshot(`drawings/${name}-${width}.txt`);
  });

  test('is never wider than asked, and its edges are straight', () => {
    for (let width = 30; width <= 120; width += 1) {
      const net = makeNet(spec);
      const lines = drawU(layOutU(makeComponent(net), net), { width, palette: PLAIN, ascii: false });
      expect(lines.filter((line) => line.length > width)).toEqual([]);
      const picture = lines.filter((line) => /[▶╯]/.test(line));
      const ends = new Set(
        picture.map((line) => Math.max(...['◇', '↑', '╯'].map((edge) => line.lastIndexOf(edge)))),
      );
      expect(ends.size).toBeLessThanOrEqual(1);
    }
  });
});

test('in ASCII', async () => {
  const text = drawn(SDXL, 80, true);
  expect(text).toMatch(/^[\x0a\x20-\x7e]*$/);
  await expect(text).toMatchFileSnapshot('drawings/sdxl-ascii.txt');
});

test('a skip that does not fit is marked on the dash', async () => {
  const net = withBrokenSkip(makeNet(SD1), 4);
  const u = layOutU(makeComponent(net), net, makeScale(net, 512));
  const view = { width: 80, palette: { ...PLAIN, bad: (text: string) => `<${text}>` }, ascii: false };
  const text = finish([...drawU(u, view), legend(u)], view);
  expect(text).toContain('< ✘640 >');
  expect(text).toContain('✘ does not fit');
});

test('a skip that does not fit in size is marked, too', () => {
  const net = makeNet(SD1);
  const scale = makeScale(net, 512);
  const sizes = new Map(scale.sizes).set('conv_in', { height: 63, width: 64 });
  const u = layOutU(makeComponent(net), net, { ...scale, sizes });
  expect(u.rows.flatMap(({ skips }) => skips).filter(({ sound }) => !sound).length).toBe(1);
});

test('a block at fault is marked in its place', () => {
  const net = makeNet(SD1);
  const problem = {
    kind: 'missing-block' as const,
    block: 'up_blocks.2.attentions.1',
    fileBlock: 'output_blocks.7.1',
    tensors: 20,
    because: 'its neighbours have one',
  };
  const u = layOutU(makeComponent(net, [problem]), net);
  const lines = drawU(u, { width: 80, palette: PLAIN, ascii: false });
  expect(lines.find((line) => line.includes('up.2'))).toContain('▶ ■◆ ■✘ ■◆ ↑');
});

test('a skip from another level is marked', () => {
  const net = makeNet(SD1);
  const skips = net.skips.map((skip, index) => (index === 0 ? { ...skip, producer: 'conv_in' } : skip));
  const u = layOutU(makeComponent(net), { ...net, skips });
  expect(drawU(u, { width: 80, palette: PLAIN, ascii: false }).join('\n')).toContain('1280*');
  expect(legend(u)).toContain('* from another level');
});

test('a net without a middle says so', () => {
  const net = makeNet({ ...SD1, withMiddle: false });
  const u = layOutU(makeComponent(net), net);
  expect(drawU(u, { width: 80, palette: PLAIN, ascii: false }).join('\n')).toContain('no middle block');
  expect(drawU(u, { width: 30, palette: PLAIN, ascii: false }).join('\n')).toContain('no middle block');
});
