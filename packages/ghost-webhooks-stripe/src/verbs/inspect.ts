import { ProsoraError, verb } from '@prosora/service';
import type { EventDetails, EventLine } from '../inbox/reader.ts';
import { formatStatus, readStatus } from '../inbox/status.ts';
import { filterFlags, filterOf } from './filter.ts';
import { inboxNeeds, withInbox } from './visit.ts';

/** `status`: counts. */
export const status = verb({
  help: 'Counts events, deliveries by state, handlers and revenue, and names the oldest that is open',
  needs: inboxNeeds,
  async run({ options, show }) {
    show(
      await withInbox(options, (inbox, clock) => readStatus(inbox, clock.doubt())),
      formatStatus,
    );
    return 0;
  },
});

/** `list`: one line an event. */
export const list = verb({
  help: 'Lists events, newest first',
  flags: filterFlags,
  needs: inboxNeeds,
  async run({ flags, options, show }) {
    const filter = filterOf(flags);
    show(await withInbox(options, (inbox) => inbox.list(filter)), (events) =>
      events.map(formatLine),
    );
    return 0;
  },
});

/** `show <id>`: all about one event, without what is in it unless asked. */
export const show = verb({
  help: 'Shows one event with every attempt to deliver it',
  args: '<id>',
  flags: { payload: { type: 'boolean', help: 'Show what is in the event, too' } },
  needs: inboxNeeds,
  async run({ args: [id = ''], flags, options, show: print }) {
    const { details, text } = await withInbox(options, async (inbox) => {
      const body = flags.payload ? (await inbox.find(id))?.body : undefined;
      return { details: await inbox.show(id), text: body && Buffer.from(body).toString() };
    });
    if (details === undefined) {
      throw new ProsoraError('NOT_FOUND', `There is no event ${id}.`, {
        help: '`prosora-stripe list` names them.',
      });
    }
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
