import { randomUUID } from 'node:crypto';
import { expect, test, vi } from 'vitest';
import { askEdge } from './edge.ts';
import { DOMAIN, exec } from './stack.ts';

/** Less than a day ago: of a proxy that it trusts the collector believes it. */
const FORGED = Date.now() - 3 * 3_600_000;

/** Sends what Ghost's script posts, with a header that is for the edge to write. */
async function visit(eventId: string): Promise<number> {
  const { status } = await askEdge('/.ghost/analytics/api/v1/page_hit?name=analytics_events', {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
      'x-ghost-analytics-start': String(FORGED),
    },
    body: JSON.stringify({
      timestamp: new Date().toISOString(),
      action: 'page_hit',
      version: '1',
      payload: {
        event_id: eventId,
        site_uuid: randomUUID(),
        locale: 'en-GB',
        location: 'GB',
        pathname: '/about/',
        href: `https://${DOMAIN}/about/`,
      },
    }),
  });
  return status;
}

/** When the edge got a page view, as the engine has it; undefined until it is there. */
async function receivedAt(eventId: string): Promise<number | undefined> {
  const file = `/tmp/${randomUUID()}.ndjson`;
  await exec('engine', 'prosora-engine', 'export', 'analytics_events', file);
  const rows = await exec('engine', 'sh', '-c', `cat ${file} && rm ${file}`);
  const row = rows.split('\n').find((line) => line.includes(eventId));
  const time = row && /received_timestamp[\\":]+([^\\"]+)/.exec(row)?.[1];
  return time ? Date.parse(time) : undefined;
}

test('when a page view came is for the edge to say, whatever its sender says', async () => {
  const eventId = randomUUID();
  expect(await visit(eventId)).toBe(202);
  const time = await vi.waitUntil(() => receivedAt(eventId), { timeout: 30_000, interval: 500 });
  expect(time - FORGED).toBeGreaterThan(2 * 3_600_000);
});
