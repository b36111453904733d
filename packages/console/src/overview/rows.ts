import { ago, counted, lasted, type Tone } from '@prosora/service/look';
import type { Answer } from '../services/answer.ts';
import type { Numbers } from '../services/api/every-service.ts';
import { numberOf } from '../services/number-of.ts';
import type { Course } from './courses.ts';
import type { AnswerOf, Overlook } from './look-over.ts';

/** A part of the site, in a line. */
export interface Row {
  name: string;
  /** Where there is more, beneath the console. */
  path?: string;
  course?: Course;
  tone: Tone;
  /** In a word. */
  state: string;
  /** In a sentence. */
  said: string;
}

/** What a part is, from what it answered. */
type Judged = Pick<Row, 'tone' | 'state' | 'said'>;

const GB = 1_000_000_000;
/** Less room than this wants a look, and less than half of it an answer. */
const LITTLE_ROOM = 0.2;
const MANY_ERRORS = 0.01;
const WELL = { tone: 'good', state: 'well' } as const;

/** A line for every part that the site has. */
export function rowsOf(overlook: Overlook): Row[] {
  const { ops, edge, mail, payments, visits, engine, cdn, media } = overlook;
  const rows = [
    row({ name: 'Site', course: 'site' }, edge, (it) => siteOf(it, overlook)),
    row({ name: 'Mail', path: '/mail', course: 'mail' }, mail, ready(mailOf)),
    row({ name: 'Payments', path: '/payments', course: 'payments' }, payments, ready(paymentsOf)),
    row({ name: 'Visits', path: '/visits', course: 'visits' }, visits, ready(visitsOf)),
    row(
      { name: 'Charts', path: '/visits' },
      engine,
      ready(() => ({ ...WELL, said: 'Ready.' })),
    ),
    row({ name: 'CDN' }, cdn, ready(cdnOf)),
    row({ name: 'Media', path: '/media' }, media && { value: media }, mediaOf),
    row({ name: 'Database', course: 'database' }, ops, databaseOf),
    row({ name: 'Backups', path: '/care', course: 'backups' }, ops, backupsOf),
    row({ name: 'Updates', path: '/care/updates' }, ops, updatesOf),
    row({ name: 'Disk', course: 'disk' }, ops, diskOf),
  ];
  return rows.filter((one) => one !== undefined);
}

/** A part that does not answer is said to be what it says to the console; one of another version may answer anything. */
function row<Value>(
  part: Pick<Row, 'name' | 'path' | 'course'>,
  answer: Answer<Value> | undefined,
  judge: (value: Value) => Judged | undefined,
): Row | undefined {
  if (answer === undefined) return undefined;
  const { value, problem } = answer;
  if (problem) return { ...part, tone: 'bad', state: 'no answer', said: problem.message };
  try {
    const judged = judge(value);
    return judged && { ...part, ...judged };
  } catch {
    const said = 'It answers what the console cannot read.';
    return { ...part, tone: 'bad', state: 'unknown', said };
  }
}

/** What keeps a service from its work comes before all else that may be said of it. */
function ready<Status extends Numbers>(
  judge: (status: Status) => Judged,
): (status: Status) => Judged {
  return (status) =>
    status.isReady
      ? judge(status)
      : { tone: 'bad', state: 'not ready', said: status.failures.join(' ') };
}

function siteOf({ past }: AnswerOf<'edge'>, { speed }: Overlook): Judged {
  if (past === null) return { tone: 'quiet', state: 'new', said: 'Too little is known yet.' };
  const { requests, errors } = past.readers ?? past;
  const isBad = errors > requests * MANY_ERRORS;
  const { p99Ms, percentFromMemory } = speed?.value ?? {};
  const said = [
    `${counted(requests)} requests in an hour, ${counted(errors)} errors`,
    p99Ms === undefined ? '' : `99 of 100 within ${counted(Math.round(p99Ms))} ms`,
    percentFromMemory === undefined ? '' : `${Math.round(percentFromMemory)} % from memory`,
  ];
  return {
    ...(isBad ? ({ tone: 'bad', state: 'errors' } as const) : WELL),
    said: `${said.filter(Boolean).join('; ')}.`,
  };
}

function mailOf({ chunks, oldestWaitingAt, alarms, heldUntil }: AnswerOf<'mail'>): Judged {
  const [alarm] = alarms;
  if (alarm !== undefined) return { tone: 'warn', state: 'alarm', said: alarm };
  const count = sumOf(chunks);
  if (count === 0) return { ...WELL, said: 'Nothing waits.' };
  const since = oldestWaitingAt ? `, the oldest for ${ago(oldestWaitingAt)}` : '';
  const held = heldUntil === null ? '' : ' Resend asked for a pause.';
  const said = `${counted(count)} parts of newsletters are not sent${since}.${held}`;
  return { tone: (chunks['dead'] ?? 0) > 0 ? 'warn' : 'good', state: 'at work', said };
}

