import {
  type Finding,
  fail,
  findingLine,
  type ProsoraError,
  UsageError,
  verb,
} from '@prosora/service';
import { keepMeanwhile } from '../backup/keep-minutes.ts';
import { closedPlaceOf } from '../drill/closed-project.ts';
import { isProof, leftOpen, notesOf } from '../drill/drill-notes.ts';
import { type DrillReport, keepDrill, readDrills } from '../drill/drill-reports.ts';
import { runDrill } from '../drill/run-drill.ts';
import { assertHost, assertReachable, runElsewhere } from '../drill/run-elsewhere.ts';
import { stackOptions } from '../options.ts';
import { borrowPassword } from '../repository/ask-password.ts';
import {
  markProven,
  onlySiteIn,
  readManifest,
  snapshotsIn,
  snapshotsOf,
} from '../repository/backups.ts';
import { noteBackups, readNotes } from '../repository/notes.ts';
import { openRepository, takeRepository } from '../repository/open-repository.ts';
import { findPlace } from '../repository/place.ts';
import { chooseLatest } from '../restore/choose-moment.ts';
import { effectiveSettings } from '../settings/effective.ts';

/** In the place of another machine, where `DRILL_ON` names one. */
const HERE = 'here';

export const drill = verb({
  help: 'Restores the newest backup where nobody sees it, compares, and throws it away: a proof; or lists what drills found',
  args: '[list|backup]',
  flags: {
    on: {
      type: 'string',
      value: 'HOST',
      help: 'On another machine with Docker, as ssh://USER@HOST; DRILL_ON unless said, or here',
    },
    from: {
      type: 'string',
      value: 'ADDRESS',
      help: 'Another place of backups than .env names, as on a machine that has no site',
    },
    site: {
      type: 'string',
      value: 'NAME',
      help: 'The site, where that place has backups of several',
    },
    lines: { type: 'boolean', help: 'What comes of it as JSON, a line each, as it comes' },
  },
  needs: stackOptions,
  async run({ args: [wanted], flags: { on, from, site, lines }, options: { dir }, print, show }) {
    if (wanted === 'list') {
      show(readDrills(dir), (drills) =>
        drills.length === 0 ? ['There was no drill yet.'] : drills.flatMap(linesOf),
      );
      return 0;
    }
    if (from && on) throw new UsageError('Say --from or --on, not both.');
    const settings = effectiveSettings(dir, process.env);
    const said = on ?? (from ? HERE : settings.get('DRILL_ON')?.value);
    const host = said && said !== HERE ? said : undefined;
    if (host) assertHost(host);
    const here = await findPlace(dir, from);
    if (host) assertReachable(here);
    using _turn = await takeRepository(here);
    using _password = from ? await borrowPassword(here) : undefined;
    const place = from ? { ...here, site: site ?? (await onlySiteIn(here)) } : here;
    if (!from) await openRepository(place);
    const snapshots = await (from ? snapshotsOf(place) : snapshotsIn(place));
    const { base: backup, replay } = chooseLatest(snapshots, wanted);
    const manifest = await readManifest(place, backup);
    await using _ticks = from ? undefined : keepMeanwhile(place);
    const beganAt = new Date().toISOString();
    const findings: Finding[] = [];
    const say = (finding: Finding) => print(lines ? JSON.stringify(finding) : findingLine(finding));
    const find = (finding: Finding): void => {
      findings.push(finding);
      say(finding);
    };
    try {
      const proof = host
        ? runElsewhere(place, settings, host, { run: backup.run, wanted })
        : runDrill(closedPlaceOf(here, settings, { name: 'drill' }), manifest, replay);
      for await (const finding of proof) find(finding);
    } catch (error) {
      const { message, help } = error as ProsoraError;
      find(fail('drill', message, help));
    }
    const isProven = isProof(findings);
    // Another machine that has proved it has marked it.
    if (isProven && !host) await markProven(place, backup);
    const drilled = { run: backup.run, isProven, findings };
    // Of another's backups nothing is known here.
    const left = from ? [] : leftOpen(findings, readNotes(dir));
    if (!from) {
      noteBackups(dir, notesOf({ run: backup.run, at: manifest.startedAt }, findings));
      keepDrill(dir, { ...drilled, beganAt, endedAt: new Date().toISOString() });
    }
    left.forEach(say);
    const all = { ...drilled, findings: [...findings, ...left] };
    show(all, () => (lines ? JSON.stringify(all) : inOneLine(drilled)));
    return all.findings.some(({ status }) => status === 'fail') ? 1 : 0;
  },
});

function inOneLine({
  run,
  isProven,
  findings,
}: Pick<DrillReport, 'run' | 'isProven' | 'findings'>) {
  if (isProven) return `${run} is proven.`;
  const hasFailed = findings.some(({ status }) => status === 'fail');
  return `${run} is not proven${hasFailed ? '' : ': its database alone was restored'}.`;
}

const linesOf = (report: DrillReport): string[] => [
  `${report.beganAt}  ${inOneLine(report)}`,
  ...report.findings.map((finding) => `  ${findingLine(finding)}`),
];
