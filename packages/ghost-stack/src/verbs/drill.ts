import { type Finding, fail, findingLine, type ProsoraError, verb } from '@prosora/service';
import { keepMeanwhile } from '../backup/keep-minutes.ts';
import { closedPlaceOf } from '../drill/closed-project.ts';
import { runDrill } from '../drill/run-drill.ts';
import { stackOptions } from '../options.ts';
import { markProven, readManifest, snapshotsIn } from '../repository/backups.ts';
import { noteBackups } from '../repository/notes.ts';
import { openRepository, takeRepository } from '../repository/open-repository.ts';
import { findPlace } from '../repository/place.ts';
import { chooseLatest } from '../restore/choose-moment.ts';
import { effectiveSettings } from '../settings/effective.ts';

export const drill = verb({
  help: 'Restores the newest backup where nobody sees it, compares, and throws it away: a proof',
  args: '[backup]',
  needs: stackOptions,
  async run({ args: [wanted], options: { dir }, print, show }) {
    const place = await findPlace(dir);
    using _turn = await takeRepository(place);
    await openRepository(place);
    const { base: backup, replay } = chooseLatest(await snapshotsIn(place), wanted);
    const manifest = await readManifest(place, backup);
    const drillPlace = closedPlaceOf(place, effectiveSettings(dir, process.env), {
      name: 'drill',
    });
    await using _ticks = keepMeanwhile(place);
    const findings: Finding[] = [];
    const find = (finding: Finding): void => {
      findings.push(finding);
      print(findingLine(finding));
    };
    try {
      for await (const finding of runDrill(drillPlace, manifest, replay)) find(finding);
    } catch (error) {
      const { message, help } = error as ProsoraError;
      find(fail('drill', message, help));
    }
    const failed = findings.filter(({ status }) => status === 'fail');
    if (failed.length > 0) {
      noteBackups(dir, { drillFailure: failed.map(({ sentence }) => sentence).join(' ') });
    } else {
      await markProven(place, backup);
      noteBackups(dir, {
        proven: { run: backup.run, at: manifest.startedAt },
        drillFailure: undefined,
      });
    }
    show({ run: backup.run, isProven: failed.length === 0, findings }, () =>
      failed.length === 0 ? `${backup.run} is proven.` : `${backup.run} is not proven.`,
    );
    return failed.length === 0 ? 0 : 1;
  },
});
