import { createHash } from 'node:crypto';
import type { Transaction } from 'kysely';
import { hasManyWriters } from '../database/database.ts';
import { type DurableTables, lineSlots } from '../database/schema.ts';
import { headStates, type JobState } from '../job/job.ts';

/**
 * The line of a group.
 *
 * Of the jobs of a group that stand in line exactly one, its head, is `ready`, `delayed` or `leased`; all
 * others are `waiting`. So the picker never has to look at a group: whatever is `ready` may run, and a
 * backlog behind a busy or delayed head is never read. Every function here costs a few seeks in the
 * index `job_by_group`, however long the line is.
 *
 * Two jobs must not become head at the same time. SQLite has one writer, so a transaction is enough.
 * Where several processes write, whoever moves a job of a line holds the line first: `holdLine`, or
 * `tryHoldLines` once rows are locked, so that nobody waits for a line while others wait for its rows.
 */
export interface Place {
  readonly queue: string;
  readonly grp: string | null;
  readonly rank: number;
  /** `undefined` for a job that is not yet inserted: it is behind all others of its rank. */
  readonly seq: number | undefined;
}

function slotOf(queue: string, grp: string): number {
  return createHash('md5').update(`${queue}\0${grp}`).digest().readUInt32BE() % lineSlots;
}

/** Keeps every other process from moving a job of this line until the transaction ends. */
export async function holdLine(
  tx: Transaction<DurableTables>,
  queue: string,
  grp: string | null,
): Promise<void> {
  if (grp === null || !hasManyWriters(tx)) return;
  const slot = slotOf(queue, grp);
  await tx.selectFrom('line_lock').select('slot').where('slot', '=', slot).forUpdate().execute();
}

/** Of these rows those whose line could be held without waiting; the others are for the next time. */
export async function tryHoldLines<Row extends { grp: string | null }>(
  tx: Transaction<DurableTables>,
  queue: string,
  rows: Row[],
): Promise<Row[]> {
  const slots = new Set(rows.flatMap(({ grp }) => (grp === null ? [] : [slotOf(queue, grp)])));
  if (slots.size === 0 || !hasManyWriters(tx)) return rows;
  const held = await tx
    .selectFrom('line_lock')
    .select('slot')
    .where('slot', 'in', [...slots])
    .forUpdate()
    .skipLocked()
    .execute();
  const free = new Set(held.map(({ slot }) => slot));
  return rows.filter(({ grp }) => grp === null || free.has(slotOf(queue, grp)));
}

/** State and times of a job, as written together. */
export interface Standing {
  state: JobState;
  available_at: number;
  due_at: number;
}

/** The standing of the head of a line: to be claimed at once, or at a time. */
export function atHead(available_at: number, now: number): Standing {
  if (available_at <= now) return { state: 'ready', available_at, due_at: 0 };
  return { state: 'delayed', available_at, due_at: available_at };
}

function behind(available_at: number): Standing {
  return { state: 'waiting', available_at, due_at: 0 };
}

/** The standing of a job that does not hold up its group until it may be claimed. */
export function aside(available_at: number): Standing {
  return { state: 'aside', available_at, due_at: available_at };
}

function precedes(one: Pick<Place, 'rank' | 'seq'>, other: Pick<Place, 'rank' | 'seq'>): boolean {
  if (one.rank !== other.rank) return one.rank < other.rank;
  return (one.seq ?? Number.POSITIVE_INFINITY) < (other.seq ?? Number.POSITIVE_INFINITY);
}

/**
 * Finds the standing of a job that joins its line: behind a head that precedes it or runs, else as the
 * head. Then the present head is `displaced`, and `sendBack` has to follow.
 */
export async function planJoin(
  tx: Transaction<DurableTables>,
  place: Place,
  availableAt: number,
  now: number,
): Promise<{ standing: Standing; displaced?: number }> {
  if (place.grp === null) return { standing: atHead(availableAt, now) };
  const head = await tx
    .selectFrom('job')
    .select(['seq', 'rank', 'state'])
    .where('queue', '=', place.queue)
    .where('grp', '=', place.grp)
    .where('state', 'in', headStates)
    .limit(1)
    .forUpdate()
    .executeTakeFirst();
  if (head === undefined) return { standing: atHead(availableAt, now) };
  if (head.state === 'leased' || precedes(head, place)) {
    return { standing: behind(availableAt) };
  }
  return { standing: atHead(availableAt, now), displaced: head.seq };
}

/** Makes a displaced head wait; until when it was delayed stays written in `available_at`. */
export async function sendBack(tx: Transaction<DurableTables>, displaced: number): Promise<void> {
  await tx
    .updateTable('job')
    .set({ state: 'waiting', due_at: 0 })
    .where('seq', '=', displaced)
    .execute();
}

/** `planJoin` and `sendBack` in one, for a job that exists. */
export async function joinLine(
  tx: Transaction<DurableTables>,
  place: Place,
  now: number,
): Promise<Standing> {
  const { standing, displaced } = await planJoin(tx, place, now, now);
  if (displaced !== undefined) await sendBack(tx, displaced);
  return standing;
}

/** Finds the standing of a head that was leased and stays in line until `availableAt`: a job with a smaller rank may have come. */
export async function rejoinLine(
  tx: Transaction<DurableTables>,
  place: Place,
  availableAt: number,
  now: number,
): Promise<Standing> {
  const next = place.grp === null ? undefined : await firstWaiting(tx, place.queue, place.grp);
  if (next === undefined || precedes(place, next)) return atHead(availableAt, now);
  await tx
    .updateTable('job')
    .set(atHead(next.available_at, now))
    .where('seq', '=', next.seq)
    .execute();
  return behind(availableAt);
}

/** Makes the next job of a line its head, after the head has left it. */
export async function promoteNext(
  tx: Transaction<DurableTables>,
  queue: string,
  grp: string | null,
  now: number,
): Promise<void> {
  const next = grp === null ? undefined : await firstWaiting(tx, queue, grp);
  if (next === undefined) return;
  await tx
    .updateTable('job')
    .set(atHead(next.available_at, now))
    .where('seq', '=', next.seq)
    .execute();
}

async function firstWaiting(tx: Transaction<DurableTables>, queue: string, grp: string) {
  return tx
    .selectFrom('job')
    .select(['seq', 'rank', 'available_at'])
    .where('queue', '=', queue)
    .where('grp', '=', grp)
    .where('state', '=', 'waiting')
    .orderBy('rank')
    .orderBy('seq')
    .limit(1)
    .executeTakeFirst();
}
