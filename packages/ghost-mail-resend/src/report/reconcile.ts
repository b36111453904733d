import type { Clock } from '@prosora/durable';
import type { Resend } from 'resend';
import * as z from 'zod';
import { recordEvents } from '../store/events.ts';
import type { MailEvent } from '../store/mail-event.ts';
import { peekNote, writeNote } from '../store/notes.ts';
import { recipientTag } from '../store/recipient-tag.ts';
import type { MailStore } from '../store/schema.ts';
import { foundAtResend } from '../store/states.ts';
import { mapResendEvent } from './resend-events.ts';

/** What asking Resend after mails needs. */
export interface ReconcileContext {
  store: MailStore;
  clock: Clock;
  resend: Resend;
  /** Waits for a turn of the team's rate. */
  turn: () => Promise<void>;
  /** How long a mail may be without any event before Resend is asked. */
  silentMs: number;
}

/** What came of it. */
export interface Reconciled {
  /** Mails in doubt that Resend has after all. */
  found: number;
  /** Mails in doubt that Resend does not have. */
  absent: number;
  /** Silent mails of which Resend knew something. */
  told: number;
  /** Why Resend could not be asked. */
  problem?: string;
}

/** Bounds one round, so that newsletters hardly notice; the rest follows with the next. */
const SILENT_A_ROUND = 50;
const PAGES_A_ROUND = 50;
const MAX_PAGE = 100;
/** A list at Resend shows a mail soon after it was taken, but not at once. */
const SETTLED_MS = 2 * 60 * 1000;
/** Clocks differ. */
const MARGIN_MS = 5 * 60 * 1000;
/** Resend has nothing to tell of a mail any more. */
const GIVEN_UP_MS = 7 * 24 * 60 * 60 * 1000;

/** How far a look through the mails at Resend is that takes several rounds. */
const sweepSchema = z.object({
  /** The last mail that was looked at: Resend lists the newest first. */
  after: z.string(),
  /** Those that are still looked for. */
  tags: z.array(z.string()),
});

/** Resend's `last_event`, as the webhooks that would have told it. */
const TOLD_BY: Readonly<Record<string, readonly string[]>> = {
  delivered: ['email.delivered'],
  opened: ['email.delivered', 'email.opened'],
  clicked: ['email.delivered', 'email.opened'],
  complained: ['email.delivered', 'email.complained'],
  bounced: ['email.bounced'],
  suppressed: ['email.suppressed'],
  delivery_delayed: ['email.delivery_delayed'],
};

/** Asks Resend after mails in doubt and after mails it never reported on. */
export async function reconcile(context: ReconcileContext): Promise<Reconciled> {
  const doubt = await reconcileDoubt(context);
  const silent = await reconcileSilent(context);
  const problem = doubt.problem ?? silent.problem;
  return { ...doubt, told: silent.told, ...(problem !== undefined && { problem }) };
}

/**
 * Looks for the mails of calls that nobody can repeat any more. One that Resend has is `sent`; one that it
 * does not have stays `unknown`, since only a person may decide to send it again.
 */
async function reconcileDoubt({ store, clock, resend, turn }: ReconcileContext) {
  const before = clock.now() - SETTLED_MS;
  const sweep = sweepSchema.safeParse(
    JSON.parse((await peekNote(store, 'reconcile-sweep')) ?? 'null'),
  ).data;
  const rows = await store.db
    .selectFrom('recipient')
    .innerJoin('chunk', 'chunk.id', 'recipient.chunk_id')
    .select(['recipient.message_id', 'recipient.position', 'recipient.address', 'chunk.keyed_at'])
    .where('recipient.state', '=', 'unknown')
    .where('recipient.settled_at', 'is', null)
    .where('chunk.keyed_at', '<', before)
    .execute();
  const result: Omit<Reconciled, 'told'> = { found: 0, absent: 0 };
  if (rows.length === 0) return result;
  const wanted = new Map(
    rows.map((row) => [recipientTag({ messageId: row.message_id, position: row.position }), row]),
  );
  // Mails of those that came into doubt since may be on the pages that were read already.
  const begun = sweep && new Set(sweep.tags);
  if (begun) for (const tag of wanted.keys()) if (!begun.has(tag)) wanted.delete(tag);
  const oldest = Math.min(...rows.map(({ keyed_at }) => Number(keyed_at))) - MARGIN_MS;
  const addresses = new Set(rows.map(({ address }) => address.toLowerCase()));

  let after = sweep?.after;
  for (let page = 0; wanted.size > 0; page++) {
    if (page === PAGES_A_ROUND) return await goOnLater();
    await turn();
    const { data, error } = await resend.emails.list({ limit: MAX_PAGE, ...(after && { after }) });
    if (error !== null) {
      // The mail that the next page begins after is gone: Resend keeps mails for a time.
      if (error.statusCode === 404 || error.statusCode === 422) after = undefined;
      return await goOnLater(`${error.name}: ${error.message}`);
    }
    for (const mail of data.data) {
      if (!mail.to.some((to) => addresses.has(to.toLowerCase()))) continue;
      const { tag = '', problem } = await tagOf(mail.id);
      if (problem !== undefined) return await goOnLater(problem);
      const row = wanted.get(tag);
      if (row === undefined) continue;
      wanted.delete(tag);
      result.found += 1;
      const found = { resendId: mail.id, sentAt: row.keyed_at };
      await store.transaction((tx) => foundAtResend(tx, idOf(row), found));
    }
    const last = data.data.at(-1);
    if (!data.has_more || last === undefined || Date.parse(last.created_at) < oldest) break;
    after = last.id;
  }
  for (const row of wanted.values()) {
    result.absent += 1;
    await settle(row);
  }
  if (sweep) await noteSweep('');
  return result;

  async function tagOf(id: string): Promise<{ tag?: string | undefined; problem?: string }> {
    await turn();
    const { data, error } = await resend.emails.get(id);
    if (error === null) return { tag: data.tags?.find(({ name }) => name === 'gb_r')?.value };
    return error.statusCode === 404 ? {} : { problem: `${error.name}: ${error.message}` };
  }

  async function goOnLater(problem?: string): Promise<typeof result> {
    await noteSweep(after ? JSON.stringify({ after, tags: [...wanted.keys()] }) : '');
    return { ...result, ...(problem !== undefined && { problem }) };
  }

  async function noteSweep(value: string): Promise<void> {
    await store.transaction((tx) => writeNote(tx, 'reconcile-sweep', value));
  }

  /** Nothing is asked about it again, unless a person says so. */
  async function settle({ message_id, position }: RecipientRow): Promise<void> {
    await store.transaction((tx) =>
      tx
        .updateTable('recipient')
        .set({ settled_at: clock.now() })
        .where('message_id', '=', message_id)
        .where('position', '=', position)
        .where('state', '=', 'unknown')
        .execute(),
    );
  }
}

