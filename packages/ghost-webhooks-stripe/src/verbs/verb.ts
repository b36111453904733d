import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { OptionValues } from '@prosora/service';
import { StripeWebhookError } from '../errors.ts';
import { type Inbox, openInbox, type Sink } from '../inbox.ts';
import type { stripeOptions } from '../options.ts';
import { INBOX_FILE } from '../service.ts';

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
  work: (inbox: Inbox) => Promise<void>,
  { sinks = [] }: { sinks?: readonly Sink[] } = {},
): Promise<void> {
  const file = join(values.dataDir, INBOX_FILE);
  const { databaseUrl: mysql } = values;
  if (!hasInbox(values)) {
    throw new StripeWebhookError('DATA_DIR', `There is no inbox at ${file}.`, {
      help: 'Set PROSORA_STRIPE_DATA_DIR to the folder that serve uses; `prosora-stripe init` makes a new one.',
    });
  }
  await using inbox = await openInbox({
    ...values,
    file,
    mysql,
    mustExist: true,
    sinks,
  });
  await work(inbox);
}
