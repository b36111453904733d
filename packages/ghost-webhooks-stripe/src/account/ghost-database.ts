import { DatabaseSync } from 'node:sqlite';
import { StripeWebhookError } from '../errors.ts';

/** Where Ghost keeps the secret of the endpoint that it made at Stripe; no API shows it. */
const QUERY = "select value from settings where `key` = 'members_stripe_webhook_secret'";

/**
 * Reads the webhook secret that Ghost got from Stripe out of Ghost's database; `undefined` while Ghost
 * has none, as before it was connected or when Stripe was away at its boot.
 *
 * @param address path of the SQLite file, or `mysql://user:password@host/database`
 * @throws StripeWebhookError `GHOST_DATABASE`
 */
export async function readGhostWebhookSecret(address: string): Promise<string | undefined> {
  try {
    const value = /^mysql:/.test(address) ? await askMysql(address) : askSqlite(address);
    return typeof value === 'string' && value !== '' ? value : undefined;
  } catch (cause) {
    // The address may hold a password, and the driver's message the address.
    throw new StripeWebhookError('GHOST_DATABASE', "Ghost's database cannot be read.", {
      help: 'PROSORA_STRIPE_GHOST_DATABASE is the path of its SQLite file or mysql://user:password@host/database.',
      context: { reason: (cause as NodeJS.ErrnoException).code ?? (cause as Error).name },
    });
  }
}

function askSqlite(file: string): unknown {
  using database = new DatabaseSync(file, { readOnly: true, timeout: 2_000 });
  return database.prepare(QUERY).get()?.['value'];
}

async function askMysql(address: string): Promise<unknown> {
  const mysql2 = await import('mysql2/promise');
  const connection = await mysql2.createConnection({ uri: address, connectTimeout: 5_000 });
  try {
    const [rows] = await connection.query(QUERY);
    return (rows as { value: unknown }[])[0]?.value;
  } finally {
    await connection.end();
  }
}
