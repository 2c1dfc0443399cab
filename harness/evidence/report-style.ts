/** The report's only style sheet. System fonts and no address: the file needs no network. */
export const REPORT_STYLE = `
:root { color-scheme: light dark;
  --paper: #fbfaf7; --card: #ffffff; --ink: #1d2430; --soft: #5a6472; --line: #e2dfd7;
  --good: #2e7d5b; --good-soft: #b9d9c7; --bad: #b3392f; --bad-soft: #f2d5d0;
  --doubt: #9a6a12; --doubt-soft: #f3e4c3; --accent: #33548c; --fault: #b3392f1f; --bad-fill: #b3392f; }
@media (prefers-color-scheme: dark) { :root {
  --paper: #14181e; --card: #1b2129; --ink: #e6e8eb; --soft: #9aa4b1; --line: #2f3844;
  --good: #6fc49b; --good-soft: #2d5a46; --bad: #ef8c80; --bad-soft: #4a2724;
  --doubt: #dfb45c; --doubt-soft: #463818; --accent: #8fb0e8; --fault: #ef8c802b; --bad-fill: #c4594e; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 15px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
main { max-width: 1040px; margin: 0 auto; padding: 28px 20px 64px; }
h1 { font-size: 25px; line-height: 1.25; margin: 10px 0 6px; font-weight: 650; letter-spacing: -.01em; }
h2 { font-size: 13px; text-transform: uppercase; letter-spacing: .08em; color: var(--soft);
  margin: 34px 0 10px; font-weight: 650; }
p { margin: 6px 0; } a { color: var(--accent); } .soft { color: var(--soft); } small { color: var(--soft); }
code, .mono { font: 13px/1.5 ui-monospace, SFMono-Regular, Menlo, "DejaVu Sans Mono", monospace; }
.run { display: flex; flex-wrap: wrap; gap: 4px 18px; font-size: 13px; color: var(--soft); }
.scenario { border-top: 1px solid var(--line); margin-top: 40px; padding-top: 24px; }
.scenario:first-of-type { border-top: 0; margin-top: 14px; padding-top: 0; }
.pill { display: inline-block; padding: 2px 11px; border-radius: 99px; font-weight: 650; font-size: 13px;
  letter-spacing: .05em; white-space: nowrap; }
.pill.good { color: var(--good); background: color-mix(in srgb, var(--good) 14%, transparent); }
.pill.bad { color: var(--bad); background: var(--bad-soft); }
.pill.doubt { color: var(--doubt); background: var(--doubt-soft); }
.why { font-size: 17px; margin: 8px 0 16px; max-width: 76ch; overflow-wrap: anywhere; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(230px, 1fr)); gap: 12px; }
.tile { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 14px 16px; }
.tile .name { display: flex; justify-content: space-between; gap: 8px; font-size: 13px; color: var(--soft); }
.tile .value { font-size: 27px; font-weight: 620; letter-spacing: -.02em; margin: 4px 0 0; font-variant-numeric: tabular-nums; }
.tile .value small { font-size: 14px; font-weight: 400; letter-spacing: 0; }
.tile p { font-size: 13px; color: var(--soft); margin: 4px 0 0; overflow-wrap: anywhere; }
.tile.bad { border-color: var(--bad); } .tile.doubt { border-color: var(--doubt); }
.hypothesis { margin-top: 14px; }
.word { font-weight: 600; white-space: nowrap; }
.word.good { color: var(--good); } .word.bad { color: var(--bad); } .word.doubt { color: var(--doubt); }
.repro { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 10px 14px; margin: 14px 0 0;
  overflow-x: auto; white-space: nowrap; }
.scroll { overflow-x: auto; }
table:has(th:nth-child(11)) { font-size: 12.5px; } table:has(th:nth-child(11)) :is(td, th) { padding-right: 9px; }
td:first-child { white-space: nowrap; } .scroll table { min-width: 540px; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th { text-align: left; font-weight: 600; color: var(--soft); font-size: 12.5px; padding: 6px 14px 6px 0; border-bottom: 1px solid var(--line); white-space: nowrap; }
td { padding: 7px 14px 7px 0; border-bottom: 1px solid var(--line); vertical-align: top; overflow-wrap: break-word; }
td.num, th.num { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
tr:last-child td { border-bottom: 0; }
.timeline { margin: 0 0 18px; background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 12px 14px 6px; }
.timeline figcaption { font-size: 13px; color: var(--soft); margin-bottom: 6px; }
.timeline svg { display: block; width: 100%; min-width: 640px; height: auto; }
.timeline text { font: 11px system-ui, "DejaVu Sans", sans-serif; fill: var(--soft); }
.t-label { text-anchor: end; } .t-tick-label { text-anchor: middle; } .timeline .t-end { text-anchor: end; }
.timeline .t-fault-label { fill: var(--bad); font-weight: 600; }
.t-rail, .t-tick { stroke: var(--line); } .t-phase { stroke: var(--line); stroke-dasharray: 2 3; }
.t-leader { fill: var(--accent); } .t-good { fill: var(--good-soft); } .t-bad { fill: var(--bad-fill); }
.t-mixed { fill: var(--doubt); } .t-none { fill: none; stroke: var(--line); stroke-width: .5; }
.t-calm { fill: none; } .c-line { fill: none; stroke-width: 1.6; stroke-linejoin: round; stroke-linecap: round; }
.c0 { stroke: var(--accent); } .c1 { stroke: var(--soft); stroke-width: 1.2; } .c2 { stroke: var(--doubt); }
.c0-fill { background: var(--accent); } .c1-fill { background: var(--soft); } .c2-fill { background: var(--doubt); }
.c-limit { stroke: var(--bad); stroke-dasharray: 5 4; stroke-width: 1.2; } .legend i.c-limit-fill { background: var(--bad); height: 2px; vertical-align: 4px; }
.t-fault { fill: var(--fault); } .t-issued { stroke: var(--bad); stroke-width: 1.2; }
.t-bracket { fill: none; stroke: var(--bad); stroke-width: 1.4; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 16px; font-size: 12.5px; color: var(--soft); margin: -8px 0 12px; }
.legend i { display: inline-block; width: 12px; height: 12px; border-radius: 2px; margin-right: 5px; vertical-align: -1px; }
.gauge svg { display: block; width: 100%; height: 30px; margin-top: 8px; overflow: visible; }
.g-rail { fill: var(--line); } .g-band { fill: var(--accent); } .g-limit { stroke: var(--ink); stroke-width: 2; }
.bars { display: flex; height: 26px; border-radius: 6px; overflow: hidden; border: 1px solid var(--line); margin-bottom: 10px; }
.bars div { min-width: 2px; } .swatch { display: inline-block; width: 10px; height: 10px; border-radius: 2px; margin-right: 7px; }
.p0 { background: #7b93bd; } .p1 { background: #33548c; } .p2 { background: #b88a3a; } .p3 { background: #7f9f86; } .p4 { background: #8b8b8b; }
details { margin: 6px 0; } summary { cursor: pointer; color: var(--soft); }
ul.limits { padding-left: 18px; margin: 0; font-size: 14px; } ul.limits li { margin: 4px 0; max-width: 90ch; }
footer { margin-top: 44px; padding-top: 14px; border-top: 1px solid var(--line); font-size: 13px; color: var(--soft); }
@media (max-width: 560px) { main { padding: 18px 14px 48px; } h1 { font-size: 21px; } .why { font-size: 16px; } }
@media print { :root { --paper: #fff; --card: #fff; --ink: #111; --soft: #555; --line: #ccc; }
  body { font-size: 11pt; -webkit-print-color-adjust: exact; print-color-adjust: exact; }
  main { max-width: none; padding: 0; } .scenario { break-before: page; } .scenario:first-of-type { break-before: auto; }
  .tile, .timeline, tr { break-inside: avoid; } .timeline svg { min-width: 0; } details > * { display: block; } }
`
