// Sends page views of many readers to the collector: node page-views.mjs COUNT SITE_UUID. Prints how many answers had
// which status.
import { randomUUID } from 'node:crypto';

const [count, siteUuid] = process.argv.slice(2);
const PAGE_HIT = 'http://analytics:4400/.ghost/analytics/api/v1/page_hit?name=analytics_events';
const statuses = {};
let begun = 0;

async function send() {
  while (begun < Number(count)) {
    const n = begun++;
    const { status } = await fetch(PAGE_HIT, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
        'x-forwarded-for': `10.20.${(n >> 8) & 255}.${n & 255}`,
      },
      body: JSON.stringify({
        timestamp: new Date().toISOString(),
        action: 'page_hit',
        version: '1',
        payload: {
          event_id: randomUUID(),
          site_uuid: siteUuid,
          locale: 'en-GB',
          location: 'GB',
          pathname: `/post-${n % 50}/`,
          href: `https://ghost.localhost/post-${n % 50}/`,
        },
      }),
    });
    statuses[status] = (statuses[status] ?? 0) + 1;
  }
}

await Promise.all(Array.from({ length: 16 }, send));
console.log(JSON.stringify(statuses));
