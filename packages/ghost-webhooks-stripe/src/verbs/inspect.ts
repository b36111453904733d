import type { EventDetails, EventFilter, EventLine, EventState } from '../inbox/reader.ts';
import { formatStatus, readStatus } from '../inbox/status.ts';
import { type Flags, misused, print, printJson, type Verb, withInbox } from './verb.ts';

/** What Ghost will not get by itself. */
export const UNDELIVERED: readonly EventState[] = ['dead', 'ambiguous', 'held'];

const STATES: readonly EventState[] = [
  'waiting',
  'ready',
  'delayed',
  'aside',
  'leased',
  'done',
  'superseded',
  'dropped',
  'ambiguous',
  'dead',
  'held',
  'twin',
  'ignored',
];

/** `status`: counts. */
export const status: Verb = ({ json }, values) =>
  withInbox(values, async (inbox, clock) => {
    const found = await readStatus(inbox, clock.doubt());
    if (json) printJson(found);
    else print(formatStatus(found));
  });

/** `list`: one line an event. */
export const list: Verb = (flags, values) =>
  withInbox(values, async (inbox) => {
    const events = await inbox.list(filterOf(flags));
    if (flags.json) return printJson(events);
    for (const event of events) print(formatLine(event));
  });

/** `show <id>`: all about one event, without what is in it unless asked. */
export const show: Verb = ({ args: [id], json, payload }, values) =>
  withInbox(values, async (inbox) => {
    const details = id === undefined ? undefined : await inbox.show(id);
    if (id === undefined || details === undefined) {
      throw misused(id ? `There is no event ${id}.` : 'Say which event.', '`list` names them.');
    }
    const body = payload ? (await inbox.find(id))?.body : undefined;
    const text = body && Buffer.from(body).toString();
    if (json) return printJson({ ...details, ...(text && { payload: JSON.parse(text) }) });
    print(formatDetails(details));
    if (text) print(`\n${text}\n`);
  });

/** Reads `--state`, `--type`, `--customer` and `--limit`. @throws StripeWebhookError `USAGE` */
export function filterOf({ state, type, customer, limit }: Flags): EventFilter {
  const states = state?.split(',') as EventState[] | undefined;
  const unknown = states?.filter((one) => !STATES.includes(one)) ?? [];
  if (unknown.length > 0) {
    throw misused(`There is no state ${unknown.join(', ')}.`, `States are ${STATES.join(', ')}.`);
  }
  if (limit !== undefined && !/^[1-9]\d*$/.test(limit)) {
    throw misused(`--limit ${limit} is no number.`, 'Say for example --limit 100.');
  }
  return { states, type, customer, limit: limit === undefined ? undefined : Number(limit) };
}

function formatLine({ id, receivedAt, state, type, customer, reason }: EventLine): string {
  const parts = [receivedAt.toISOString(), id, state, type, customer ?? '-', reason ?? ''];
  return `${parts.join('  ').trimEnd()}\n`;
}

function formatDetails(event: EventDetails): string {
  const lines = [
    formatLine(event).trimEnd(),
    `${event.bytes} bytes, API ${event.apiVersion ?? 'unknown'}, ${event.livemode ? 'live' : 'test'} mode`,
    `from ${event.source}, address ${event.remoteAddress ?? 'unknown'}, secret ${event.secretId || 'none'}`,
  ];
  for (const { sink, state, attempts, dueAt } of event.deliveries) {
    lines.push(`${sink}: ${state}${dueAt ? `, next ${dueAt.toISOString()}` : ''}`);
    for (const { startedAt, outcome, reason } of attempts) {
      lines.push(`  ${startedAt.toISOString()}  ${outcome}  ${reason ?? ''}`.trimEnd());
    }
  }
  return `${lines.join('\n')}\n`;
}
