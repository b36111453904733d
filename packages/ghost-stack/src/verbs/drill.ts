import { type Finding, fail, findingLine, type ProsoraError, verb } from '@prosora/service';
import { keepMeanwhile } from '../backup/keep-minutes.ts';
import { closedPlaceOf } from '../drill/closed-project.ts';
import { type DrillReport, keepDrill, readDrills } from '../drill/drill-reports.ts';
import { runDrill } from '../drill/run-drill.ts';
import { stackOptions } from '../options.ts';
import { markProven, readManifest, snapshotsIn } from '../repository/backups.ts';
import { noteBackups } from '../repository/notes.ts';
import { openRepository, takeRepository } from '../repository/open-repository.ts';
import { findPlace } from '../repository/place.ts';
import { chooseLatest } from '../restore/choose-moment.ts';
import { effectiveSettings } from '../settings/effective.ts';

export const drill = verb({
  help: 'Restores the newest backup where nobody sees it, compares, and throws it away: a proof; or lists what drills found',
  args: '[list|backup]',
  needs: stackOptions,
  async run({ args: [wanted], options: { dir }, print, show }) {
    if (wanted === 'list') {
      show(readDrills(dir), (drills) =>
        drills.length === 0 ? ['There was no drill yet.'] : drills.flatMap(linesOf),
      );
      return 0;
    }
    const place = await findPlace(dir);
    using _turn = await takeRepository(place);
    await openRepository(place);
    const { base: backup, replay } = chooseLatest(await snapshotsIn(place), wanted);
    const manifest = await readManifest(place, backup);
    const drillPlace = closedPlaceOf(place, effectiveSettings(dir, process.env), {
      name: 'drill',
    });
    await using _ticks = keepMeanwhile(place);
    const beganAt = new Date().toISOString();
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
    const isProven = failed.length === 0;
    const endedAt = new Date().toISOString();
    keepDrill(dir, { run: backup.run, beganAt, endedAt, isProven, findings });
    show({ run: backup.run, isProven, findings }, () => inOneLine({ run: backup.run, isProven }));
    return isProven ? 0 : 1;
  },
});

const inOneLine = ({ run, isProven }: Pick<DrillReport, 'run' | 'isProven'>): string =>
  isProven ? `${run} is proven.` : `${run} is not proven.`;

const linesOf = (report: DrillReport): string[] => [
  `${report.beganAt}  ${inOneLine(report)}`,
  ...report.findings.map((finding) => `  ${findingLine(finding)}`),
];
