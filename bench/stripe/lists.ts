import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createOperatorClient, findOperatorTokens } from '@prosora/service';
import { openInbox } from '../../packages/ghost-webhooks-stripe/src/inbox/open-inbox.ts';
import { operations } from '../../packages/ghost-webhooks-stripe/src/operate/operations.ts';
import { bytesOf, eventLike } from '../../packages/ghost-webhooks-stripe/test/fixtures/events.ts';
import type { Figure } from '../figure.ts';
import { quantile } from '../quantile.ts';
import { startInbox, temporaryFolder } from './running.ts';

const EVENTS = 1_000_000;
const CUSTOMERS = 50_000;
const PAGES = 200;
const BUDGET_MS = 100;
const START = Date.UTC(2026, 0, 1);

/** What a person asks for; the dead are one in a hundred, and of one type. */
const LISTS = {
  'all events': {},
  'by type': { type: 'charge.refunded' },
  'by customer': { customer: 'cus_4711' },
  'dead ones': { state: 'dead' },
  'all that Ghost lacks': { state: 'dead,ambiguous,held' },
  'done, by type': { state: 'done', type: 'charge.refunded' },
  'dead, of a type with none': { state: 'dead', type: 'charge.refunded' },
  twins: { state: 'twin' },
  'dead, of one day': {
    state: 'dead',
    since: new Date(START + 500_000_000).toISOString(),
    until: new Date(START + 586_400_000).toISOString(),
  },
} as const;

/** A page of anything. */
interface AnyPage {
  items: { length: number };
  next: string | null;
}

/** Of which each page looks at what is in so many events. */
const CHANGES = {
  'cancellations, of 200 events': { type: 'subscription.cancel_scheduled' },
  'changes of one customer': { customer: 'cus_4711' },
} as const;

/** Pages of 100 events through the operator API, each list from its beginning on and then page by page. */
export async function measureLists(): Promise<Figure[]> {
  await using stack = new AsyncDisposableStack();
  const folder = temporaryFolder();
  stack.defer(() => rmSync(folder, { recursive: true }));
  const fillMs = await fillInbox(folder);
  await using inbox = await startInbox({
    STRIPE_WEBHOOK_SECRET: 'whsec_of_the_endpoint',
    PROSORA_STRIPE_DATA_DIR: folder,
  });
  const token = findOperatorTokens({ dataDir: folder })?.read ?? '';
  const { ask } = createOperatorClient(operations, { url: inbox.privateUrl, token });
  const figures: Figure[] = [
    { name: `${EVENTS.toLocaleString('en')} events built in`, value: fillMs / 1_000, unit: 's' },
  ];
  const pages: Record<string, (after: string | undefined) => Promise<AnyPage>> = {
    '10,000 dead ones, counted': async () => {
      const { count } = await ask('count', { state: 'dead' });
      return { items: { length: count }, next: null };
    },
  };
  for (const [name, filter] of Object.entries(LISTS)) {
    pages[name] = (after) => ask('events', { ...filter, limit: 100, after });
  }
  for (const [name, filter] of Object.entries(CHANGES)) {
    pages[name] = (after) => ask('changes', { ...filter, limit: 200, after });
  }
  for (const [name, pageAfter] of Object.entries(pages)) {
    const took: number[] = [];
    let after: string | undefined;
    let listed = 0;
    for (let page = 0; page < PAGES; page += 1) {
      const began = performance.now();
      const { items, next } = await pageAfter(after);
      took.push(performance.now() - began);
      listed += items.length;
      after = next ?? undefined;
    }
    const p99 = quantile(took, 0.99);
    figures.push(
      {
        name: `${name} (${listed.toLocaleString('en')}) p50`,
        value: quantile(took, 0.5),
        unit: 'ms',
      },
      {
        name: `${name} p99`,
        value: p99,
        unit: 'ms',
        budget: { description: `< ${BUDGET_MS} ms`, met: p99 < BUDGET_MS },
      },
    );
  }
  return figures;
}

/** Puts a million events into an inbox, by SQLite itself: through the inbox it would take half an hour. @returns ms */
export async function fillInbox(folder: string): Promise<number> {
  const began = performance.now();
  const file = join(folder, 'inbox.db');
  await (await openInbox({ file, livemode: 'any' })).close();
  using database = new DatabaseSync(file);
  database.exec('pragma synchronous = off; pragma cache_size = -400000; begin');
  // One in a hundred is dead and one in a thousand held or a twin; every second is a refund, the others updates.
  database
    .prepare(
      `with recursive n(i) as (select 1 union all select i + 1 from n where i < ${EVENTS})
      insert into stripe_event
        (id, type, api_version, livemode, customer, received_at, signature, secret_id, body, held, twin_of)
      select 'evt_' || i, iif(i % 2, 'customer.subscription.updated', 'charge.refunded'), '2020-08-27', 1,
        'cus_' || (i % ${CUSTOMERS}), ${START} + i * 1000, 't=1,v1=a', '0badcafe', ?,
        iif(i % 1000 = 1, 'ambiguous', null), iif(i % 1000 = 2, 'evt_1', null) from n`,
    )
    .run(bytesOf(eventLike(1)));
  database.exec(`
    insert into job (queue, id, state, rank, grp, available_at, due_at, added_at, attempt)
      select 'ghost', id, iif(seq % 100 = 5, 'dead', 'done'), 2, customer, received_at, received_at, received_at, 1
      from stripe_event where held is null and twin_of is null order by seq;
    insert into job_attempt select seq, 1, added_at, added_at, state, null from job;
    commit; pragma wal_checkpoint(truncate)`);
  return performance.now() - began;
}
