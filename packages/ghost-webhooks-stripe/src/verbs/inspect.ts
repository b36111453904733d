import { verb } from '@prosora/service';
import type { EventLine } from '../inbox/list.ts';
import type { EventDetails } from '../inbox/reader.ts';
import { formatStatus } from '../inbox/status.ts';
import { askNeeds, operatorOf } from './ask.ts';
import { filterFlags } from './choose.ts';

/** `status`: counts. */
export const status = verb({
  help: 'Counts events, deliveries by state, handlers and revenue, and names the oldest that is open',
  needs: askNeeds,
  async run({ options, show }) {
    show(await operatorOf(options).ask('status', {}), formatStatus);
    return 0;
  },
});

/** The most that the inbox gives at once. */
const PAGE = 1_000;

/** `list`: one line an event. */
export const list = verb({
  help: 'Lists events, newest first',
  flags: filterFlags,
  needs: askNeeds,
  async run({ flags: { limit = '50', ...filter }, options, show }) {
    const { ask } = operatorOf(options);
    const events: EventLine[] = [];
    let after: string | undefined;
    do {
      const rest = Math.min(PAGE, Number(limit) - events.length);
      const { items, next } = await ask('events', { ...filter, limit: rest, after });
      events.push(...items);
      after = next ?? undefined;
    } while (after !== undefined && events.length < Number(limit));
    show(events, () => events.map(formatLine));
    return 0;
  },
});

/** `show <id>`: all about one event, without what is in it unless asked. */
export const show = verb({
  help: 'Shows one event with every attempt to deliver it',
  args: '<id>',
  flags: { payload: { type: 'boolean', help: 'Show what is in the event, too' } },
  needs: askNeeds,
  async run({ args: [id = ''], flags, options, show: print }) {
    const asked = { id, payload: String(flags.payload) };
    const { payload: text, ...details } = await operatorOf(options).ask('event', asked);
    print({ ...details, ...(text && { payload: JSON.parse(text) }) }, () => [
      ...detailLines(details),
      ...(text ? ['', text] : []),
    ]);
    return 0;
  },
});

function formatLine({ id, receivedAt, state, type, customer, reason }: EventLine): string {
  const parts = [receivedAt.toISOString(), id, state, type, customer ?? '-', reason ?? ''];
  return parts.join('  ').trimEnd();
}

function detailLines(event: EventDetails): string[] {
  const lines = [
    formatLine(event),
    `${event.bytes} bytes, API ${event.apiVersion ?? 'unknown'}, ${event.livemode ? 'live' : 'test'} mode`,
    `from ${event.source}, address ${event.remoteAddress ?? 'unknown'}, secret ${event.secretId || 'none'}`,
  ];
  for (const { sink, state, attempts, dueAt } of event.deliveries) {
    lines.push(`${sink}: ${state}${dueAt ? `, next ${dueAt.toISOString()}` : ''}`);
    for (const { startedAt, outcome, reason } of attempts) {
      lines.push(`  ${startedAt.toISOString()}  ${outcome}  ${reason ?? ''}`.trimEnd());
    }
  }
  return lines;
}
