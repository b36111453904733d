import { type Finding, ok } from '@prosora/service';
import { changesUrl } from '../services/cdn.ts';
import { compose } from '../stack/compose.ts';
import { openAdmin } from './owner.ts';

const INTEGRATION = 'Cloudflare';

/**
 * Has Ghost tell the service that purges Cloudflare of each change, by an integration such as its owner would add. One
 * that is there gets the address and the secret of now.
 *
 * @param cookie of a session of the owner's
 * @throws ProsoraError `DOCKER`, `GHOST_REFUSED`
 */
export async function* tellOfChanges(
  dir: string,
  domain: string,
  cookie: string,
): AsyncGenerator<Finding> {
  const secret = await compose(dir, [
    'exec',
    '-T',
    'cdn',
    'cat',
    '/run/secrets/cdn_webhook_secret',
  ]);
  await openAdmin(dir).keepWebhook(cookie, INTEGRATION, {
    name: 'Purge',
    event: 'site.changed',
    target_url: changesUrl(domain),
    secret: secret.trim(),
  });
  yield ok('Ghost', `It tells of changes, by the integration "${INTEGRATION}".`);
}
