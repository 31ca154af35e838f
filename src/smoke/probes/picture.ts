/** What a short denoise looks like in numbers, without anybody who looks at it. */
import { mean, rms } from './mixing.ts';
import type { Drawn } from './samples.ts';
import type { Subject } from './subject.ts';

export interface PictureNumbers {
  /** Root mean square of the latent. */
  readonly spread: number;
  /** Correlation of neighbours, over rows and columns: about 0 for noise, towards 1 for a picture. */
  readonly neighbours: number;
  /** Share of numbers beyond four spreads: what saturates stands out. */
  readonly outliers: number;
  /** Change of x₀ as predicted over the last third of the steps, over its spread. */
  readonly settling: number;
}

/** Measures drawn pictures; means over all of them. */
export function pictureNumbers({ pictures, guesses }: Drawn, subject: Subject): PictureNumbers {
  const earlier = guesses[Math.floor((guesses.length * 2) / 3)] ?? [];
  return {
    spread: mean(pictures.map(rms)),
    neighbours: mean(pictures.map((picture) => neighbours(picture, subject))),
    outliers: mean(pictures.map(outliers)),
    settling: mean(
      pictures.map((picture, index) => {
        const before = earlier[index] ?? picture;
        return rms(picture.map((value, at) => value - (before[at] as number))) / rms(picture);
      }),
    ),
  };
}

function neighbours(picture: Float32Array, { channels, height, width }: Subject): number {
  const area = height * width;
  let [sum, squares] = [0, 0];
  for (let channel = 0; channel < channels; channel += 1) {
    const plane = picture.subarray(channel * area, (channel + 1) * area);
    const centre = plane.reduce((all, value) => all + value, 0) / area;
    const at = (y: number, x: number): number => (plane[y * width + x] as number) - centre;
    for (let y = 0; y < height; y += 1) {
      for (let x = 0; x < width; x += 1) {
        if (x + 1 < width) sum += at(y, x) * at(y, x + 1);
        if (y + 1 < height) sum += at(y, x) * at(y + 1, x);
        squares += 2 * at(y, x) ** 2;
      }
    }
  }
  // as many pairs as there are would be counted without the far edges
  const pairs = (height * (width - 1) + (height - 1) * width) / (2 * area);
  return sum / squares / pairs;
}

function outliers(picture: Float32Array): number {
  const limit = 4 * rms(picture);
  return picture.filter((value) => Math.abs(value) > limit).length / picture.length;
}
