import { type Html, html } from '@prosora/service/look';
import type { EventLine } from '../inbox/list.ts';
import type { EventDetails } from '../inbox/reader.ts';
import type { InboxStatus } from '../inbox/status.ts';

/** What the first page shows. */
export interface Overview {
  status: InboxStatus;
  isBreakerOpen: boolean;
  events: readonly EventLine[];
  /** The last that ended badly. */
  troubled: readonly EventLine[];
  /** Which state is shown. */
  state: string;
}

/** What can be done with an event from the page. */
export type PageAction = 'replay' | 'skip';

const STATES = ['all', 'dead', 'ambiguous', 'held', 'delayed', 'waiting', 'ready', 'done'];

/** How the inbox stands, what went wrong last, and a list. */
export function overviewPage(overview: Overview): string {
  const { status, isBreakerOpen, events, troubled, state } = overview;
  const { events: total, deliveries, held, sinks, mrr, oldestPending, clock } = status;
  return page(
    'Stripe inbox',
    html`<p class="${isBreakerOpen ? 'bad' : 'good'}">${
      isBreakerOpen ? 'Ghost is not well: deliveries wait.' : 'Deliveries to Ghost go on.'
    }</p>
${clock === null ? '' : html`<p class="bad">${clock}</p>`}
<dl>
<dt>Events</dt><dd>${total}</dd>
<dt>Oldest open</dt><dd id="oldest">${oldestPending ? age(oldestPending) : 'none'}</dd>
<dt>Deliveries</dt><dd>${counted(deliveries)}</dd>
<dt>Held</dt><dd>${counted(held)}</dd>
${Object.entries(sinks).map(([sink, jobs]) => html`<dt>${sink}</dt><dd>${counted(jobs)}</dd>`)}
${Object.keys(mrr).length > 0 ? html`<dt>MRR</dt><dd>${counted(mrr)}</dd>` : ''}
</dl>
<h2>Last errors</h2>
${table(troubled, 'Nothing is wrong.')}
<h2>Events</h2>
<nav>${STATES.map((name) =>
      name === state ? html`<b>${name}</b> ` : html`<a href="/inbox?state=${name}">${name}</a> `,
    )}</nav>
${table(events, 'No such event.')}`,
  );
}

/** One event: where it stands and what was tried. `payload` is what is in it, where that may be shown. */
export function eventPage(event: EventDetails, payload: string | undefined): string {
  return page(
    event.id,
    html`<p><a href="/inbox">← inbox</a></p>
<dl>
<dt>Type</dt><dd>${event.type}</dd>
<dt>State</dt><dd id="state">${event.state}</dd>
<dt>Reason</dt><dd>${event.reason ?? '-'}</dd>
<dt>Customer</dt><dd>${event.customer ?? '-'}</dd>
<dt>Received</dt><dd>${event.receivedAt.toISOString()}, ${event.source}, ${event.bytes} bytes</dd>
<dt>API</dt><dd>${event.apiVersion ?? 'unknown'}, ${event.livemode ? 'live' : 'test'}</dd>
</dl>
${askButton(event.id, 'replay', 'Send to Ghost again')} ${askButton(event.id, 'skip', 'Skip')}
${event.deliveries.map(
  ({ sink, state, attempts }) => html`<h2>${sink}: ${state}</h2>
<table><tr><th>begun</th><th>outcome</th><th>reason</th></tr>
${attempts.map(
  (it) =>
    html`<tr><td>${it.startedAt.toISOString()}</td><td>${it.outcome}</td><td>${it.reason}</td></tr>`,
)}</table>`,
)}
${payload === undefined ? '' : html`<h2>Payload</h2><pre>${payload}</pre>`}`,
  );
}

/** Asks before something is done. `token`: by which the answer is known to be one to this question. */
export function confirmPage(id: string, action: PageAction, token: string): string {
  const question =
    action === 'replay'
      ? 'Ghost gets it again, whatever became of it. A payment or a donation that Ghost has counted is then counted twice.'
      : 'Ghost will not get it.';
  return page(
    `${action === 'replay' ? 'Send again' : 'Skip'} ${id}?`,
    html`<p>${question}</p>
<form method="post" action="/inbox/${action}"><input type="hidden" name="id" value="${id}">
<input type="hidden" name="token" value="${token}">
<button name="confirm" value="yes">Yes, ${action} it</button> <a href="/inbox/event?id=${id}">No</a></form>`,
  );
}

function askButton(id: string, action: PageAction, label: string): Html {
  return html`<a class="button" href="/inbox/${action}?id=${id}">${label}</a>`;
}

function table(events: readonly EventLine[], none: string): Html {
  if (events.length === 0) return html`<p>${none}</p>`;
  return html`<table><tr><th>received</th><th>event</th><th>type</th><th>state</th><th>reason</th></tr>
${events.map(
  ({ id, type, state, reason, receivedAt }) =>
    html`<tr><td>${receivedAt.toISOString()}</td><td><a href="/inbox/event?id=${id}">${id}</a></td><td>${type}</td><td>${state}</td><td>${reason}</td></tr>`,
)}</table>`;
}

function counted(counts: Record<string, number>): string {
  const parts = Object.entries(counts).map(([name, count]) => `${name} ${count}`);
  return parts.join(', ') || 'none';
}

function age(since: Date): string {
  const seconds = Math.max(0, Math.round((Date.now() - since.getTime()) / 1_000));
  return `${seconds} s, since ${since.toISOString()}`;
}

function page(title: string, body: Html): string {
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${title}</title><style>${STYLE}</style></head>
<body><h1>${title}</h1>
${body}
</body></html>
`.text;
}

const STYLE = html`body{font:15px/1.5 system-ui,sans-serif;max-width:75rem;margin:2rem auto;padding:0 1rem;color:#222}
dl{display:grid;grid-template-columns:9rem 1fr}dt{color:#666}dd{margin:0}table{border-collapse:collapse;width:100%}
td,th{text-align:left;padding:.25rem .75rem .25rem 0;border-bottom:1px solid #ddd;vertical-align:top;overflow-wrap:anywhere}
.bad{color:#b00}.good{color:#070}.button,button{border:1px solid #888;border-radius:4px;padding:.3rem .8rem;background:#f4f4f4;color:#222;text-decoration:none;font:inherit}
pre{overflow:auto;background:#f7f7f7;padding:1rem}`;
