import { type Finding, judge } from '@prosora/service';
import { changesUrl } from '../services/cdn.ts';
import { rowsOf } from './rows.ts';

/** Whether Ghost tells the service that purges Cloudflare of changes, as its database has it. */
export async function* examineWebhook(dir: string, domain: string): AsyncGenerator<Finding> {
  const targets = await rowsOf(
    dir,
    "SELECT target_url FROM ghost.webhooks WHERE event = 'site.changed'",
  );
  yield judge('ghost: changes', targets.includes(changesUrl(domain)), {
    ok: 'Ghost tells of each, so that Cloudflare is purged.',
    warn: 'Ghost tells nobody of them: only what the memory of pages sees is purged from Cloudflare.',
    remedy: 'Run `prosora init` with OWNER_EMAIL and OWNER_PASSWORD, which adds the integration.',
  });
}
