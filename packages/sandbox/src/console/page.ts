import { badge, card, facts, type Html, html, table } from '@prosora/service/look';
import { statusBadge, timeOfDay } from '../stand-in/answers.ts';
import type { FaultRule } from '../stand-in/faults.ts';
import { sandboxPage } from '../stand-in/page.ts';
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
  const links = standIns.map(({ name }) => html`<li><a href="#${name}">${name}</a></li>`);
  return sandboxPage({
    title: 'Prosora sandbox',
    way: html`<nav aria-label="Stand-ins"><ul>${links}</ul></nav>`,
    aside: button('Reset everything', 'POST', '/reset'),
    body: html`${await Promise.all(standIns.map(section))}
<script>${SCRIPT}</script>`,
    style: STYLE,
  });
}

async function section(standIn: StandIn): Promise<Html> {
  const access = Object.entries(standIn.access());
  const body = html`${facts(access.map(([name, value]) => [name, html`<code>${value}</code>`]))}
${faultsOf(standIn)}
${switchesOf(standIn)}
${await standIn.panel()}
${requestsOf(standIn)}`;
  return card(standIn.name, body, standIn.name);
}

function faultsOf({ name, faults }: StandIn): Html {
  const path = `/${name}/faults`;
  const active = faults.list();
  const common = Object.entries(COMMON_FAULTS).map(([label, rules]) =>
    button(label, 'PUT', path, rules),
  );
  return html`<h3>Faults</h3>
${table({
  caption: `Faults of ${name}`,
  columns: ['Requests', 'What happens to them'],
  rows: active.map(({ match = {}, fault }) => [shown(match), shown(fault)]),
  none: 'None.',
})}
<p class="action">${common}${active.length === 0 ? '' : button('Clear', 'DELETE', path)}</p>`;
}

function shown(part: object): Html {
  return Object.keys(part).length === 0 ? html`all` : html`<code>${JSON.stringify(part)}</code>`;
}

/** Settings that are on or off get a button each; the others are for programs. */
function switchesOf({ name, settings }: StandIn): Html {
  const switches = Object.entries(settings.current).filter(([, on]) => typeof on === 'boolean');
  const buttons = switches.map(([key, on]) =>
    button(`${key}: ${on ? 'on' : 'off'}`, 'PATCH', `/${name}/settings`, { [key]: !on }),
  );
  if (buttons.length === 0) return html``;
  return html`<h3>Switches</h3>
<p class="action">${buttons}</p>`;
}

function requestsOf({ name, requests }: StandIn): Html {
  const all = requests.list();
  return html`<h3>Requests: ${all.length}</h3>
${table({
  caption: `The last requests to ${name}, the newest first`,
  columns: ['At (UTC)', 'Method', 'Path', 'Answer', 'Took'],
  rows: all
    .slice(-SHOWN_REQUESTS)
    .reverse()
    .map(({ at, method, path, subject = '', status, durationMs, faulted }) => [
      timeOfDay(at),
      method,
      html`<code>${path}</code> ${subject}`,
      html`${statusBadge(status, 'cut')}${faulted ? html` ${badge('fault', 'warn')}` : ''}`,
      `${durationMs} ms`,
    ]),
  none: 'None yet.',
})}`;
}

function button(label: string, method: string, path: string, body?: unknown): Html {
  const data = body === undefined ? '' : JSON.stringify(body);
  return html`<button class="soft" data-method="${method}" data-path="${path}" data-body="${data}">${label}</button>`;
}

const STYLE = html`
header a, h2 { text-transform: capitalize; }
th, td { padding-block: .25rem; }
td:has(> code) { min-width: 14rem; }
td .action { flex-wrap: nowrap; gap: .4rem; }
td button { padding: .1rem .6rem; }
.assets { display: grid; grid-template-columns: repeat(auto-fill, 9rem); gap: 1rem; }
.assets a { color: inherit; text-decoration: none; font-size: 13px; overflow-wrap: anywhere; }
.assets img, .assets i { display: grid; place-items: center; width: 9rem; height: 6.75rem; background: var(--soft); border-radius: 6px; }
.assets b, .assets span { display: block; font-weight: 500; }
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
