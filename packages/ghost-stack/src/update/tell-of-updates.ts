import { channelsOf } from '../notify/channels.ts';
import type { Message } from '../notify/message.ts';
import { effectiveSettings } from '../settings/effective.ts';
import { keepCare, readCare } from '../stack/care-files.ts';
import type { Decision } from './decide.ts';
import { inWords } from './in-words.ts';
import type { Update } from './update-notes.ts';

const FILE = 'updates-told.json';

/** The digests of newer images that wait for a person, as the last look at the registries found them. */
export const readWaiting = (dir: string): string[] => readCare<string[]>(dir, FILE) ?? [];

/**
 * Tells people of an update that nobody sat beside: of one that is in place, and of one that was cut off, however it
 * ended. Of any other `ops` tells by its job.
 */
export async function tellOfUpdate(dir: string, update: Update): Promise<void> {
  const [title = '', ...lines] = inWords(update);
  const kind = update.outcome === 'undone' ? 'problem' : 'news';
  await tell(dir, { title, text: lines.join('\n'), kind });
}

/** Tells people once of each newer image that waits for one of them. */
export async function tellOfNewer(dir: string, decisions: readonly Decision[]): Promise<void> {
  const told = readWaiting(dir);
  const waiting = decisions.filter(({ look, isTaken, why }) => look.isNewer && !isTaken && why);
  const news = waiting.filter(({ look }) => !told.includes(look.digest ?? ''));
  const text = news.map(({ look, why }) => `${look.tag}: ${look.newest} ${why}`).join('\n');
  const message: Message = { title: 'Newer images are there', text, kind: 'news' };
  // What reached nobody is told again, another day.
  if (news.length > 0 && !(await tell(dir, message))) return;
  keepCare(
    dir,
    FILE,
    waiting.map(({ look }) => look.digest ?? ''),
  );
}

/** @returns whether it reached anybody */
async function tell(dir: string, { title, text, kind }: Message): Promise<boolean> {
  const settings = effectiveSettings(dir, process.env);
  const values = Object.fromEntries([...settings].map(([name, { value }]) => [name, value]));
  const message = { title: `${values['DOMAIN'] || 'the stack'}: ${title}`, text, kind };
  const sent = await Promise.allSettled(channelsOf(values).map(({ send }) => send(message)));
  return sent.some(({ status }) => status === 'fulfilled');
}
