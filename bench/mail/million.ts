import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { acceptMessage } from '../../packages/ghost-mail-resend/src/accept/accept.ts';
import { openMailStore } from '../../packages/ghost-mail-resend/src/store/store.ts';
import { BATCH, CACHE, MILLION, messageTo, SITE, SMALL_HTML } from './newsletter.ts';
/** A store with a million recipients of one newsletter queued. */
export async function millionQueued(): Promise<string> {
  const file = join(CACHE, 'mail-million.db');
  if (existsSync(file)) return file;
  mkdirSync(CACHE, { recursive: true });
  const dataDir = mkdtempSync(join(CACHE, 'making-'));
  const { store, queues } = await openMailStore({ dataDir, mayBeNew: true });
  for (let at = 0; at < MILLION; at += BATCH) {
    const message = messageTo(at, BATCH, 'million', SMALL_HTML);
    await acceptMessage({ store, queues, now: Date.now }, SITE, message);
  }
  await store.close();
  renameSync(join(dataDir, 'mail.db'), file);
  rmSync(dataDir, { recursive: true });
  return file;
}
