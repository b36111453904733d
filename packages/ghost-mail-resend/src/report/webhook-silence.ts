import * as z from 'zod';
import { peekNote, writeNote } from '../store/notes.ts';
import type { MailStore } from '../store/schema.ts';

/** A write for every webhook would be one too many. */
const NOTE_EVERY_MS = 10_000;
/** Resend reports a delivery within seconds, and a slow receiving server within minutes. */
const SILENT_AFTER_MS = 15 * 60 * 1000;

const noted = new WeakMap<MailStore, number>();

/** Notes that Resend was heard: a webhook with a good signature came, whatever it was about. */
export async function noteHeard(store: MailStore, now: number): Promise<void> {
  if (now - (noted.get(store) ?? 0) < NOTE_EVERY_MS) return;
  noted.set(store, now);
  await store.transaction((tx) => writeNote(tx, 'webhook-at', String(now)));
}

/** When the last webhook came, in ms since 1970; 0 when none has. */
export async function lastHeardAt(store: MailStore): Promise<number> {
  return Number((await peekNote(store, 'webhook-at')) ?? 0);
}

const catchUpSchema = z.object({
  /** What was made before is known; ms since 1970. */
  since: z.number(),
  /** When the silence began that is being caught up with, in ms since 1970. */
  silentSince: z.number(),
  /** Events that no webhook brought: the silence is not one of mails that nothing happened to. */
  missed: z.int(),
  /** A look through what was made, which may take several rounds. */
  pass: z
    .object({
      /** When the newest event was made, in ms since 1970. */
      newest: z.number(),
      /** Webhooks that are still to be looked at, the current one first. */
      left: z.array(z.string()),
      /** The last event of it that was looked at: Resend lists the newest first. */
      after: z.string().optional(),
      /** Nothing is missed any more once it is through. */
      isLast: z.boolean(),
      /** Something can only be told later: another pass has to come by. */
      isHeldUp: z.boolean(),
    })
    .optional(),
});

/** How far the bridge is in catching up after a silence. */
export type CatchUp = z.output<typeof catchUpSchema>;

/** The catching up that is under way; undefined without one. */
export async function readCatchUp(store: MailStore): Promise<CatchUp | undefined> {
  return catchUpSchema.safeParse(JSON.parse((await peekNote(store, 'catch-up')) ?? 'null')).data;
}

/** Writes down how far it is; undefined ends it. */
export async function writeCatchUp(store: MailStore, catchUp: CatchUp | undefined): Promise<void> {
  const text = catchUp === undefined ? '' : JSON.stringify(catchUp);
  await store.transaction((tx) => writeNote(tx, 'catch-up', text));
}

/**
 * How long Resend has been silent though it has something to tell: ms since the first mail that it did not
 * report on; 0 while all is well. Resend switches a webhook off that fails for long, and says so to nobody
 * but its dashboard. What was caught up with does not end it: only a webhook does.
 */
export async function webhookSilenceMs(store: MailStore, now: number): Promise<number> {
  const heardAt = await lastHeardAt(store);
  const catchUp = await readCatchUp(store);
  if (catchUp !== undefined && catchUp.missed > 0 && heardAt <= catchUp.silentSince) {
    return now - catchUp.silentSince;
  }
  const waiting = await store.db
    .selectFrom('recipient')
    .select('sent_at')
    .where('state', '=', 'sent')
    .where('settled_at', 'is', null)
    .where('sent_at', '>', heardAt)
    .orderBy('sent_at')
    .limit(1)
    .executeTakeFirst();
  const silentMs = waiting?.sent_at ? now - waiting.sent_at : 0;
  return silentMs > SILENT_AFTER_MS ? silentMs : 0;
}
