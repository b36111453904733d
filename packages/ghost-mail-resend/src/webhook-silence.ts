import { peekNote, writeNote } from './notes.ts';
import type { MailStore } from './schema.ts';

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

/**
 * How long Resend has been silent though it has something to tell: ms since the last webhook, or since the
 * first mail after it; 0 while all is well. Resend switches a webhook off that fails for long, and says so
 * to nobody but its dashboard.
 */
export async function webhookSilenceMs(store: MailStore, now: number): Promise<number> {
  const heardAt = Number((await peekNote(store, 'webhook-at')) ?? 0);
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
