import {
  badge,
  card,
  counted,
  facts,
  type Html,
  html,
  inWords,
  lasted,
  table,
  when,
} from '@prosora/service/look';
import type { Page } from '../guard/section.ts';
import { at } from '../look/address.ts';
import { actionForm } from '../look/form.ts';
import type { Frame } from '../look/page.ts';
import { answerCard, answerOf, onlyOf } from '../services/answer.ts';
import type { Said } from '../services/services.ts';
import { findingsTable } from './findings-page.ts';
import { type Drill, type Ops, oneOf, PATIENT } from './ops.ts';

/** What the jobs of `ops` are called. */
const JOBS: Readonly<Record<string, string>> = {
  backup: 'Backup',
  verify: 'Backup read as a restore would',
  drill: 'Drill',
  minutes: 'Changes of minutes',
  update: 'Update',
};

/** The backups, what was proven of them, and the two buttons. */
export const backupsPage: Page<Ops> = async (ops, _, frame) => {
  const { zone } = frame;
  const [status, backups, drills] = await Promise.all([
    answerOf('ops', ops.get('status')),
    answerOf('ops', ops.get('backups', {}, PATIENT)),
    answerOf('ops', ops.get('drills', {}, PATIENT)),
  ]);
  const cards = [
    answerCard('Now', status, (value) => nowOf(value, frame)),
    answerCard('Drills', drills, ({ items }) => drillsTable(items, zone)),
    answerCard('Backups', backups, ({ items }) => backupsTable(items, zone)),
    card('Putting a backup back', RESTORING),
  ];
  return { title: 'Backups and drills', body: html`${cards}` };
};

/** The report of one drill, which the time names at which it began. */
export const drillPage: Page<Ops> = async (ops, { began }, { zone }) => {
  const drills = await answerOf('ops', ops.get('drills', {}, PATIENT));
  const drill = oneOf(drills, ({ beganAt }) => beganAt === began, 'drill');
  const shown = onlyOf(drill, ({ run, isProven, beganAt, endedAt, findings }) => {
    const tried = facts([
      ['Backup', html`<code>${run}</code>`],
      ['Result', proofOf(isProven)],
      ['Began', when(beganAt, zone)],
      ['Took', lasted(Date.parse(endedAt) - Date.parse(beganAt))],
    ]);
    return html`${card('What was tried', tried)}
${card('What was found', findingsTable('What the drill found', findings))}
<p class="verb">The same: <code>./prosora drill list</code></p>`;
  });
  return { title: 'Report of a drill', tab: '/', ...shown };
};

function nowOf({ backups, jobs, running }: Said<'ops', 'status'>, frame: Frame): Html {
  const { zone } = frame;
  const work = running
    ? html`${JOBS[running.job] ?? running.job}, since ${when(running.since, zone)}`
    : 'nothing';
  const forms = [
    { action: '/care/backup', label: 'Back up now', verb: './prosora backup now' },
    { action: '/care/drill', label: 'Drill now', verb: './prosora drill' },
  ];
  return html`${facts([
    ['Newest backup', when(backups.newest?.at, zone)],
    ['Last proven one', when(backups.proven?.at, zone)],
    ['At work', work],
  ])}
${forms.map((form) => actionForm(form, frame))}
${table({
  caption: 'Jobs',
  columns: ['Job', 'Last', 'How', 'Next'],
  rows: jobs.map(({ name, endedAt, failure, nextAt }) => [
    JOBS[name] ?? name,
    when(endedAt, zone),
    failure === null
      ? badge(endedAt ? 'well' : 'not yet', endedAt ? 'good' : 'quiet')
      : html`${badge('failed', 'bad')} ${inWords(failure)}`,
    when(nextAt, zone),
  ]),
  none: 'There are no jobs.',
})}`;
}

const proofOf = (isProven: boolean): Html =>
  isProven ? badge('proven', 'good') : badge('not proven', 'bad');

function drillsTable(drills: readonly Drill[], zone: string): Html {
  return table({
    caption: 'Drills',
    columns: ['When', 'Took', 'Backup', 'Result', 'Report'],
    rows: drills.map(({ run, isProven, beganAt, endedAt }) => [
      when(beganAt, zone),
      lasted(Date.parse(endedAt) - Date.parse(beganAt)),
      html`<code>${run}</code>`,
      proofOf(isProven),
      html`<a href="${at('/care/drill', { began: beganAt })}">Report of ${run}</a>`,
    ]),
    none: 'No drill was made yet: a backup that nobody has restored is a hope.',
  });
}

function backupsTable(backups: Said<'ops', 'backups'>['items'], zone: string): Html {
  return table({
    caption: 'Backups, the newest first',
    columns: ['Taken', 'Name', 'Number', 'Proof'],
    rows: backups
      .toReversed()
      .map(({ run, number, takenAt, isProven, isDoubtful }) => [
        when(takenAt, zone),
        html`<code>${run}</code>`,
        counted(number),
        isDoubtful ? badge('in doubt', 'warn') : isProven ? badge('proven', 'good') : UNTRIED,
      ]),
    none: 'There is no backup.',
  });
}

const UNTRIED = badge('not tried');

const RESTORING = html`<p>This replaces the live site, so it is done by hand, on the server. What was there is
kept beside.</p>
<pre><code>./prosora restore                             # the newest, with what was kept since
./prosora restore BACKUP                      # the one of that name, as it was taken
./prosora restore --at 2026-11-29T14:30:00Z   # as it was at that second</code></pre>`;
