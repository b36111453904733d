import {
  badge,
  card,
  counted,
  facts,
  type Html,
  html,
  lasted,
  notice,
  type Tone,
  table,
  when,
} from '@prosora/service/look';
import type { Shown } from '../guard/section.ts';
import { at, type Query } from '../look/address.ts';
import { searchForm } from '../look/form.ts';
import { list } from '../look/list.ts';
import type { Frame } from '../look/page.ts';
import { type Answer, answerOf } from '../services/answer.ts';
import { countsOf } from '../services/number-of.ts';
import type { Said, Service } from '../services/services.ts';

type Media = Said<'ops', 'media'>;
type Finding = Media['findings'][number];

const TONES: Record<Finding['status'], Tone> = { ok: 'good', warn: 'warn', fail: 'bad' };
const JOB_TONES: Readonly<Record<string, Tone>> = { done: 'good', dead: 'bad', aside: 'warn' };
const JOB_STATES = ['ready', 'delayed', 'leased', 'aside', 'dead', 'done'];

/** Both are asked in Ghost's container, and media then at Cloudinary. */
const PATIENCE = { timeoutMs: 30_000 };

/** Where media are and how much of the plan is used, and what Ghost has to do. */
export async function mediaPage(
  ops: Service<'ops'>,
  { query, isExamined }: { query: Query; isExamined: boolean },
  frame: Frame,
): Promise<Shown> {
  const { state, queue, after } = query;
  const [media, jobs] = await Promise.all([
    answerOf('ops', ops.get('media', isExamined ? { examine: 'true' } : {}, PATIENCE)),
    answerOf('ops', ops.get('jobs', { state, queue, after, limit: '50' }, PATIENCE)),
  ]);
  const shown = media.problem
    ? card('Media', notice(media.problem))
    : mediaCards(media.value, isExamined, frame);
  const body = html`${shown}${jobsCards(jobs, query, frame.zone)}`;
  return { title: 'Media and jobs', body, problem: jobs.problem };
}

function mediaCards(
  { kind, usage, findings, failures }: Media,
  isExamined: boolean,
  frame: Frame,
): Html {
  const { zone } = frame;
  if (usage === null) {
    return card(
      'Media',
      html`<p>Images, media and files are kept by <strong>${kind}</strong>, of which there is nothing to show here.</p>`,
    );
  }
  const size = (bytes: number | null) => (bytes === null ? 'unknown' : sizeInWords(bytes));
  const { credits } = usage;
  const used =
    credits?.usage === undefined || credits.limit === undefined
      ? 'unknown'
      : html`${credits.usage.toFixed(2)} of ${counted(credits.limit)} credits <progress max="${credits.limit}" value="${credits.usage}" aria-label="Of the plan"></progress>`;
  const plan = facts([
    ['Cloud', usage.cloudName],
    ['Plan', usage.plan],
    ['Used', used],
    ['Storage', size(usage.storageBytes)],
    ['Traffic in 30 days', size(usage.bandwidthBytes)],
    ['Transformations in 30 days', usage.transformations ?? 'unknown'],
    ['Originals', usage.originals ?? 'unknown'],
    ['As of', usage.updatedAt ?? 'unknown'],
  ]);
  const failed = table({
    caption: 'Failed uploads and other failures, the newest first',
    columns: ['When', 'What'],
    rows: failures.map(({ at: iso, code }) => [when(iso, zone), html`<code>${code}</code>`]),
    none: 'Ghost’s log has no failure.',
  });
  const found = isExamined
    ? html`<ul class="findings">${findings.map(findingOf)}</ul>`
    : html`<p>It uploads three small files and deletes them again, as <code>docker compose exec ghost ghost-cloudinary doctor</code> does.</p>${searchForm({ action: '/media/examine', label: 'Have it look', fields: [] }, frame)}`;
  return html`${card('Media at Cloudinary', plan)}${card('Failures', failed)}${card('What the adapter finds', found)}`;
}

function findingOf({ status, name, sentence, remedy }: Finding): Html {
  return html`<li>${badge(status, TONES[status])} <strong>${name}</strong> ${sentence}${remedy ? ` ${remedy}` : ''}</li>`;
}

const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB'];

/** As Cloudinary writes it: a kilobyte has a thousand bytes. */
function sizeInWords(bytes: number): string {
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  const size = bytes / 1_000 ** power;
  return `${power === 0 ? counted(size) : size.toPrecision(3)} ${UNITS[power]}`;
}

/** What Ghost has to do and when it publishes what, queue by queue. */
function jobsCards(answer: Answer<Said<'ops', 'jobs'>>, query: Query, zone: string): Html {
  const waiting = table({
    caption: 'Queues',
    columns: ['Queue', 'Jobs', 'The oldest that is due has waited'],
    rows: (answer.value?.queues ?? []).map(({ queue: name, counts, oldestSeconds }) => [
      html`<a href="${at('/media', { queue: name })}">${name}</a>`,
      countsOf(counts),
      oldestSeconds > 0 ? lasted(oldestSeconds * 1_000) : '–',
    ]),
    none: 'Ghost has no queue yet.',
  });
  const listed = list({
    path: '/media',
    query,
    fields: [
      { name: 'state', label: 'State', options: JOB_STATES },
      { name: 'queue', label: 'Queue' },
    ],
    answer,
    caption: 'Jobs and schedules',
    columns: ['Queue', 'Job', 'State', 'Due', 'Ended', 'Failures', 'Reason'],
    none: 'No job is of this kind.',
    row: ({ queue: name, id, state: standing, dueAt, settledAt, failures, reason }) => [
      name,
      html`<code>${id}</code>`,
      badge(standing, JOB_TONES[standing]),
      when(dueAt, zone),
      when(settledAt, zone),
      failures,
      reason ?? '',
    ],
  });
  const verb = html`<p class="verb">The command that shows the same is <code>./prosora jobs</code>; <code>docker compose exec ghost prosora-jobs replay ID</code> tries one again.</p>`;
  return html`${answer.problem ? '' : card('Queues of Ghost', waiting)}${card('What Ghost has to do', html`${listed}${verb}`)}`;
}
