import { html } from './html-markup.ts';

/** How the page looks: light and dark, from the width of a phone, and on paper. Every colour has a word beside it. */
export const STYLE = html`<style>
:root {
  color-scheme: light dark;
  --ground: #fff; --raised: #f6f7f9; --line: #d6dae1; --ink: #191d24; --soft: #586071; --link: #0b57b8;
  --bad: #b3201d; --bad-ground: #fdeeed; --warn: #8a5200; --warn-ground: #fdf4e3;
  --note: #2b5c8f; --note-ground: #edf4fb; --good: #1c6b3a; --good-ground: #eaf6ee;
  --resnet: #d5e4f7; --transformer: #e4dcf6; --attention: #d3ecea; --conv: #e6e9ee; --flow: #c9cfd9;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #14171c; --raised: #1c2027; --line: #363c47; --ink: #e7eaf0; --soft: #a2abbb; --link: #82b4f5;
    --bad: #ff8d85; --bad-ground: #3a1c1c; --warn: #f0b75a; --warn-ground: #362915;
    --note: #93c2f2; --note-ground: #1a2a3b; --good: #79cf97; --good-ground: #17301f;
    --resnet: #263c58; --transformer: #3a2f58; --attention: #1d4441; --conv: #333a45; --flow: #414956;
  }
}
* { box-sizing: border-box; }
html { font: 15px/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif; }
body { margin: 0 auto; padding: 1.5rem 1rem 3rem; max-width: 74rem; background: var(--ground); color: var(--ink); overflow-wrap: break-word; }
bdi, code { overflow-wrap: anywhere; }
h1, h2, h3, h4 { line-height: 1.25; margin: 0; text-wrap: balance; }
h1 { font-size: 1.5rem; }
h2 { font-size: 1.2rem; margin: 2.5rem 0 .75rem; }
h3 { font-size: 1rem; margin: 2rem 0 .6rem; }
h4 { font-size: .95rem; margin: 1.25rem 0 .5rem; }
p { margin: .4rem 0; max-width: 76ch; }
a { color: var(--link); }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
code { font: .9em/1.4 ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace; unicode-bidi: isolate; }
.soft { color: var(--soft); }
.small { font-size: .87rem; }
.bad { color: var(--bad); } .warn { color: var(--warn); } .good { color: var(--good); } .note { color: var(--note); }
.verdict { border: 1px solid var(--line); border-left: .4rem solid; border-radius: .4rem; padding: 1rem 1.1rem; background: var(--raised); }
.verdict h1 { color: inherit; }
.verdict p { color: var(--ink); }
.verdict.bad { background: var(--bad-ground); } .verdict.good { background: var(--good-ground); } .verdict.warn { background: var(--warn-ground); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; font-variant-numeric: tabular-nums; }
th, td { text-align: left; vertical-align: top; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid var(--line); }
th { color: var(--soft); font-weight: 600; white-space: nowrap; }
tbody th { color: var(--ink); font-weight: 500; white-space: normal; }
td.short { white-space: nowrap; }
td.number, th.number { text-align: right; white-space: nowrap; }
tr.unfit td, tr.unfit th { color: var(--bad); }
.files td:last-child { width: 14rem; }
.files td:first-child { width: 1.6rem; padding-right: .2rem; }
details { border: 1px solid var(--line); border-radius: .4rem; margin: .6rem 0; }
summary { cursor: pointer; padding: .6rem .9rem; background: var(--raised); border-radius: .4rem; }
details[open] > summary { border-bottom: 1px solid var(--line); border-radius: .4rem .4rem 0 0; }
summary h2, summary h3 { display: inline; margin: 0; font-size: 1rem; }
.body { padding: .4rem .9rem 1rem; scroll-margin-top: 4rem; }
.finding { border-left: .25rem solid; padding: .5rem .8rem .6rem; margin: .6rem 0; background: var(--raised); border-radius: 0 .3rem .3rem 0; }
.finding > * { color: var(--ink); }
.finding .what { font-weight: 600; margin: 0 0 .3rem; }
.finding .label { font-weight: 600; color: inherit; }
.error { border-color: var(--bad); color: var(--bad); } .warning { border-color: var(--warn); color: var(--warn); } .remark { border-color: var(--note); color: var(--note); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem .9rem; margin: .3rem 0; font-size: .92rem; }
dt { color: var(--soft); }
dd { margin: 0; min-width: 0; }
.callout { border-left: .25rem solid var(--warn); background: var(--warn-ground); padding: .5rem .8rem; margin: .6rem 0; border-radius: 0 .3rem .3rem 0; }
.net { display: grid; gap: 1rem 2rem; }
.net > div { min-width: 0; }
@media (min-width: 60rem) { .net { grid-template-columns: minmax(0, 38rem) minmax(0, 1fr); } }
svg.u { display: block; width: 100%; max-width: 38rem; height: auto; }
svg.u rect { stroke: var(--ground); stroke-width: 1; }
svg.u text { font-size: 11px; text-anchor: middle; fill: var(--ink); }
svg.u .level { font-size: 10.5px; fill: var(--soft); }
svg.u .conv, svg.u .sampler { fill: var(--conv); }
svg.u .resnet { fill: var(--resnet); } svg.u .transformer { fill: var(--transformer); } svg.u .attention { fill: var(--attention); }
svg.u .broken { fill: var(--bad-ground); stroke: var(--bad); stroke-width: 2; }
svg.u .on-broken { fill: var(--bad); font-weight: 700; }
svg.u .flow { fill: none; stroke: var(--flow); stroke-width: 5; stroke-linejoin: round; }
svg.u .skip line { stroke: var(--soft); stroke-width: 1.2; } svg.u .skip path { fill: var(--soft); }
svg.u .skip rect { fill: var(--ground); stroke: none; } svg.u .skip text { fill: var(--ink); }
svg.u .unfit line { stroke: var(--bad); stroke-width: 2.5; stroke-dasharray: 5 4; } svg.u .unfit path, svg.u .unfit text { fill: var(--bad); } svg.u .unfit text { font-weight: 700; }
footer { margin-top: 3rem; padding-top: .8rem; border-top: 1px solid var(--line); color: var(--soft); font-size: .87rem; }
@media (max-width: 40rem) {
  body { padding: 1rem .7rem 2rem; }
  .body { padding: .3rem .6rem .8rem; }
  dl { grid-template-columns: 1fr; gap: 0; }
  dd { margin-bottom: .3rem; }
  .files td:last-child { width: 7rem; padding-right: 0; }
  table.stack thead { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; }
  table.stack, table.stack tbody, table.stack tr, table.stack td, table.stack tbody th { display: block; width: auto; }
  table.stack tr { padding: .4rem 0; border-bottom: 1px solid var(--line); }
  table.stack td, table.stack tbody th { border: 0; padding: 0; text-align: left; white-space: normal; }
  table.stack tbody th { font-weight: 600; }
  table.stack td[data-label]::before { content: attr(data-label) ': '; color: var(--soft); }
}
@media print {
  :root {
    color-scheme: light;
    --ground: #fff; --raised: #fff; --line: #bbb; --ink: #000; --soft: #444; --link: #000;
    --bad: #a01512; --bad-ground: #fff; --warn: #7a4800; --warn-ground: #fff; --note: #234f7d; --note-ground: #fff; --good: #145a2e; --good-ground: #fff;
    --resnet: #d5e4f7; --transformer: #e4dcf6; --attention: #d3ecea; --conv: #e6e9ee; --flow: #c9cfd9;
  }
  html { font-size: 10pt; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  body { padding: 0; max-width: none; }
  .wide { overflow: visible; }
  details { border: 0; }
  details::details-content { content-visibility: visible; }
  summary { list-style: none; padding-left: 0; }
  .finding, .callout, svg, tr { break-inside: avoid; }
  h2, h3, h4, summary { break-after: avoid; }
  thead { display: table-header-group; }
  svg.u { max-width: 11cm; }
  .net { display: block; }
  .up { display: none; }
}
</style>`;
