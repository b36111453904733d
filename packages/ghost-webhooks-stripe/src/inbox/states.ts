import { isDuplicateKey } from '@prosora/durable';
import type { Insertable } from 'kysely';
import type { StripeEvent } from '../webhook/event.ts';
import { countedOnce, type HoldReason } from './ghost-events.ts';
import type { InboxTables, InboxTx } from './tables.ts';

/**
 * The only writer of where an event stands: `held`, `counts_once` and `twin_of` of its row. How far a delivery has
 * come is the state of its job, which the queue alone writes.
 *
 * ```
 *               ┌──────────► sent ◄── released, by a person's replay ──┐
 *   recorded ───┤                                                      │
 *               ├──────────► held ── replaced, by a copy in Ghost's version, is recorded anew
 *               │              │
 *               │              └───► skipped, by a person: kept, and sent to nobody
 *               └──────────► twin of another event about the same payment, for good
 * ```
 */

/** Where an event stands: sent on, held, or the twin of another. */
export interface EventPlace {
  isSent: boolean;
  /** Why it is not sent on, where it is not. */
  why: { held?: HoldReason; twinOf?: string };
}

type StateColumns = Pick<
  Insertable<InboxTables['stripe_event']>,
  'held' | 'counts_once' | 'twin_of'
>;

/** A row of an event, but for where it stands. */
export type EventRow = Omit<Insertable<InboxTables['stripe_event']>, keyof StateColumns | 'seq'>;

/** Keeps a new event: sent on, unless it is `held` for a reason or the twin of another. */
export function recorded(
  tx: InboxTx,
  event: StripeEvent,
  row: EventRow,
  held?: HoldReason,
): Promise<EventPlace> {
  return inPlace(tx, event, held, (columns) =>
    tx
      .insertInto('stripe_event')
      .values({ ...row, ...columns })
      .execute(),
  );
}

/** Puts a copy in the place of one that is held. */
export function replaced(
  tx: InboxTx,
  event: StripeEvent,
  row: Partial<EventRow>,
  held?: HoldReason,
): Promise<EventPlace> {
  return inPlace(tx, event, held, (columns) =>
    tx
      .updateTable('stripe_event')
      .set({ ...row, ...columns })
      .where('id', '=', event.id)
      .execute(),
  );
}

/** Sends one on that was held, unless it has become the twin of another. */
export function released(tx: InboxTx, event: StripeEvent): Promise<EventPlace> {
  return replaced(tx, event, {});
}

/** Takes one out that is held; false for one that is not. */
export async function skipped(tx: InboxTx, id: string): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('stripe_event')
    .set({ held: null })
    .where('id', '=', id)
    .where('held', 'is not', null)
    .executeTakeFirstOrThrow();
  return numUpdatedRows > 0n;
}

/**
 * Writes an event where it stands. On MySQL another process may have written another about the same payment
 * since we looked; the server tells by the unique key once that is committed, and then this one is its twin.
 */
async function inPlace(
  tx: InboxTx,
  event: StripeEvent,
  held: HoldReason | undefined,
  write: (columns: StateColumns) => Promise<unknown>,
): Promise<EventPlace> {
  const { columns, ...place } = await placeOf(tx, event, held);
  try {
    await write(columns);
    return place;
  } catch (error) {
    if (!isDuplicateKey(error) || columns.counts_once === null) throw error;
    const { columns: asTwin, ...twin } = await placeOf(tx, event, held);
    if (twin.isSent) throw error;
    await write(asTwin);
    return twin;
  }
}

async function placeOf(
  tx: InboxTx,
  event: StripeEvent,
  reason: HoldReason | undefined,
): Promise<EventPlace & { columns: StateColumns }> {
  const once = countedOnce(event);
  const twinOf = once === undefined ? undefined : await firstAbout(tx, once);
  const held = twinOf === undefined ? reason : undefined;
  const isSent = held === undefined && twinOf === undefined;
  const columns = {
    held: held ?? null,
    counts_once: isSent ? (once ?? null) : null,
    twin_of: twinOf ?? null,
  };
  return { isSent, columns, why: { ...(held && { held }), ...(twinOf && { twinOf }) } };
}

async function firstAbout(tx: InboxTx, subject: string): Promise<string | undefined> {
  const row = await tx
    .selectFrom('stripe_event')
    .select('id')
    .where('counts_once', '=', subject)
    .executeTakeFirst();
  return row?.id;
}
