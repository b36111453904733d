import { CDN_SECRET } from './services.ts';
import type { Site } from './site.ts';

const NAME = 'Cloudflare';

interface Integration {
  id: string;
  name: string;
}

/** Gives Ghost the webhook that tells of changes, as its owner does under Integrations. */
export async function connectCdn({ admin, url }: Site): Promise<void> {
  const { integrations } = await admin.request<{ integrations: Integration[] }>(
    'GET',
    'integrations',
  );
  if (integrations.some(({ name }) => name === NAME)) return;
  const made = await admin.request<{ integrations: [Integration] }>('POST', 'integrations', {
    json: { integrations: [{ name: NAME }] },
  });
  const webhook = {
    integration_id: made.integrations[0].id,
    name: 'Purge',
    event: 'site.changed',
    target_url: `${url}/webhooks/ghost`,
    secret: CDN_SECRET,
  };
  await admin.request('POST', 'webhooks', { json: { webhooks: [webhook] } });
}
