import * as z from 'zod';
import { peekNote, writeNote } from '../store/notes.ts';
import type { MailStore } from '../store/schema.ts';

const skewSchema = z.object({ at: z.number(), skewMs: z.number() });

/** The last webhook that was refused for its time: when, and how far our clock is behind it, in ms. */
export type WebhookSkew = z.output<typeof skewSchema>;

/** How far a webhook's time may be from ours: https://github.com/standard-webhooks/standard-webhooks, "Timestamp". */
const TOLERANCE_MS = 5 * 60 * 1000;

/** Whether a webhook was signed within five minutes of now. */
export function isTimely(signedAt: number, now: number): boolean {
  return Math.abs(signedAt - now) <= TOLERANCE_MS;
}

/** What a person reads, in the answer to the webhook and in `doctor`. */
export function sentenceOfSkew(skewMs: number): string {
  const minutes = Math.round(Math.abs(skewMs) / 60_000);
  const side = skewMs > 0 ? 'behind' : 'ahead of';
  return `A webhook of Resend was signed at a time that this machine's clock is ${minutes} minutes ${side}: set the clock.`;
}

/** Remembers that one was refused. */
export async function noteSkew(store: MailStore, skew: WebhookSkew): Promise<void> {
  await store.transaction((tx) => writeNote(tx, 'webhook-skew', JSON.stringify(skew)));
}

/** The last one that was refused, unless a webhook was taken since. */
export async function readSkew(store: MailStore): Promise<WebhookSkew | undefined> {
  const note = await peekNote(store, 'webhook-skew');
  const skew = skewSchema.safeParse(JSON.parse(note ?? 'null')).data;
  const heardAt = Number((await peekNote(store, 'webhook-at')) ?? 0);
  return skew !== undefined && skew.at > heardAt ? skew : undefined;
}
