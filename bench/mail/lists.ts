import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createLocalOperator } from '@prosora/service';
import { createStoreHandlers } from '../../packages/ghost-mail-resend/src/operate/handlers.ts';
import { storeOperations } from '../../packages/ghost-mail-resend/src/operate/operations.ts';
import { openMailStore } from '../../packages/ghost-mail-resend/src/store/store.ts';
import type { Figure } from '../figure.ts';
import { quantile } from '../quantile.ts';
import { millionQueued } from './million.ts';
import { MILLION } from './newsletter.ts';

const PAGES = 200;
/** 200 newsletters, so that a reader is looked for in each. */
const NEWSLETTERS = 200;
const HEX_TIME = "printf('%011x', 1800000000000 + n)";

/**
 * Pages of 100 anywhere in lists of a million rows, as the operator API makes them: of one newsletter's recipients, of
 * sign-in mails, of jobs that were given up, of suppressions; and the mails to one address.
 */
export async function measureLists(folder: string): Promise<Figure[]> {
  const dataDir = join(folder, 'lists');
  await fillStore(dataDir);
  const place = { dataDir, mayBeNew: true };
  const opened = await openMailStore(place);
  const { ask } = createLocalOperator(storeOperations, createStoreHandlers(opened, place));
  const figures: Figure[] = [];
  const anywhere = (page: number) => Math.floor((page * 7_919 * 4_999) % MILLION);
  const idAt = (n: number) => (1_800_000_000_000 + n).toString(16).padStart(11, '0');
  const messages = await opened.store.db
    .selectFrom('message')
    .select('id')
    .where('email_id', '=', 'million')
    .execute();
  const inNewsletter = (page: number) =>
    `${messages[page % messages.length]?.id}-${(page * 7) % 1_000}`;
  const single = (page: number) => `${idAt(anywhere(page))}${'0'.repeat(16)}-0`;
  const hash = (page: number) => `${(page * 82_351).toString(16).padStart(64, '0')}-ghost`;

  await measure('recipients', (page) =>
    ask('recipients', { emailId: 'million', after: inNewsletter(page) }),
  );
  await measure('recipients in a state that none is in', (page) =>
    ask('recipients', { emailId: 'million', after: inNewsletter(page), state: 'unknown' }),
  );
  await measure('sign-in mails', (page) => ask('mails', { after: single(page) }));
  await measure('sign-in mails of a site that has none', (page) =>
    ask('mails', { after: single(page), site: 'other' }),
  );
  await measure('jobs that were given up', (page) =>
    ask('jobs', { after: `chunk.dead.2.${1_800_000_000_000 + anywhere(page)}.0` }),
  );
  await measure('suppressions', (page) => ask('suppressions', { after: hash(page) }));
  await measure('suppressions of a site that has none', (page) =>
    ask('suppressions', { after: hash(page), site: 'other' }),
  );
  await measure('newsletters, of 200', () => ask('newsletters', {}));
  await measure('ten newsletters with how far each is, one of a million', () =>
    ask('newsletters', { limit: 10, progress: 'true' }),
  );
  await measure('mails to an address, of 200 newsletters', (page) =>
    ask('reader', { address: `member${anywhere(page)}@example.org` }),
  );
  await opened.store.close();
  rmSync(dataDir, { recursive: true });
  return figures;

  async function measure(name: string, ask: (page: number) => Promise<unknown>): Promise<void> {
    const times: number[] = [];
    for (let page = 0; page < PAGES; page++) {
      const startedAt = performance.now();
      await ask(page);
      times.push(performance.now() - startedAt);
    }
    const p99 = quantile(times, 0.99);
    const budget = { description: 'p99 < 100 ms', met: p99 < 100 };
    figures.push(
      { name: `a page of ${name}, p50`, value: quantile(times, 0.5), unit: 'ms' },
      { name: `a page of ${name}, p99`, value: p99, unit: 'ms', budget },
    );
  }
}

/**
 * Makes a store with a newsletter to a million, a hundredth of whom bounced, and beside it a million each of sign-in
 * mails, dead jobs and suppressions.
 */
export async function fillStore(dataDir: string): Promise<void> {
  mkdirSync(dataDir);
  const file = join(dataDir, 'mail.db');
  copyFileSync(await millionQueued(), file);
  // Brings the copy to the tables of this version.
  await (await openMailStore({ dataDir, mayBeNew: true })).store.close();
  const database = new DatabaseSync(file);
  database.exec(`
    pragma synchronous = off; pragma cache_size = -200000;
    begin;
    create temp table numbers as
      with recursive counted (n) as (values (0) union all select n + 1 from counted where n < ${MILLION - 1})
      select n from counted;
    insert into message (id, site, domain, email_id, lane, tags, template, track_opens, deliver_at, accepted_at)
      select ${HEX_TIME} || '${'0'.repeat(16)}', 'ghost', 'mg.example.com', null, 'transactional', '[]', '{}', 0, null,
        1800000000000 + n from numbers;
    insert into recipient (message_id, position, site, address, variables, chunk_id, state)
      select ${HEX_TIME} || '${'0'.repeat(16)}', 0, 'ghost', 'member' || n || '@example.org', '{}', '', 'sent'
      from numbers;
    insert into message (id, site, domain, email_id, lane, tags, template, track_opens, deliver_at, accepted_at)
      select printf('%011x', 1700000000000 + n) || '${'0'.repeat(16)}', 'ghost', 'mg.example.com',
        printf('%08x', 1700000000 + n) || '8120085ae4c38cc2', 'newsletter', '[]', '{}', 0, null, 1700000000000 + n
      from numbers where n < ${NEWSLETTERS};
    insert into job (queue, id, state, rank, available_at, due_at, added_at, settled_at, reason)
      select 'chunk', 'job-' || n, 'dead', 2, 0, 1800000000000 + n, 1800000000000 + n, 1800000000000 + n, 'Not verified.'
      from numbers;
    with kinds (kind, each) as (values ('delivered', 1), ('failed', 100), ('suppressed', 100))
      insert into event (id, site, domain, stamp, type, message_id, position, kind, occurred_at)
      select message_id || '-' || position || kind, site, 'mg.example.com', 1800000000,
        iif(kind = 'delivered', kind, 'failed'), message_id, position, kind, 0
      from recipient, kinds where email_id = 'million' and position % each = 0;
    insert into suppressed_address (site, address_hash, since)
      select 'ghost', printf('%064x', n * 17), 1800000000000 from numbers;
    commit;`);
  database.close();
}
