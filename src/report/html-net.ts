import type { DrawnNet, DrawnSkip } from './details.ts';
import { html, type Markup, name } from './html-markup.ts';
import { drawUSvg } from './html-u.ts';
import { READ_OFF } from './inspect-text.ts';
import { counted, formatCount } from './numbers.ts';
import { sizesText, sumText } from './skip-table.ts';

/** Skips in the table, unless all are asked for. */
const MOST_SKIPS = 100;

/** A net: what it is, its U, what it is fed, its skips. @param id unique in the page */
export function netSection(net: DrawnNet, id: string, all: boolean): Markup {
  const { family, kind, part, prefix, dialect, parameters, fed, skips } = net;
  const title = kind === 'ema' ? 'U-Net, averaged weights (EMA)' : 'U-Net';
  const names = READ_OFF.get(dialect) ?? html`${name(dialect, 40)} names`;
  const drawing = drawUSvg(net, id);
  return html`<h3>${title}: ${name(family.title, 120)}</h3>
<p class="soft">${formatCount(parameters)} parameters · ${names}${prefix === '' ? undefined : html` · <code>${name(prefix, 80)}</code>`}${part === '' ? undefined : html` · folder ${name(part, 80)}`} · known by ${name(family.from)} (${family.known})</p>
${familyRemarks(net)}
<div class="net">
<div>${drawing ?? html`<p>It has too many blocks for a drawing.</p>`}
<p class="soft small">${caption(net)}</p></div>
<div><h4>What it is fed</h4>
<table class="stack"><thead><tr><th>what</th><th>value</th><th>known</th><th>from</th></tr></thead><tbody>
${fed.map(
  (
    row,
  ) => html`<tr><th scope="row">${row.name}</th><td class="short">${row.value}</td><td class="soft" data-label="known">${row.known}</td><td class="soft" data-label="from">${name(prefix === '' ? row.from : row.from.replaceAll(prefix, ''))}</td></tr>
`,
)}</tbody></table></div>
</div>
${skipTable(skips, all)}`;
}

function familyRemarks({ family: { sameShapes, nearest } }: DrawnNet): Markup {
  return html`${
    sameShapes.length === 0
      ? undefined
      : html`<p>The same shapes: ${name(sameShapes.join(', '))}. Only evidence beyond shapes can tell them apart.</p>`
  }${
    nearest === undefined
      ? undefined
      : html`<p>Nearest family: ${name(nearest.title, 120)}. It differs: ${nearest.differs
          .map(({ field, found, expected }) => `${field} ${found}, not ${expected}`)
          .join('; ')}.</p>`
  }`;
}

function caption({ scale, dialect }: DrawnNet): string {
  const what = READ_OFF.has(dialect) ? 'input' : 'latent';
  const about =
    'Down the left side the encoder, up the right side the decoder; each line across is a skip connection with the channels that it carries.';
  if (scale === undefined) return `${about} Sizes are parts of the ${what}.`;
  const { width, height } = scale.resolution;
  const whose = scale.asked ? 'as asked for' : 'the size of its family';
  return `${about} Sizes are width×height at ${width}×${height} pixels, ${whose}.`;
}

function skipTable(skips: readonly DrawnSkip[], all: boolean): Markup {
  if (skips.length === 0) return html`<p>It has no skip connections.</p>`;
  const unfit = skips.filter(({ sound }) => !sound);
  // those that fail are never among those left out
  const ordered =
    skips.length > MOST_SKIPS && !all ? [...unfit, ...skips.filter(({ sound }) => sound)] : skips;
  const listed = all ? ordered : ordered.slice(0, MOST_SKIPS);
  const left = skips.length - listed.length;
  const holds = skips.length - unfit.length;
  const summary = `${holds} of ${counted(skips.length, 'skip connection')} ${holds === 1 ? 'holds' : 'hold'}`;
  return html`<h4 class="${unfit.length === 0 ? 'good' : 'bad'}">${unfit.length === 0 ? '✔' : '✘'} ${summary}</h4>
<table class="stack"><thead><tr><th>decoder block</th><th>takes the output of</th><th class="number">below + skip</th><th class="number">expects</th></tr></thead><tbody>
${listed.map(skipRow)}</tbody></table>
${left > 0 ? html`<p class="soft">and ${left} more; --all lists them.</p>` : undefined}`;
}

function skipRow(skip: DrawnSkip): Markup {
  const { sound, consumer, producer, expects, sizes } = skip;
  return html`<tr${sound ? undefined : html` class="unfit"`}><th scope="row">${sound ? '✔' : '✘'} <code>${name(consumer)}</code></th><td data-label="takes"><code>${name(producer)}</code></td><td class="number" data-label="below + skip">${sumText(skip)}${sizes && html`<br>${sizesText(sizes)}`}</td><td class="number" data-label="expects">${expects}</td></tr>
`;
}
