import type { AdminClient } from '@prosora/ghost-local';
import { askEdge, type EdgeAnswer } from '../edge.ts';
import { compose, DOMAIN } from '../stack.ts';

/** Caddy believes Cloudflare's stand-in, which is on one of Docker's own networks, when it says who asks. */
const CHOICE = { CDN: 'cloudflare', CDN_ADDRESSES: '172.16.0.0/12' };

const inCdn = (...words: string[]) => compose(['exec', '-T', 'cdn', ...words], CHOICE);

/** Puts Cloudflare's stand-in in front of the stack under test, as `prosora init` does. */
export async function standBehindCloudflare(admin: AdminClient): Promise<void> {
  await compose(['up', '--detach', '--wait', 'cdn', 'caddy'], CHOICE);
  await inCdn('prosora-cdn', 'setup');
  const { id } = await admin.integrations.add({ name: 'Cloudflare' });
  const webhook = {
    integration_id: id,
    name: 'Purge',
    event: 'site.changed',
    target_url: `https://${DOMAIN}/webhooks/ghost`,
    secret: await inCdn('cat', '/run/secrets/cdn_webhook_secret'),
  };
  await admin.request('POST', 'webhooks', { json: { webhooks: [webhook] } });
}

/** A page as readers get it from Cloudflare's edge. */
export const askCloudflare = (path: string): Promise<EdgeAnswer> =>
  askEdge(path, { host: `cloudflare.sandbox.${DOMAIN}` });

/** Whether the edge had the page. */
export const isKept = ({ headers }: EdgeAnswer): boolean => headers['cf-cache-status'] === 'HIT';
