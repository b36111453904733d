import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { type Info, parse } from 'csv-parse';
import type { Resend } from 'resend';
import { MailBridgeError } from '../errors.ts';
import { MAX_ADDRESSES } from '../send/unsuppress.ts';

const TRIES = 5;
const COLUMNS = ['address', 'email', 'recipient'];
const ADDRESS = /^[^\s@]+@[^\s@]+$/;

/**
 * Reads the addresses of a suppression list that was exported from Mailgun: CSV whose column `address`, `email` or
 * `recipient` has them, else the first one. Of a large file only the addresses are in memory.
 *
 * @throws MailBridgeError `FILE` for a file that cannot be read, for the first line that is not CSV or has no address,
 * and for a file without addresses
 */
export async function readSuppressions(file: string): Promise<string[]> {
  const parser = parse({ bom: true, info: true, trim: true, skip_empty_lines: true });
  const found = new Set<string>();
  try {
    await pipeline(createReadStream(file, 'utf8'), withoutReturns, parser, async (rows) => {
      for await (const address of addressesIn(rows, file)) found.add(address);
    });
  } catch (error) {
    const { code, message, lines } = error as Error & { code?: string; lines?: number };
    if (code === 'FILE') throw error;
    if (lines !== undefined) {
      const [what = ''] = message.split(':');
      throw wrongLine(`Line ${lines} of ${file} is not CSV: ${what.toLowerCase()}.`, error);
    }
    throw new MailBridgeError('FILE', `${file} cannot be read.`, { cause: error });
  }
  if (found.size > 0) return [...found];
  throw new MailBridgeError('FILE', 'The file has no addresses.', {
    help: 'Export bounces or complaints at Mailgun as CSV: a column is named "address".',
  });
}

/** Line ends of Windows become those of Unix: inside quotes the parser would count each as two lines. */
async function* withoutReturns(text: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const part of text) yield part.replaceAll('\r', '');
}

async function* addressesIn(
  rows: AsyncIterable<{ record: string[]; info: Info }>,
  file: string,
): AsyncGenerator<string> {
  let column: number | undefined;
  for await (const { record, info } of rows) {
    const isFirst = column === undefined;
    column ??= record.findIndex((name) => COLUMNS.includes(name.toLowerCase()));
    const place = Math.max(0, column);
    const address = record[place] ?? '';
    if (ADDRESS.test(address)) yield address;
    else if (!isFirst) {
      const line = info.lines - (record.join().split('\n').length - 1);
      throw wrongLine(`Line ${line} of ${file} has no address in column ${place + 1}.`);
    }
  }
}

function wrongLine(message: string, cause?: unknown): MailBridgeError {
  return new MailBridgeError('FILE', message, {
    help: 'Nothing was put on the list. Correct the line or delete it, then run the import again.',
    cause,
  });
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
