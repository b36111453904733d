import type { Clock } from '@prosora/durable';
import type { MailQueue, MailStore } from '../store/schema.ts';
import { releaseAddress } from '../store/suppressed-address.ts';

/** Mailgun's three suppression lists. */
export const SUPPRESSION_LISTS = ['bounces', 'complaints', 'unsubscribes'] as const;

/** One of them. */
export type SuppressionList = (typeof SUPPRESSION_LISTS)[number];

/** Ghost's three calls come within 15 ms; a slow machine is given more. */
const BURST_MS = 5_000;

/** What taking addresses off a list needs. */
export interface SuppressionContext {
  store: MailStore;
  /** The queue whose jobs take an address off Resend's list; not the one that sends. */
  queue: MailQueue;
  /** The names of the bridge's sites: what a former one holds does not count. */
  sites: readonly string[];
  clock: Clock;
}

/**
 * `noted`: one deletion, which means nothing by itself. `forwarded`: the address is being taken off Resend's list.
 * `held`: it stays there, since it bounced or complained to another site too.
 */
export type DeletionOutcome = 'noted' | 'forwarded' | 'held';

/**
 * Notes that Ghost deleted an address from a list, and when that makes all three lists within seconds,
 * which is how Ghost enables a member again, adds the job that takes it off Resend's list.
 *
 * A deletion alone is Ghost tidying up after each complaint it read: forwarding that would enable the
 * very people who complained (core/server/services/email-service/newsletter-email-event-storage.js).
 *
 * Resend's list is the team's, while Ghost speaks for one site alone. So an address stays on it while another site
 * of the bridge holds it for a bounce or a complaint of its own; with the last site that enables its member it goes.
 */
export async function noteDeletion(
  { store, queue, sites, clock }: SuppressionContext,
  site: string,
  list: SuppressionList,
  address: string,
): Promise<DeletionOutcome> {
  return await store.transaction(async (tx) => {
    const now = clock.now();
    const { insertId } = await tx
      .insertInto('suppression_call')
      .values({ site, list, address, called_at: now })
      .executeTakeFirstOrThrow();
    const calls = await tx
      .selectFrom('suppression_call')
      .select('list')
      .distinct()
      .where('site', '=', site)
      .where('address', '=', address)
      .where('called_at', '>', now - BURST_MS)
      // Two bridges may each have one of the three and not see that of the other yet.
      .forUpdate()
      .execute();
    if (calls.length < SUPPRESSION_LISTS.length) return 'noted';
    await tx
      .deleteFrom('suppression_call')
      .where('site', '=', site)
      .where('address', '=', address)
      .execute();
    const holding = await releaseAddress(tx, site, address);
    if (holding.some((other) => sites.includes(other))) return 'held';
    await queue.add(`unsuppress-${insertId}`, Buffer.from(address), { tx });
    return 'forwarded';
  });
}