function paymentsOf(status: AnswerOf<'payments'>): Judged {
  const { events, deliveries, held, oldestPending, clock } = status;
  if (clock !== null) return { tone: 'warn', state: 'clock', said: clock };
  const stuck = [
    [deliveries['dead'] ?? 0, 'did not reach Ghost'],
    [deliveries['ambiguous'] ?? 0, 'in doubt'],
    [sumOf(held), 'held for a person'],
  ] as const;
  const said = stuck
    .filter(([count]) => count > 0)
    .map(([count, how]) => `${counted(count)} ${how}`);
  if (said.length > 0) {
    return { tone: 'warn', state: 'stuck', said: `Events: ${said.join(', ')}.` };
  }
  const waits = oldestPending && `The oldest event that waits came ${ago(oldestPending)}.`;
  return { ...WELL, said: waits || `${counted(events)} events, none waits.` };
}

function visitsOf({ spools }: AnswerOf<'visits'>): Judged {
  const bytes = spools.reduce((sum, spool) => sum + spool.bytes, 0);
  const said = bytes === 0 ? 'Nothing waits.' : `${counted(Math.ceil(bytes / 1_000))} kB wait.`;
  return { ...WELL, said };
}

function cdnOf({ problem, dead, waiting }: AnswerOf<'cdn'>): Judged {
  if (dead > 0) {
    const said = `${counted(dead)} purges were given up: \`prosora-cdn replay\` tries them again.`;
    return { tone: 'warn', state: 'given up', said };
  }
  if (problem !== null) return { tone: 'warn', state: 'tries', said: problem };
  return { ...WELL, said: `${counted(waiting)} changes wait to be purged.` };
}

const PLACES: Readonly<Record<string, string>> = {
  local: 'On the disk of the site',
  cloudinary: 'At Cloudinary',
  s3: 'In a bucket',
};

function mediaOf({ kind, usage, failures }: NonNullable<Overlook['media']>): Judged {
  const { usage: used, limit } = usage?.credits ?? {};
  const isKnown = used !== undefined && limit !== undefined;
  const where = `${PLACES[kind] ?? kind}${isKnown ? `, ${used} of ${limit} credits used` : ''}.`;
  if (failures.length === 0) return { ...WELL, said: where };
  const said = `${where} ${counted(failures.length)} uploads failed in a week.`;
  return { tone: 'warn', state: 'failures', said };
}

/** Undefined where the database is somewhere else. */
function databaseOf({ metrics }: AnswerOf<'ops'>): Judged | undefined {
  const up = metrics.find(
    ({ name, labels }) => name === 'prosora_part_up' && labels['part'] === 'db',
  );
  if (up === undefined) return undefined;
  if (up.value === 0) return { tone: 'bad', state: 'down', said: 'It does not run.' };
  const bytes = numberOf({ metrics }, 'prosora_part_memory_bytes', { part: 'db' });
  return { ...WELL, said: `It runs, with ${counted(Math.round(bytes / 1_000_000))} MB of memory.` };
}

function backupsOf({ backups, jobs, running }: AnswerOf<'ops'>): Judged {
  const { newest, proven } = backups;
  const failed = jobs.find(({ name, failure }) => /^(backup|drill)$/.test(name) && failure);
  if (failed) return { tone: 'bad', state: 'failed', said: failed.failure ?? '' };
  if (!newest) return { tone: 'bad', state: 'none', said: 'There is none.' };
  const proof = proven ? `a proven one ${ago(proven.at)}` : 'none was proven';
  const now = running
    ? ` At work: ${running.job}, for ${lasted(Date.now() - Date.parse(running.since))}.`
    : '';
  const said = `The newest is of ${ago(newest.at)}, ${proof}.${now}`;
  return proven ? { ...WELL, said } : { tone: 'warn', state: 'unproven', said };
}

function updatesOf({ jobs, metrics }: AnswerOf<'ops'>): Judged {
  const failed = jobs.find(({ name, failure }) => name === 'update' && failure);
  if (failed) return { tone: 'bad', state: 'failed', said: failed.failure ?? '' };
  const waiting = numberOf({ metrics }, 'prosora_updates_waiting');
  if (waiting === 0) return { ...WELL, said: 'None waits.' };
  return { tone: 'quiet', state: 'waiting', said: `Newer images wait: ${counted(waiting)}.` };
}

/** The one with the least room. */
function diskOf({ metrics }: AnswerOf<'ops'>): Judged | undefined {
  const [least] = metrics
    .filter(({ name }) => name === 'prosora_disk_bytes')
    .map(({ labels, value }) => {
      const disk = String(labels['disk'] ?? '');
      const free = numberOf({ metrics }, 'prosora_disk_free_bytes', { disk });
      return { free, share: free / value };
    })
    .sort((one, other) => one.share - other.share);
  if (least === undefined) return undefined;
  const { free, share } = least;
  const said = `${Math.round(share * 100)} % are free, ${counted(Math.round(free / GB))} GB.`;
  if (share >= LITTLE_ROOM) return { ...WELL, said };
  return { tone: share < LITTLE_ROOM / 2 ? 'bad' : 'warn', state: 'little room', said };
}

function sumOf(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