interface RecipientRow {
  message_id: string;
  position: number;
}

const idOf = ({ message_id: messageId, position }: RecipientRow) => ({ messageId, position });

/** Tells Ghost what webhooks should have told, for mails that are silent for long. */
async function reconcileSilent({ store, clock, resend, turn, silentMs }: ReconcileContext) {
  const before = clock.now() - silentMs;
  const rows = await store.db
    .selectFrom('recipient')
    .innerJoin('message', 'message.id', 'recipient.message_id')
    .select(['recipient.message_id', 'recipient.position', 'recipient.resend_id'])
    .select(['message.site', 'message.domain', 'message.track_opens', 'message.accepted_at'])
    .where('recipient.state', '=', 'sent')
    .where('recipient.settled_at', 'is', null)
    .where('recipient.sent_at', '<', before)
    .orderBy('recipient.sent_at')
    .limit(SILENT_A_ROUND)
    .execute();
  let told = 0;
  for (const row of rows) {
    const asked = row.resend_id === null ? undefined : await ask(row.resend_id);
    if (asked?.problem !== undefined) return { told, problem: asked.problem };
    const events = eventsOf(asked?.lastEvent, row.track_opens === 1);
    await store.transaction(async (tx) => {
      // Asking may have waited for its turn: Ghost does not look for events before its last poll.
      const now = clock.now();
      const isOver = events.length > 0 || now - row.accepted_at > GIVEN_UP_MS;
      const subject = { ...row, messageId: row.message_id };
      await recordEvents(tx, subject, events, { occurredAt: now, now });
      await tx
        .updateTable('recipient')
        // One that is still on its way is asked after again in a while.
        .set(isOver ? { settled_at: now } : { sent_at: now })
        .where('message_id', '=', row.message_id)
        .where('position', '=', row.position)
        .execute();
    });
    if (events.length > 0) told += 1;
  }
  return { told };

  async function ask(id: string): Promise<{ lastEvent?: string; problem?: string }> {
    await turn();
    const { data, error } = await resend.emails.get(id);
    if (error === null) return { lastEvent: data.last_event };
    return error.statusCode === 404 ? {} : { problem: `${error.name}: ${error.message}` };
  }
}

/** Resend does not say why, and a quota that was used up is no fault of the address. */
const UNEXPLAINED: MailEvent = {
  type: 'failed',
  kind: 'unexplained',
  severity: 'temporary',
  code: 450,
  reason: 'Resend could not send the mail and does not say why.',
};

function eventsOf(lastEvent: string | undefined, trackOpens: boolean): MailEvent[] {
  if (lastEvent === 'failed') return [UNEXPLAINED];
  const types = TOLD_BY[lastEvent ?? ''] ?? [];
  return types
    .filter((type) => trackOpens || type !== 'email.opened')
    .flatMap((type) => {
      // Whether a bounce is permanent is not known: nobody's mails are ended for it.
      const mapped = mapResendEvent({ type, created_at: '', data: {} });
      return mapped !== undefined && 'events' in mapped ? [...mapped.events] : [];
    });
}
