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
import { at } from '../look/address.ts';
import { actionForm } from '../look/form.ts';
import type { Frame, View } from '../look/page.ts';
import { answerOf, orNotice } from '../services/answer.ts';
import type { operations } from '../services/api/ops.ts';
import type { OutputOf } from '../services/client.ts';
import { type Drill, type Ops, PATIENT } from './ops.ts';
import { careTabs } from './tabs.ts';

type Status = OutputOf<operations['status']>;
type Backups = OutputOf<operations['backups']>['items'];

/** What the jobs of `ops` are called. */
const JOBS: Readonly<Record<string, string>> = {
  backup: 'Backup',
  verify: 'Backup read as a restore would',
  drill: 'Drill',
  minutes: 'Changes of minutes',
  update: 'Update',
};

/** The backups, what was proven of them, and the two buttons. */
export async function backupsPage(ops: Ops, frame: Frame): Promise<View> {
  const [status, backups, drills] = await Promise.all([
    answerOf('ops', ops.get('status')),
    answerOf('ops', ops.get('backups', {}, PATIENT)),
    answerOf('ops', ops.get('drills', {}, PATIENT)),
  ]);
  const { zone } = frame;
  return {
    title: 'Backups and drills',
    section: 'care',
    body: html`${careTabs('/care')}
${card(
  'Now',
  orNotice(status, (value) => nowOf(value, frame)),
)}
${card(
  'Drills',
  orNotice(drills, ({ items }) => drillsTable(items, zone)),
)}
${card(
  'Backups',
  orNotice(backups, ({ items }) => backupsTable(items, zone)),
)}
${card('Putting a backup back', restoring())}`,
  };
}

function nowOf({ backups, jobs, running }: Status, frame: Frame): Html {
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

function drillsTable(drills: readonly Drill[], zone: string): Html {
  return table({
    caption: 'Drills',
    columns: ['When', 'Took', 'Backup', 'Result', 'Report'],
    rows: drills.map((drill) => [
      when(drill.beganAt, zone),
      lasted(Date.parse(drill.endedAt) - Date.parse(drill.beganAt)),
      html`<code>${drill.run}</code>`,
      drill.isProven ? badge('proven', 'good') : badge('not proven', 'bad'),
      html`<a href="${at('/care/drill', { began: drill.beganAt })}">Report of ${drill.run}</a>`,
    ]),
    none: 'No drill was made yet: a backup that nobody has restored is a hope.',
  });
}

function backupsTable(backups: Backups, zone: string): Html {
  return table({
    caption: 'Backups, the newest first',
    columns: ['Taken', 'Name', 'Number', 'Proof'],
    rows: [...backups]
      .reverse()
      .map(({ run, number, takenAt, isProven, isDoubtful }) => [
        when(takenAt, zone),
        html`<code>${run}</code>`,
        counted(number),
        isDoubtful
          ? badge('in doubt', 'warn')
          : isProven
            ? badge('proven', 'good')
            : badge('not tried'),
      ]),
    none: 'There is no backup.',
  });
}

function restoring(): Html {
  return html`<p>This replaces the live site, so it is done by hand, on the server. What was there is
kept beside.</p>
<pre><code>./prosora restore                             # the newest, with what was kept since
./prosora restore BACKUP                      # the one of that name, as it was taken
./prosora restore --at 2026-11-29T14:30:00Z   # as it was at that second</code></pre>`;
}
