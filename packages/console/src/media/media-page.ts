import {
  badge,
  card,
  counted,
  facts,
  type Html,
  html,
  notice,
  type Tone,
  table,
  when,
} from '@prosora/service/look';
import type { Shown } from '../guard/section.ts';
import type { Query } from '../look/address.ts';
import { searchForm } from '../look/form.ts';
import type { Frame } from '../look/page.ts';
import { answerOf } from '../services/answer.ts';
import type { Said, Service } from '../services/services.ts';
import { jobsCards } from './jobs.ts';

type Media = Said<'ops', 'media'>;
type Finding = Media['findings'][number];

const TONES: Record<Finding['status'], Tone> = { ok: 'good', warn: 'warn', fail: 'bad' };

/** It is asked in Ghost's container, and then at Cloudinary. */
const PATIENCE = { timeoutMs: 30_000 };

/** Where media are and how much of the plan is used, and what Ghost has to do. */
export async function mediaPage(
  ops: Service<'ops'>,
  { query, isExamined }: { query: Query; isExamined: boolean },
  frame: Frame,
): Promise<Shown> {
  const [media, jobs] = await Promise.all([
    answerOf('ops', ops.get('media', isExamined ? { examine: 'true' } : {}, PATIENCE)),
    jobsCards(ops, query, frame),
  ]);
  const shown = media.problem
    ? card('Media', notice(media.problem))
    : mediaCards(media.value, isExamined, frame);
  const body = html`${shown}${jobs.body}`;
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
