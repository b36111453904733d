import {
  ago,
  badge,
  type Cell,
  card,
  counted,
  facts,
  type Html,
  html,
  htmlDocument,
  notices,
  type Tone,
  table,
  when,
} from '@prosora/service/look';
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
const WAY_BACK = html`<a class="home" href="/inbox">← Stripe inbox</a>`;
/** Somebody has to look, or has to wait. */
const TROUBLED = ['ambiguous', 'held', 'delayed', 'aside', 'lost'];

/** How the inbox stands, what went wrong last, and a list. */
export function overviewPage({ status, isBreakerOpen, events, troubled, state }: Overview): string {
  const { events: total, deliveries, held, sinks, mrr, oldestPending, clock } = status;
  const tabs = STATES.map((name) => {
    const here = name === state ? html` aria-current="page"` : '';
    return html`<li><a href="/inbox?state=${name}"${here}>${name}</a></li>`;
  });
  const known: [string, Cell][] = [
    ['Events', total],
    [
      'Oldest open',
      oldestPending === null
        ? 'none'
        : html`${ago(oldestPending.getTime())}, at ${at(oldestPending)}`,
    ],
    ['Deliveries', counts(deliveries)],
    ['Held', counts(held)],
    ...Object.entries(sinks).map(([sink, jobs]): [string, Cell] => [sink, counts(jobs)]),
  ];
  if (Object.keys(mrr).length > 0) known.push(['MRR', counts(mrr)]);
  return page(
    'Stripe inbox',
    html`<p class="lead${isBreakerOpen ? ' bad' : ''}">${
      isBreakerOpen ? 'Ghost is not well: deliveries wait.' : 'Deliveries to Ghost go on.'
    }</p>
${notices(clock === null ? [] : [clock])}
${card('Now', facts(known))}
${card('Last errors', eventTable('Last errors', troubled, 'Nothing is wrong.'))}
${card(
  'Events',
  html`<nav class="tabs" aria-label="State"><ul>${tabs}</ul></nav>
${eventTable('Events, the newest first', events, 'No such event.')}`,
)}`,
    html`<span class="home">Prosora</span>`,
  );
}

/** One event: where it stands and what was tried. `payload` is what is in it, where that may be shown. */
export function eventPage(event: EventDetails, payload: string | undefined): string {
  const { id, customer, receivedAt, source, bytes, apiVersion, livemode, deliveries } = event;
  return page(
    id,
    html`${card(
      event.type,
      html`${facts([
        ['State', html`<span id="state">${stateBadge(event.state)}</span>`],
        ['Reason', event.reason ?? '–'],
        ['Customer', customer ?? '–'],
        ['Received', html`${at(receivedAt)}, ${source}, ${counted(bytes)} bytes`],
        ['API', `${apiVersion ?? 'unknown'}, ${livemode ? 'live' : 'test'}`],
      ])}
<p class="action">${askButton(id, 'replay', 'Send to Ghost again')}${askButton(id, 'skip', 'Skip')}</p>`,
    )}
${deliveries.map(({ sink, state, attempts }) =>
  card(
    `Delivery to ${sink === 'ghost' ? 'Ghost' : sink}`,
    html`<p>${stateBadge(state)}</p>
${table({
  caption: `Attempts for ${sink}`,
  columns: ['Begun', 'Outcome', 'Reason'],
  rows: attempts.map(({ startedAt, outcome, reason }) => [
    at(startedAt),
    stateBadge(outcome),
    reason,
  ]),
  none: 'It was not tried yet.',
})}`,
  ),
)}
${payload === undefined ? '' : card('Payload', html`<pre>${payload}</pre>`)}`,
  );
}

/** Asks before something is done. `token`: by which the answer is known to be one to this question. */
export function confirmPage(id: string, action: PageAction, token: string): string {
  const isReplay = action === 'replay';
  const question = isReplay
    ? 'Ghost gets it again, whatever became of it. A payment or a donation that Ghost has counted is then counted twice.'
    : 'Ghost will not get it.';
  return page(
    `${isReplay ? 'Send again' : 'Skip'} ${id}?`,
    html`${notices([question])}
<form class="action" method="post" action="/inbox/${action}"><input type="hidden" name="id" value="${id}">
<input type="hidden" name="token" value="${token}">
<button class="grave" name="confirm" value="yes">Yes, ${action} it</button>
<a class="button soft" href="/inbox/event?id=${id}">No</a></form>`,
  );
}

function askButton(id: string, action: PageAction, label: string): Html {
  return html`<a class="button soft" href="/inbox/${action}?id=${id}">${label}</a>`;
}

function eventTable(caption: string, events: readonly EventLine[], none: string): Html {
  return table({
    caption,
    columns: ['Received', 'State', 'Event', 'Type', 'Reason'],
    rows: events.map(({ id, type, state, reason, receivedAt }) => [
      at(receivedAt),
      stateBadge(state),
      html`<a href="/inbox/event?id=${id}">${id}</a>`,
      type,
      reason,
    ]),
    none,
  });
}

function counts(all: Record<string, number>): string {
  const parts = Object.entries(all).map(([name, count]) => `${name} ${count}`);
  return parts.join(', ') || 'none';
}

function stateBadge(state: string): Html {
  return badge(state, toneOf(state));
}

function toneOf(state: string): Tone {
  if (state === 'done') return 'good';
  if (state === 'dead') return 'bad';
  return TROUBLED.includes(state) ? 'warn' : 'quiet';
}

function at(moment: Date): Html {
  return when(moment.toISOString(), 'UTC');
}

function page(title: string, body: Html, home = WAY_BACK): string {
  const header = html`${home}<p class="who">Times are in UTC.</p>`;
  return htmlDocument({ title, header, body });
}
