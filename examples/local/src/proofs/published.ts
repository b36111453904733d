import assert from 'node:assert/strict';
import type { Proof, Site } from '../site.ts';
import { until } from '../until.ts';

/** What the purge promises, shown on a post of this run. */
export const publishedProof: Proof = {
  claim: 'a post published now is on the front page that Cloudflare keeps',
  async prove(site) {
    await until('Cloudflare to keep the front page', async () => {
      const { cacheStatus } = await frontPage(site);
      return cacheStatus === 'HIT' || undefined;
    });
    const title = `Low water of ${new Date().toISOString()}`;
    const { id } = await site.admin.posts.add({ title });
    await site.admin.posts.edit(id, { status: 'published' });
    const publishedAt = Date.now();
    const { cacheStatus } = await until('the post at the edge', async () => {
      const page = await frontPage(site);
      return page.html.includes(title) ? page : undefined;
    });
    assert.notEqual(cacheStatus, 'DYNAMIC');
    const seconds = ((Date.now() - publishedAt) / 1_000).toFixed(1);
    return `${seconds} s after it was published`;
  },
};

async function frontPage({ sandbox: { cloudflare } }: Site) {
  const response = await fetch(cloudflare.url);
  const cacheStatus = response.headers.get('cf-cache-status');
  return { html: await response.text(), cacheStatus };
}
