import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { ProsoraError } from '@prosora/service';
import { careFolder } from '../stack/care-files.ts';
import { keepPassword, type Place } from './place.ts';

/**
 * Asks for the password where none is kept, and keeps it.
 *
 * @throws ProsoraError `BACKUP_PASSWORD` where nobody can be asked for it
 */
export async function havePassword({ passwordFile }: Pick<Place, 'passwordFile'>): Promise<void> {
  if (existsSync(passwordFile)) return;
  const password = await askPassword();
  if (password === '') {
    throw new ProsoraError('BACKUP_PASSWORD', 'The password of the backups is needed.', {
      help: 'Type it, or give it as the first line of the standard input.',
    });
  }
  keepPassword(passwordFile, password);
}

/**
 * Asks for the password of backups that are not this folder's, and keeps it for this run alone, which has the folder's
 * turn.
 *
 * @throws as `havePassword` does
 */
export async function borrowPassword(place: Place): Promise<Disposable> {
  place.passwordFile = join(careFolder(place.dir), 'borrowed-password');
  const forget = () => rmSync(place.passwordFile, { force: true });
  forget();
  await havePassword(place);
  return { [Symbol.dispose]: forget };
}

/** It is not shown as it is typed. */
async function askPassword(): Promise<string> {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const isTerminal = process.stdin.isTTY === true;
  if (isTerminal) process.stderr.write('Password of the backups: ');
  const terminal = createInterface({ input: process.stdin, output: silent, terminal: isTerminal });
  for await (const line of terminal) {
    terminal.close();
    if (isTerminal) process.stderr.write('\n');
    return line.trim();
  }
  return '';
}
