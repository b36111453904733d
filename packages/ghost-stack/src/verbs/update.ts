import { ProsoraError, UsageError, verb } from '@prosora/service';
import { stackOptions } from '../options.ts';
import { findPlace, type Place } from '../repository/place.ts';
import { assertNotHalfRestored } from '../restore/half-restore.ts';
import { settingReader } from '../settings/effective.ts';
import { containersOf } from '../stack/compose.ts';
import { oneAtATime } from '../stack/one-at-a-time.ts';
import { assertReady } from '../update/assert-ready.ts';
import { type Decision, decide } from '../update/decide.ts';
import { inWords } from '../update/in-words.ts';
import { lookForImages } from '../update/newest-images.ts';
import { endUpdate, runUpdate } from '../update/run-update.ts';
import { tellOfNewer, tellOfUpdate } from '../update/tell-of-updates.ts';
import { halfUpdate, readUpdates, refusedIn, type Update } from '../update/update-notes.ts';

export const update = verb({
  help: 'Takes newer images: backs up, tries them where nobody sees it, swaps, watches, and goes back if need be',
  args: '[ghost@VERSION]',
  flags: {
    look: { type: 'boolean', help: 'Shows what is newer, and does nothing' },
    unattended: { type: 'boolean', help: 'Takes only what UPDATES lets it take by itself' },
  },
  needs: stackOptions,
  async run({ args: [wanted], flags: { look, unattended }, options: { dir }, print, show }) {
    const settings = versionIn(wanted, dir);
    const isAsked = !unattended;
    if (look) {
      const decisions = await lookAround(dir, isAsked);
      show(decisions, () => tableOf(decisions));
      return 0;
    }
    const place = await findPlace(dir);
    const minutes = Number(settingReader(dir)('UPDATE_WATCH_MINUTES'));
    return await oneAtATime(dir, 'update', async () => {
      assertNotHalfRestored(dir);
      const ended = await endHalf(place, minutes, print);
      if (ended && unattended) await tellOfUpdate(dir, ended);
      const decisions = await lookAround(dir, isAsked);
      for (const line of tableOf(decisions)) print(line);
      const taken = decisions.filter(({ isTaken }) => isTaken);
      if (unattended) await tellOfNewer(dir, decisions);
      // What is built here is built anew where a person asks: no registry tells of it.
      const isIdle = unattended && taken.length === 0;
      if (!isIdle) await assertReady(place);
      const asked = { decisions, settings, isAsked, minutes, tell: print };
      const done = isIdle ? undefined : await runUpdate(place, asked);
      show(done ?? { decisions }, () => (done ? inWords(done) : 'There is nothing to take.'));
      if (done) assertTaken(done);
      if (done && unattended) await tellOfUpdate(dir, done);
      return 0;
    });
  },
});

async function endHalf(
  place: Place,
  minutes: number,
  print: (line: string) => void,
): Promise<Update | undefined> {
  const half = halfUpdate(place.dir);
  if (half === undefined) return undefined;
  print(`Update ${half.number} was cut off; it is ended first.`);
  const ended = await endUpdate(place, half, minutes, print);
  for (const line of inWords(ended)) print(line);
  return ended;
}

async function lookAround(dir: string, isAsked: boolean): Promise<Decision[]> {
  const policies = settingReader(dir)('UPDATES');
  const refused = refusedIn(readUpdates(dir));
  return decide(await lookForImages(dir, await containersOf(dir)), policies, { refused }, isAsked);
}

function tableOf(decisions: readonly Decision[]): string[] {
  const unknown = decisions.filter(({ look }) => look.digest === undefined);
  const tags = unknown.map(({ look }) => look.tag).join(', ');
  const known = decisions.filter(({ look }) => look.digest !== undefined);
  return [
    ...known.map(({ look: { tag, runs, newest }, isTaken, why }) => {
      const versions = runs && newest && runs !== newest ? ` ${runs} → ${newest}` : '';
      return `${isTaken ? '✓' : '–'} ${tag}${versions}. ${why}`;
    }),
    ...(tags ? [`No registry could be asked about ${tags}.`] : []),
    ...(decisions.length === 0 ? ['Everything stands on the newest images of their tags.'] : []),
  ];
}

/** @throws ProsoraError `UPDATE_REFUSED`, `UPDATE_UNDONE` with the reason */
function assertTaken({ number, outcome, reason = '' }: Update): void {
  if (outcome === 'taken') return;
  const code = outcome === 'undone' ? 'UPDATE_UNDONE' : 'UPDATE_REFUSED';
  throw new ProsoraError(code, `Update ${number} is not in place. ${reason}`, {
    help: '`prosora history` shows how it went.',
  });
}

/** @throws UsageError for what is no version of Ghost */
function versionIn(wanted: string | undefined, dir: string): Record<string, string> {
  if (wanted === undefined) return {};
  const [, version] = /^ghost@(\d+(?:\.\d+){0,2})$/.exec(wanted) ?? [];
  if (version === undefined) {
    throw new UsageError(`"${wanted}" is no version of Ghost.`, 'Say it like ghost@6.70.0.');
  }
  if (settingReader(dir)('PROSORA_VERSION') === '') {
    return { GHOST_IMAGE: `ghost:${version}-alpine` };
  }
  throw new ProsoraError('RELEASE', 'A release has its own Ghost.', {
    help: 'Take another release, or run the stack from a clone: examples/ghost-stack/upgrading.md',
  });
}
