import * as z from 'zod';
import { peekNote, readNote, writeNote } from '../store/notes.ts';
import type { MailStore } from '../store/schema.ts';

const secretsSchema = z.array(z.string());

/** How soon a running bridge knows a secret that `setup` has stored. */
const KNOWN_FOR_MS = 5_000;

/** The signing secrets of webhooks: those of the options, and those that `setup` has stored. */
export function createWebhookSecrets(
  store: MailStore,
  configured: readonly string[],
  now: () => number,
): () => Promise<readonly string[]> {
  let known: readonly string[] = configured;
  let readAt = Number.NEGATIVE_INFINITY;
  return async () => {
    if (now() - readAt > KNOWN_FOR_MS) {
      known = [...configured, ...parseSecrets(await peekNote(store, 'webhook-secrets'))];
      readAt = now();
    }
    return known;
  };
}

/** Stores a secret beside those that are there, since Resend shows it only once. */
export async function storeWebhookSecret(store: MailStore, secret: string): Promise<void> {
  await store.transaction(async (tx) => {
    const secrets = parseSecrets(await readNote(tx, 'webhook-secrets'));
    // The newest two: the one in use and the one it replaces.
    const kept = [...new Set([secret, ...secrets])].slice(0, 2);
    await writeNote(tx, 'webhook-secrets', JSON.stringify(kept));
  });
}

function parseSecrets(text: string | undefined): string[] {
  return secretsSchema.parse(JSON.parse(text ?? '[]'));
}
