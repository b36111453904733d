import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type AdminClient, askForCheckout, lexicalDocument, paragraph } from '@prosora/ghost-local';
import { vi } from 'vitest';
import { askEdge, fetchThroughEdge } from './edge.ts';
import { DOMAIN, sql } from './stack.ts';

const SITE = `https://${DOMAIN}`;
/** A machine that went away closes no connection. */
const LONGEST_MS = 120_000;

/** What is written to the site. */
export type What = 'post' | 'newsletter' | 'member' | 'payment' | 'hit';

/** One thing that was written, as its sender knows it. */
export interface Written {
  what: What;
  /** In the title, the address or the id, and nowhere else. */
  key: string;
  /** When the site said that it has it; undefined where no answer came. */
  answeredAt?: number;
}

/** A site to which people write, and what they know of it. */
export interface BusySite {
  /** All that was asked of it, answered or not. */
  journal: readonly Written[];
  /** Resolves once nobody writes any more. */
  stop(): Promise<void>;
}

/** How to write one thing, and how long its writer then rests. */
type Writer = [work: (key: string) => Promise<unknown>, restMs: number];

/** @throws Error with the answer, where it is no good one */
async function expectGood(answer: Response | { status: number }, good: number): Promise<void> {
  if (answer.status !== good) throw new Error(`It was answered ${answer.status}.`);
}

/** Posts, members, newsletters to `readers`, payments and page views, each by a writer of its own until it is stopped. */
export async function startBusySite(
  admin: AdminClient,
  readers: string,
  kinds: readonly What[] = ['post', 'newsletter', 'member', 'payment', 'hit'],
): Promise<BusySite> {
  const [newsletter] = await admin.newsletters.browse();
  const lexical = lexicalDocument(paragraph('Written before everything was lost.'));
  const writers: Record<What, Writer> = {
    post: [(title) => admin.posts.add({ title, lexical, status: 'published' }), 300],
    newsletter: [
      async (title) => {
        const { id } = await admin.posts.add({ title, lexical });
        const to = { newsletter: newsletter?.slug ?? '', emailSegment: `label:${readers}` };
        await admin.posts.publish(id, to);
      },
      3_000,
    ],
    member: [(key) => admin.members.add({ email: addressOf(key) }), 300],
    payment: [(key) => pay(admin, addressOf(key)), 1_000],
    hit: [visit, 200],
  };
  const journal: Written[] = [];
  let isStopped = false;
  const write = async (what: What) => {
    const [work, restMs] = writers[what];
    for (let number = 0; !isStopped; number += 1) {
      const written: Written = { what, key: `${readers}-${what}-${number}` };
      journal.push(written);
      const giveUp = delay(LONGEST_MS, undefined, { ref: false }).then(() => Promise.reject());
      await Promise.race([work(written.key), giveUp]).then(
        () => {
          written.answeredAt = Date.now();
        },
        // Whether it was done nobody knows.
        () => {},
      );
      await delay(restMs);
    }
  };
  const writing = Promise.all(kinds.map(write));
  return {
    journal,
    async stop() {
      isStopped = true;
      await writing;
    },
  };
}

/** The address of a member or a payer. */
export const addressOf = (key: string): string => `${key}@example.org`;

/** The keys of Stripe's stand-in. */
export async function stripeKeys(): Promise<{ secretKey: string; publishableKey: string }> {
  const answer = await fetchThroughEdge(`https://sandbox.${DOMAIN}/vendors`);
  return ((await answer.json()) as { stripe: { secretKey: string; publishableKey: string } })
    .stripe;
}

/** Has Ghost take payments at Stripe's stand-in. */
export async function connectStripe(admin: AdminClient): Promise<void> {
  const { secretKey, publishableKey } = await stripeKeys();
  await admin.settings.edit({
    stripe_secret_key: secretKey,
    stripe_publishable_key: publishableKey,
  });
  // Ghost takes its keys up a moment after it has stored them.
  await vi.waitUntil(async () => (await beginCheckout(admin, addressOf('first'))).ok, {
    timeout: 60_000,
    interval: 1_000,
  });
}

async function beginCheckout(admin: AdminClient, email: string): Promise<Response> {
  // To Ghost all readers here are one, who tries too often.
  await sql('DELETE FROM brute');
  return await askForCheckout({ admin, url: SITE, email, fetch: fetchThroughEdge });
}

/** Subscribes and pays at the checkout, without a browser. */
export async function pay(admin: AdminClient, email: string): Promise<void> {
  const answer = await beginCheckout(admin, email);
  await expectGood(answer, 200);
  const { url } = (await answer.json()) as { url: string };
  const body = new URLSearchParams({ email, name: 'A Reader' });
  await expectGood(await fetchThroughEdge(`${url}/pay`, { method: 'POST', body }), 303);
}

/** Sends what Ghost's script posts from a page. */
export async function visit(key: string): Promise<void> {
  const answer = await askEdge('/.ghost/analytics/api/v1/page_hit?name=analytics_events', {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
    },
    body: JSON.stringify({
      timestamp: new Date().toISOString(),
      action: 'page_hit',
      version: '1',
      payload: {
        event_id: randomUUID(),
        site_uuid: randomUUID(),
        locale: 'en-GB',
        location: 'GB',
        pathname: `/${key}/`,
        href: `${SITE}/${key}/`,
      },
    }),
  });
  await expectGood(answer, 202);
}
