import { MailBridgeError } from '../errors.ts';
import { liftHold } from '../send/shared-pace.ts';
import { countQueued } from '../send/status.ts';
import { cancelChunk } from '../store/states.ts';
import type { OpenedMailStore } from '../store/store.ts';

/** Chunks of a newsletter in one transaction: every other write waits meanwhile. */
const REPLAYED_A_TIME = 200;
/** Each has an event for up to 100 recipients. */
const CANCELED_A_TIME = 5;

/**
 * Holds a newsletter back: chunks whose call has begun end, no other begins. What Ghost still posts of it
 * waits too. Returns the recipients that wait.
 *
 * @throws MailBridgeError `NOT_FOUND`, or `REFUSED` for one that was canceled
 */
export async function pauseNewsletter(opened: OpenedMailStore, emailId: string): Promise<number> {
  await decide(opened, emailId, 'paused');
  return countQueued(opened.store, emailId);
}

/**
 * Lets a paused newsletter go on, at its delivery time where it has one. A wait that Resend asked for, of
 * hours when a quota is used up, ends too. Returns the recipients that wait.
 *
 * @throws MailBridgeError `NOT_FOUND`, or `REFUSED` for one that was canceled
 */
export async function resumeNewsletter(
  opened: OpenedMailStore,
  emailId: string,
  now = opened.clock.now(),
): Promise<number> {
  const { store, queues } = opened;
  await decide(opened, emailId, null);
  await store.transaction(liftHold);
  for await (const ids of queuedChunks(opened, emailId, REPLAYED_A_TIME, now)) {
    await store.transaction((tx) => queues.chunks.replay(ids, { tx }));
  }
  return countQueued(opened.store, emailId);
}

/**
 * Ends a newsletter: what has not begun is not sent, and Ghost is told so of each of those recipients.
 * A call that is in doubt comes to its end first. Returns the recipients that got nothing.
 *
 * @throws MailBridgeError `NOT_FOUND`
 */
export async function cancelNewsletter(
  opened: OpenedMailStore,
  emailId: string,
  clock: () => number = opened.clock.now,
): Promise<number> {
  const { store, queues } = opened;
  await decide(opened, emailId, 'canceled');
  let canceled = 0;
  for await (const ids of queuedChunks(opened, emailId, CANCELED_A_TIME)) {
    canceled += await store.transaction(async (tx) => {
      let recipients = 0;
      for (const id of ids) {
        recipients += await cancelChunk(tx, id, clock());
        // One that a worker holds ends by itself, since it may not begin its call.
        await queues.chunks.drop([id], 'The newsletter was canceled.', { tx });
      }
      return recipients;
    });
  }
  return canceled;
}

/** Writes down for each site that has such a newsletter what a person decided; null forgets it. */
async function decide(
  { store }: OpenedMailStore,
  emailId: string,
  state: 'paused' | 'canceled' | null,
): Promise<void> {
  await store.transaction(async (tx) => {
    const sites = await tx
      .selectFrom('message')
      .select('site')
      .distinct()
      .where('email_id', '=', emailId)
      .execute();
    if (sites.length === 0) {
      throw new MailBridgeError('NOT_FOUND', `The bridge holds no newsletter ${emailId}.`);
    }
    const known = await tx
      .selectFrom('newsletter')
      .select('state')
      .where('email_id', '=', emailId)
      .execute();
    if (known.some((row) => row.state === 'canceled') && state !== 'canceled') {
      throw new MailBridgeError('REFUSED', `The newsletter ${emailId} was canceled for good.`);
    }
    await tx.deleteFrom('newsletter').where('email_id', '=', emailId).execute();
    if (state === null) return;
    const rows = sites.map(({ site }) => ({ site, email_id: emailId, state }));
    await tx.insertInto('newsletter').values(rows).execute();
  });
}

/** Chunks of which no call is in doubt, some at a time; with `dueAt` those that may leave by then. */
async function* queuedChunks(
  { store }: OpenedMailStore,
  emailId: string,
  limit: number,
  dueAt?: number,
): AsyncGenerator<string[]> {
  let after = '';
  for (;;) {
    let page = store.db
      .selectFrom('chunk')
      .innerJoin('message', 'message.id', 'chunk.message_id')
      .select('chunk.id')
      .where('message.email_id', '=', emailId)
      .where('chunk.state', '=', 'queued')
      .where('chunk.idempotency_key', 'is', null)
      .where('chunk.id', '>', after)
      .orderBy('chunk.id')
      .limit(limit);
    if (dueAt !== undefined) {
      page = page.where(({ or, eb }) =>
        or([eb('message.deliver_at', 'is', null), eb('message.deliver_at', '<=', dueAt)]),
      );
    }
    const rows = await page.execute();
    const last = rows.at(-1);
    if (last === undefined) return;
    after = last.id;
    yield rows.map(({ id }) => id);
  }
}
