import { ago, counted, lasted, type Tone } from '@prosora/service/look';
import type { Answer } from '../services/answer.ts';
import { numberOf } from '../services/number-of.ts';
import type { Course } from './courses.ts';
import type { AnswerOf, Overlook } from './look-over.ts';

/** A part of the site, in a line. */
export interface Row {
  name: string;
  /** Where there is more, beneath the console. */
  path: string | undefined;
  tone: Tone;
  /** In a word. */
  state: string;
  /** In a sentence. */
  said: string;
  course?: Course;
}

/** What a part is, from what it answered. */
type Judged = Pick<Row, 'tone' | 'state' | 'said'>;

const GB = 1_000_000_000;
/** Less room than this wants a look, and less than half of it an answer. */
const LITTLE_ROOM = 0.2;
const MANY_ERRORS = 0.01;

/** A line for every part that the site has. */
export function rowsOf(overlook: Overlook): Row[] {
  const { ops, edge, mail, payments, visits, engine, cdn, media } = overlook;
  const rows = [
    edge &&
      row(
        'Site',
        undefined,
        'site',
        judged(edge, (it) => siteOf(it, overlook)),
      ),
    mail && row('Mail', '/mail', 'mail', judged(mail, mailOf)),
    payments && row('Payments', '/payments', 'payments', judged(payments, paymentsOf)),
    visits && row('Visits', '/visits', 'visits', judged(visits, visitsOf)),
    engine && row('Charts', '/visits', undefined, judged(engine, readiness)),
    cdn && row('CDN', undefined, undefined, judged(cdn, cdnOf)),
    media && row('Media', '/media', undefined, mediaOf(media)),
    ops && row('Database', undefined, 'database', judged(ops, databaseOf)),
    ops && row('Backups', '/care', 'backups', judged(ops, backupsOf)),
    ops && row('Updates', '/care/updates', undefined, judged(ops, updatesOf)),
    ops && row('Disk', undefined, 'disk', judged(ops, disksOf)),
  ];
  return rows.filter((one) => one !== undefined);
}

function row(
  name: string,
  path: string | undefined,
  course: Course | undefined,
  is: Judged | undefined,
): Row | undefined {
  return is && { name, path, ...is, ...(course && { course }) };
}

/** A part that does not answer is said to be what it says to the console; one of another version may answer anything. */
function judged<Value>(
  { value, problem }: Answer<Value>,
  judge: (value: Value) => Judged | undefined,
): Judged | undefined {
  if (problem) return { tone: 'bad', state: 'no answer', said: problem.message };
  try {
    return judge(value);
  } catch {
    return { tone: 'bad', state: 'unknown', said: 'It answers what the console cannot read.' };
  }
}

/** What a service says that is not ready; else what is said of it. */
function unless(
  { isReady, failures }: { isReady: boolean; failures: readonly string[] },
  well: Judged,
): Judged {
  return isReady ? well : { tone: 'bad', state: 'not ready', said: failures.join(' ') };
}

const WELL = { tone: 'good', state: 'well' } as const;

function readiness(status: { isReady: boolean; failures: readonly string[] }): Judged {
  return unless(status, { ...WELL, said: 'Ready.' });
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

function mailOf(status: AnswerOf<'mail'>): Judged {
  const { chunks, oldestWaitingAt, alarms, heldUntil } = status;
  const [alarm] = alarms;
  if (alarm !== undefined) return unless(status, { tone: 'warn', state: 'alarm', said: alarm });
  const count = sumOf(chunks);
  if (count === 0) return unless(status, { ...WELL, said: 'Nothing waits.' });
  const since = oldestWaitingAt ? `, the oldest for ${ago(oldestWaitingAt)}` : '';
  const held = heldUntil === null ? '' : ' Resend asked for a pause.';
  const said = `${counted(count)} parts of newsletters are not sent${since}.${held}`;
  return unless(status, {
    tone: (chunks['dead'] ?? 0) > 0 ? 'warn' : 'good',
    state: 'at work',
    said,
  });
}

function paymentsOf(status: AnswerOf<'payments'>): Judged {
  const { deliveries, held, oldestPending, clock } = status;
  if (clock !== null) return unless(status, { tone: 'warn', state: 'clock', said: clock });
  const stuck = [
    [deliveries['dead'] ?? 0, 'did not reach Ghost'],
    [deliveries['ambiguous'] ?? 0, 'in doubt'],
    [sumOf(held), 'held for a person'],
  ] as const;
  const said = stuck
    .filter(([count]) => count > 0)
    .map(([count, how]) => `${counted(count)} ${how}`);
  if (said.length > 0) {
    return unless(status, { tone: 'warn', state: 'stuck', said: `Events: ${said.join(', ')}.` });
  }
  const now = oldestPending
    ? `The oldest event that waits came ${ago(oldestPending)}.`
    : `${counted(status.events)} events, none waits.`;
  return unless(status, { ...WELL, said: now });
}

function visitsOf(status: AnswerOf<'visits'>): Judged {
  const bytes = status.spools.reduce((sum, spool) => sum + spool.bytes, 0);
  const said = bytes === 0 ? 'Nothing waits.' : `${counted(Math.ceil(bytes / 1_000))} kB wait.`;
  return unless(status, { ...WELL, said });
}

function cdnOf(status: AnswerOf<'cdn'>): Judged {
  const { problem, dead, waiting } = status;
  if (dead > 0) {
    const said = `${counted(dead)} purges were given up: \`prosora-cdn replay\` tries them again.`;
    return unless(status, { tone: 'warn', state: 'given up', said });
  }
  if (problem !== null) return unless(status, { tone: 'warn', state: 'tries', said: problem });
  return unless(status, { ...WELL, said: `${counted(waiting)} changes wait to be purged.` });
}

const PLACES: Readonly<Record<string, string>> = {
  local: 'On the disk of the site',
  cloudinary: 'At Cloudinary',
  s3: 'In a bucket',
};

function mediaOf({ kind, usage, failures }: NonNullable<Overlook['media']>): Judged {
  const { usage: used, limit } = usage?.credits ?? {};
  const place = PLACES[kind] ?? kind;
  const where =
    used === undefined || limit === undefined
      ? place
      : `${place}, ${used} of ${limit} credits used`;
  if (failures.length === 0) return { ...WELL, said: `${where}.` };
  const said = `${where}. ${counted(failures.length)} uploads failed in a week.`;
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
  return {
    tone: 'quiet',
    state: 'waiting',
    said: `Newer images wait: ${counted(waiting)}.`,
  };
}

/** The one with the least room. */
function disksOf({ metrics }: AnswerOf<'ops'>): Judged | undefined {
  const disks = metrics
    .filter(({ name }) => name === 'prosora_disk_bytes')
    .map(({ labels, value }) => {
      const { disk = '' } = labels;
      const free = numberOf({ metrics }, 'prosora_disk_free_bytes', { disk: String(disk) });
      return { free, share: free / value };
    })
    .sort((one, other) => one.share - other.share);
  const [least] = disks;
  if (least === undefined) return undefined;
  const { free, share } = least;
  const said = `${Math.round(share * 100)} % are free, ${counted(Math.round(free / GB))} GB.`;
  if (share >= LITTLE_ROOM) return { ...WELL, said };
  return { tone: share < LITTLE_ROOM / 2 ? 'bad' : 'warn', state: 'little room', said };
}

function sumOf(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
