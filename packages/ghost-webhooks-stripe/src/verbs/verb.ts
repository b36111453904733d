import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ClockGuard, OptionValues } from '@prosora/service';
import { openSecrets } from '../account/open-secrets.ts';
import type { Secrets } from '../account/secrets.ts';
import { StripeWebhookError } from '../errors.ts';
import { openInboxClock, steadyClock } from '../inbox/clock.ts';
import type { Inbox, Sink } from '../inbox/inbox.ts';
import { openInbox } from '../inbox/open-inbox.ts';
import { INBOX_FILE, type InboxPlace, newestEventAt } from '../inbox/store.ts';
import type { stripeOptions } from '../options.ts';

/** The options of the command. */
export type Values = OptionValues<typeof stripeOptions>;

/** What may stand behind a verb. */
export interface Flags {
  args: string[];
  all: boolean;
  json: boolean;
  apply: boolean;
  finish: boolean;
  undo: boolean;
  payload: boolean;
  yes: boolean;
  state: string | undefined;
  type: string | undefined;
  customer: string | undefined;
  limit: string | undefined;
  since: string | undefined;
  signature: string | undefined;
  product: string[];
}

/** Does one thing and prints what came of it. */
export type Verb = (flags: Flags, values: Values) => Promise<void>;

/** Prints to standard output. */
export function print(text: string): void {
  process.stdout.write(text);
}

/** Prints a value for a program. */
export function printJson(value: unknown): void {
  print(`${JSON.stringify(value, null, 2)}\n`);
}

/** Says that a verb was called without what it needs. */
export function misused(message: string, help: string): StripeWebhookError {
  return new StripeWebhookError('USAGE', message, { help });
}

/** Whether there is an inbox. */
export function hasInbox({ dataDir, databaseUrl }: Values): boolean {
  return databaseUrl !== undefined || existsSync(join(dataDir, INBOX_FILE));
}

/**
 * Runs work on the inbox that `serve` uses. A verb that plans deliveries names the `sinks` that get them too.
 *
 * @throws StripeWebhookError `DATA_DIR`
 */
export async function withInbox(
  values: Values,
  work: (inbox: Inbox, clock: ClockGuard) => Promise<void>,
  { sinks = [] }: { sinks?: readonly Sink[] } = {},
): Promise<void> {
  if (!hasInbox(values)) {
    const file = join(values.dataDir, INBOX_FILE);
    throw new StripeWebhookError('DATA_DIR', `There is no inbox at ${file}.`, {
      help: 'Set PROSORA_STRIPE_DATA_DIR to the folder that serve uses; `prosora-stripe init` makes a new one.',
    });
  }
  const clock = await visitClock(values);
  await using inbox = await openInbox({
    ...values,
    ...placeOf(values),
    sinks,
    clock: steadyClock(clock),
  });
  await work(inbox, clock);
}

/** Where the inbox that `serve` uses is. */
export function placeOf({ dataDir, databaseUrl: mysql }: Values): InboxPlace {
  return { file: join(dataDir, INBOX_FILE), mysql, mustExist: true };
}

/** The clock of the inbox as `serve` sees it. */
export function visitClock(values: Values): Promise<ClockGuard> {
  const place = placeOf(values);
  return openInboxClock({ ...values, newestEventAt: () => newestEventAt(place) });
}

/** The secrets, by the clock of the inbox; by the wall clock where there is no inbox yet. */
export async function secretsOf(values: Values): Promise<Secrets> {
  return openSecrets(values, await nowOf(values));
}

/** What is written for `serve` goes by the same clock as what it writes itself. */
export async function nowOf(values: Values): Promise<() => number> {
  return hasInbox(values) ? (await visitClock(values)).now : Date.now;
}
