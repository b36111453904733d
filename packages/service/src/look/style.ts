import { versionOf } from './version.ts';

/** The look of Ghost Admin: white cards on white, a black button, green, red and yellow for what they mean. */
export const STYLE = `:root {
  color-scheme: light dark;
  --ground: #fff; --card: #fff; --soft: #f4f5f6; --line: #e1e5e8; --text: #15171a; --dim: #626d79;
  --button: #15171a; --on-button: #fff; --link: #0b6fd0;
  --good: #0d7a2c; --good-ground: #e3f9e6; --bad: #c8071b; --bad-ground: #fdecee;
  --warn: #7a5600; --warn-ground: #fff6dd; --mark: #30cf43; --mark-bad: #f50b23; --mark-warn: #ffb41f;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #151719; --card: #1c1f22; --soft: #24282c; --line: #343a40; --text: #eff1f3; --dim: #a4aeb8;
    --button: #f4f5f6; --on-button: #15171a; --link: #71b7ff;
    --good: #5fe077; --good-ground: #12301a; --bad: #ff8590; --bad-ground: #3b1519;
    --warn: #ffcf6b; --warn-ground: #36290c;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--ground); color: var(--text);
  font: 15px/1.5 Inter, -apple-system, BlinkMacSystemFont, 'Segoe UI', Roboto, 'Helvetica Neue', sans-serif;
}
a { color: var(--link); }
:focus-visible { outline: 2px solid var(--mark); outline-offset: 2px; }
.skip { position: absolute; left: -100vw; background: var(--card); padding: .5rem 1rem; z-index: 1; }
.skip:focus { left: 1rem; top: .5rem; }
header {
  display: flex; flex-wrap: wrap; align-items: center; gap: .25rem 1.5rem; padding: .75rem 2rem;
  border-bottom: 1px solid var(--line);
}
header ul { display: flex; flex-wrap: wrap; gap: .25rem; list-style: none; margin: 0; padding: 0; }
header a { display: block; padding: .35rem .7rem; border-radius: 6px; color: var(--text); text-decoration: none; }
header a:hover { background: var(--soft); }
header a[aria-current] { background: var(--soft); font-weight: 600; }
header .home { padding-left: 0; color: var(--dim); }
header .who { margin: 0 0 0 auto; color: var(--dim); font-size: 13px; }
main { max-width: 76rem; margin: 0 auto; padding: 1.5rem 2rem 4rem; }
h1 { font-size: 1.9rem; line-height: 1.2; letter-spacing: -.01em; margin: .25rem 0 1.25rem; }
h2 { font-size: 1.05rem; margin: 0 0 .75rem; }
h3 { font-size: .95rem; margin: 1rem 0 .5rem; }
h1, h2, h3 { overflow-wrap: anywhere; }
p { margin: 0 0 .75rem; }
.card {
  background: var(--card); border: 1px solid var(--line); border-radius: 6px;
  padding: 1.25rem 1.5rem; margin: 0 0 1.25rem;
}
.tabs ul { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; list-style: none; margin: 0 0 1.25rem; padding: 0; border-bottom: 1px solid var(--line); }
.tabs a { display: block; padding: .4rem 0; color: var(--dim); text-decoration: none; border-bottom: 2px solid transparent; margin-bottom: -1px; }
.tabs a[aria-current] { color: var(--text); border-color: var(--mark); font-weight: 600; }
.card > :last-child { margin-bottom: 0; }
.grid { display: grid; gap: 1.25rem; grid-template-columns: repeat(auto-fit, minmax(min(20rem, 100%), 1fr)); }
.lead { font-size: 1.15rem; font-weight: 600; padding-left: 1rem; border-left: 4px solid var(--mark); }
.lead.bad { border-color: var(--mark-bad); }
.lead.warn { border-color: var(--mark-warn); }
.dim, .verb, figcaption, caption, .scale, .none { color: var(--dim); }
.scroll { overflow-x: auto; margin: 0 0 1rem; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
caption {
  position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap;
}
th, td { text-align: left; vertical-align: top; padding: .55rem 1rem .55rem 0; border-bottom: 1px solid var(--line); }
th { font-size: 12px; font-weight: 600; color: var(--dim); white-space: nowrap; }
tbody tr:hover { background: var(--soft); }
td { overflow-wrap: break-word; min-width: 5rem; max-width: 44rem; }
td:has(time) { white-space: nowrap; }
td.number { text-align: right; white-space: nowrap; }
.more { text-align: right; }
.facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(13rem, 1fr)); gap: .9rem 1.5rem; margin: 0 0 1rem; }
.facts dt { color: var(--dim); font-size: 12.5px; }
.facts dd { margin: 0; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
.badge {
  display: inline-block; padding: 0 .5rem; border-radius: 10px; background: var(--soft); color: var(--text);
  font-size: 12.5px; font-weight: 500; white-space: nowrap;
}
.badge.good { background: var(--good-ground); color: var(--good); }
.badge.bad { background: var(--bad-ground); color: var(--bad); }
.badge.warn { background: var(--warn-ground); color: var(--warn); }
.notice, .flash { border-radius: 6px; padding: .75rem 1rem; background: var(--warn-ground); color: var(--warn); }
.flash { max-width: 72rem; margin: 1rem auto 0; width: calc(100% - 4rem); }
.flash.good { background: var(--good-ground); color: var(--good); }
.flash.bad { background: var(--bad-ground); color: var(--bad); }
.stale::after {
  content: 'This page is old: the console does not answer.'; position: fixed; right: 1rem; bottom: 1rem;
  border-radius: 6px; padding: .5rem .8rem; background: var(--bad-ground); color: var(--bad);
  animation: late 0s 5s backwards;
}
@keyframes late { from { visibility: hidden; } }
form { margin: 0 0 1rem; }
td form { margin: 0; }
td button { white-space: nowrap; }
label { display: grid; gap: .2rem; font-size: 13px; color: var(--dim); }
input, select, textarea {
  font: inherit; color: var(--text); background: var(--card); border: 1px solid var(--dim); border-radius: 6px;
  padding: .35rem .6rem; min-width: 8rem; max-width: 100%;
}
input, select { height: 2.25rem; }
button, .button {
  font: inherit; font-weight: 600; font-size: 14px; border: 1px solid transparent; border-radius: 6px; cursor: pointer;
  padding: .4rem .9rem; background: var(--button); color: var(--on-button); text-decoration: none;
}
button:hover, .button:hover { opacity: .85; }
button.grave { background: #c8071b; color: #fff; }
.filter { display: flex; flex-wrap: wrap; gap: .75rem; align-items: end; }
.filter button, .soft { background: var(--soft); color: var(--text); border-color: var(--line); }
.action { display: flex; flex-wrap: wrap; gap: .5rem .75rem; align-items: center; }
.verb { font-size: 13px; }
form.card { display: grid; gap: .9rem; max-width: 26rem; }
code, pre { font: 13px/1.5 ui-monospace, 'SF Mono', Menlo, Consolas, monospace; }
code { background: var(--soft); border-radius: 4px; padding: .1rem .3rem; overflow-wrap: anywhere; }
pre { background: var(--soft); border-radius: 6px; padding: .9rem 1rem; white-space: pre-wrap; overflow-wrap: anywhere; margin: 0 0 1rem; }
pre code { padding: 0; }
details { margin: 0 0 1rem; }
summary { cursor: pointer; color: var(--dim); }
.steps { margin: 0 0 1rem; padding: 0; list-style: none; border-left: 2px solid var(--line); }
.steps li { padding: 0 0 .9rem 1.1rem; position: relative; }
.steps li::before {
  content: ''; position: absolute; left: -6px; top: .45rem; width: 10px; height: 10px; border-radius: 5px;
  background: var(--dim);
}
.steps li.good::before { background: var(--mark); }
.steps li.bad::before { background: var(--mark-bad); }
.steps li.warn::before { background: var(--mark-warn); }
progress { width: 100%; height: 8px; accent-color: var(--mark); }
figure { margin: 0 0 1rem; }
svg path { fill: none; stroke: var(--mark); stroke-width: 2; vector-effect: non-scaling-stroke; }
.spark { width: 7.5rem; height: 1.75rem; vertical-align: middle; }
.chart { width: 100%; height: 10rem; border-bottom: 1px solid var(--line); }
.scale { display: flex; justify-content: space-between; font-size: 12.5px; }
@media (max-width: 640px) {
  header { padding: .75rem 1rem; }
  header .who { margin-left: 0; }
  main { padding: 1rem 1rem 3rem; }
  .card { padding: 1rem; }
  .flash { width: calc(100% - 2rem); }
  th, td { padding-right: .7rem; }
  td { min-width: 6rem; }
  .spark { width: 5rem; }
  .parts td:nth-child(-n + 2) { min-width: 0; }
  .parts td:nth-child(3) { min-width: 11.5rem; }
}
@media (prefers-reduced-motion: no-preference) { button, header a { transition: opacity .1s, background .1s; } }
`;

/** Stands in its address, so that browsers may keep it. */
export const STYLE_VERSION = versionOf(STYLE);
