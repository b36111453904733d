import type { What } from './busy-site.ts';
import { exec, sql } from './stack.ts';

const lines = (printed: string): string[] => printed.split('\n').filter(Boolean);

/** What the site has of each kind, by the key of what was written. */
export async function found(label: string): Promise<Record<What, string[]>> {
  const posts = lines(await sql(`SELECT title FROM posts WHERE title LIKE '${label}-%'`));
  const members = lines(await sql(`SELECT email FROM members WHERE email LIKE '${label}-%'`));
  const payers = lines(
    await sql(`SELECT members.email FROM members_stripe_customers_subscriptions
      JOIN members_stripe_customers USING (customer_id)
      JOIN members ON members.id = member_id AND members.status = 'paid'
      WHERE members.email LIKE '${label}-%'`),
  );
  const file = `/tmp/${label}.ndjson`;
  await exec('engine', 'prosora-engine', 'export', 'analytics_events', file);
  // Of each its path alone: the address has it too, behind the host. ClickHouse writes slashes with a backslash.
  const pattern = `"[\\\\/]*${label}-hit-[0-9]*`;
  const hits = await exec('engine', 'sh', '-c', `grep -o '${pattern}' ${file}; rm ${file}`);
  const keys = (texts: string[], what: What) =>
    texts
      .map((text) => text.replace(/@.*|["/\\]/g, ''))
      .filter((key) => key.startsWith(`${label}-${what}-`));
  return {
    post: keys(posts, 'post'),
    newsletter: keys(posts, 'newsletter'),
    member: keys(members, 'member'),
    payment: keys(payers, 'payment'),
    hit: keys(lines(hits), 'hit'),
  };
}
