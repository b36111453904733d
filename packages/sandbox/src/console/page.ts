import { type Html, html, htmlDocument } from '@prosora/service/look';
import type { FaultRule } from '../stand-in/faults.ts';
import type { StandIn } from '../stand-in/stand-in.ts';

const SHOWN_REQUESTS = 30;

/** Faults that a person tries first. */
const COMMON_FAULTS: Readonly<Record<string, readonly FaultRule[]>> = {
  'A second late': [{ fault: { latencyMs: 1000 } }],
  '503 for the next five': [{ match: { times: 5 }, fault: { status: 503 } }],
  '429 for the next five': [
    { match: { times: 5 }, fault: { status: 429, headers: { 'Retry-After': '2' } } },
  ],
  'Half of the answers lost': [{ match: { probability: 0.5 }, fault: { dropAfterAccept: true } }],
  Down: [{ fault: { dropBeforeHandling: true } }],
};

/** The console as a page: what each stand-in is reached by, holds, was asked, and does wrong on purpose. */
export async function consolePage(standIns: readonly StandIn[]): Promise<string> {
  const sections = await Promise.all(standIns.map(section));
  const body = html`<header><h1>Prosora sandbox</h1>${button('Reset everything', 'POST', '/reset')}</header>
${sections}
<script>${SCRIPT}</script>`;
  return htmlDocument('Prosora sandbox', STYLE, body);
}

async function section(standIn: StandIn): Promise<Html> {
  const access = Object.entries(standIn.access());
  return html`<section>
<h2>${standIn.name}</h2>
<dl>${access.map(([name, value]) => html`<dt>${name}</dt><dd><code>${value}</code></dd>`)}</dl>
${faultsOf(standIn)}
${switchesOf(standIn)}
${await standIn.panel()}
${requestsOf(standIn)}
</section>`;
}

function faultsOf({ name, faults }: StandIn): Html {
  const path = `/${name}/faults`;
  const active = faults.list().map((rule) => html`<li><code>${JSON.stringify(rule)}</code></li>`);
  const common = Object.entries(COMMON_FAULTS).map(([label, rules]) =>
    button(label, 'PUT', path, rules),
  );
  return html`<h3>Faults</h3>
${active.length === 0 ? html`<p>None.</p>` : html`<ul>${active}</ul>`}
<p>${common} ${active.length === 0 ? '' : button('Clear', 'DELETE', path)}</p>`;
}

/** Settings that are on or off get a button each; the others are for programs. */
function switchesOf({ name, settings }: StandIn): Html {
  const switches = Object.entries(settings.current).filter(([, on]) => typeof on === 'boolean');
  const buttons = switches.map(([key, on]) =>
    button(`${key}: ${on ? 'on' : 'off'}`, 'PATCH', `/${name}/settings`, { [key]: !on }),
  );
  return html`<h3>Switches</h3>
<p>${buttons}</p>`;
}

function requestsOf({ requests }: StandIn): Html {
  const all = requests.list();
  const rows = all
    .slice(-SHOWN_REQUESTS)
    .reverse()
    .map(
      ({ at, method, path, subject = '', status, durationMs, faulted }) => html`<tr>
<td>${at.slice(11, 23)}</td><td>${method}</td><td><code>${path}</code> ${subject}</td>
<td>${status ?? 'cut'}${faulted ? ' (fault)' : ''}</td><td>${durationMs} ms</td>
</tr>`,
    );
  return html`<h3>Requests: ${all.length}</h3>
<table>${rows}</table>`;
}

function button(label: string, method: string, path: string, body?: unknown): Html {
  const data = body === undefined ? '' : JSON.stringify(body);
  return html`<button data-method="${method}" data-path="${path}" data-body="${data}">${label}</button> `;
}

const STYLE = html`
body { font: 15px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 72rem; padding: 1rem 2rem; color: #1d232b; }
header { display: flex; align-items: center; justify-content: space-between; }
section { border-top: 1px solid #d5dae0; }
h2 { text-transform: capitalize; }
code { font: 13px ui-monospace, monospace; overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.1rem 1.5rem; }
dd { margin: 0; }
dt, td:first-child { color: #5b6673; }
button { font: inherit; border: 1px solid #b9c1ca; border-radius: 4px; background: #f5f7f9; padding: 0.1rem 0.6rem; cursor: pointer; }
.assets { display: grid; grid-template-columns: repeat(auto-fill, 160px); gap: 1rem; }
.asset { color: inherit; text-decoration: none; font-size: 13px; overflow-wrap: anywhere; }
.asset img, .asset i { display: grid; place-items: center; width: 160px; height: 120px; background: #eef1f4; border-radius: 4px; }
.asset b, .asset span { display: block; font-weight: 500; }
.asset span { color: #5b6673; font-weight: 400; }
table { border-collapse: collapse; width: 100%; font-size: 13px; }
td { border-top: 1px solid #eef1f4; padding: 0.15rem 0.8rem 0.15rem 0; white-space: nowrap; }
td:nth-child(3) { white-space: normal; width: 100%; }
`;

const SCRIPT = html`
document.addEventListener('click', async ({ target }) => {
  if (!target.matches('button[data-path]')) return;
  const { method, path, body } = target.dataset;
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(path, { method, headers, ...(body && { body }) });
  if (response.ok) location.reload();
  else alert(await response.text());
});
`;
