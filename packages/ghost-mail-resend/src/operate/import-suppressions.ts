import { setTimeout as delay } from 'node:timers/promises';
import type { Resend } from 'resend';
import { MailBridgeError } from '../errors.ts';
import { MAX_ADDRESSES } from '../send/unsuppress.ts';

const TRIES = 5;

/**
 * Reads the addresses of a suppression list that was exported from Mailgun: CSV whose column `address`,
 * `email` or `recipient` has them, or one address a line.
 *
 * @throws MailBridgeError `FILE` when no line has an address
 */
export function readSuppressions(text: string): string[] {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  const header = splitCsv(lines[0] ?? '').map((name) => name.toLowerCase());
  const column = header.findIndex((name) => ['address', 'email', 'recipient'].includes(name));
  const rows = column === -1 ? lines : lines.slice(1);
  const addresses = rows.map((line) => splitCsv(line)[Math.max(0, column)]?.trim() ?? '');
  const found = [...new Set(addresses.filter((address) => /^[^\s@]+@[^\s@]+$/.test(address)))];
  if (found.length > 0) return found;
  throw new MailBridgeError('FILE', 'The file has no addresses.', {
    help: 'Export bounces or complaints at Mailgun as CSV: a column is named "address".',
  });
}

function splitCsv(line: string): string[] {
  const cells = line.match(/("(?:[^"]|"")*"|[^,]*)(,|$)/g) ?? [];
  return cells.map((cell) =>
    cell
      .replace(/,$/, '')
      .replace(/^"([\s\S]*)"$/, '$1')
      .replaceAll('""', '"'),
  );
}

/**
 * Puts addresses on the suppression list of Resend, a hundred a call; those that are on it stay.
 *
 * @throws MailBridgeError `RESEND` with what Resend says
 */
export async function importSuppressions(
  resend: Resend,
  addresses: readonly string[],
  onProgress: (done: number) => void = () => undefined,
): Promise<void> {
  for (let at = 0; at < addresses.length; at += MAX_ADDRESSES) {
    await add(addresses.slice(at, at + MAX_ADDRESSES));
    onProgress(Math.min(addresses.length, at + MAX_ADDRESSES));
  }

  async function add(emails: string[]): Promise<void> {
    for (let tries = 1; ; tries++) {
      const { error } = await resend.suppressions.batch.add({ emails });
      if (error === null) return;
      const isPassing = error.statusCode === 429 || (error.statusCode ?? 500) >= 500;
      if (!isPassing || tries === TRIES) {
        throw new MailBridgeError('RESEND', `Resend says: ${error.message}`, {
          help: 'Suppressions need a key with "Full access".',
        });
      }
      await delay(1_000 * tries);
    }
  }
}
