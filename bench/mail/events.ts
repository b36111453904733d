import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { eventsPage } from '../../packages/ghost-mail-resend/src/report/events-page.ts';
import { openMailStore } from '../../packages/ghost-mail-resend/src/store/store.ts';
import type { Figure } from '../figure.ts';
import { quantile } from '../quantile.ts';
import { millionQueued } from './million.ts';
import { SITE } from './newsletter.ts';
/** Pages of 300 anywhere in five million events, as Ghost asks for them. */
export async function measureEvents(folder: string): Promise<Figure[]> {
  const dataDir = join(folder, 'events');
  mkdirSync(dataDir);
  copyFileSync(await millionQueued(), join(dataDir, 'mail.db'));
  const database = new DatabaseSync(join(dataDir, 'mail.db'));
  database.exec('pragma synchronous = off; pragma cache_size = -200000');
  database.exec(`
    with kinds (type, kind, plus) as (values ('delivered', 'delivered', 0), ('opened', 'opened', 300),
      ('failed', 'failed', 600), ('failed', 'suppressed', 900), ('complained', 'complained', 1200))
    insert into event (id, site, domain, stamp, type, message_id, position, kind, severity, code, reason, occurred_at)
    select message_id || '-' || position || kind, site, '${SITE.domain}',
      1800000000 + recipient.rowid / 100 + plus, type, message_id, position, kind,
      case type when 'failed' then 'permanent' end, case type when 'failed' then 550 end,
      case type when 'failed' then 'no such user' end, 0
    from kinds, recipient`);
  database.close();
  const { store } = await openMailStore({ dataDir, mayBeNew: true });
  const { events } = await store.db
    .selectFrom('event')
    .select(({ fn }) => fn.countAll<number>().as('events'))
    .executeTakeFirstOrThrow();
  const times: number[] = [];
  for (let page = 0; page < 300; page++) {
    const begin = 1_800_000_000 + ((page * 7_919) % 10_000);
    const query = {
      limit: '300',
      begin: `${begin}.5`,
      end: `${begin + 300}`,
      ascending: 'yes',
      event: 'delivered OR failed OR unsubscribed OR complained',
      tags: 'bulk-email',
    };
    const startedAt = performance.now();
    const { items } = await eventsPage(store, {
      ...SITE,
      query,
      url: 'http://localhost/v3/x/events',
    });
    times.push(performance.now() - startedAt);
    if (items.length !== 300) throw new Error(`a page has ${items.length}`);
  }
  await store.close();
  return [
    {
      name: `a page of 300 in ${Number(events).toLocaleString('en')} events, p50`,
      value: quantile(times, 0.5),
      unit: 'ms',
    },
    { name: 'the same, p99', value: quantile(times, 0.99), unit: 'ms' },
  ];
}
