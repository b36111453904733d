import { setTimeout as wait } from 'node:timers/promises';
import { ProsoraError } from '@prosora/service';
import { counted } from '../services/telling.ts';
import { docker } from '../stack/compose.ts';
import { type Home, runWords } from './home.ts';
import type { Run } from './job-notes.ts';
import type { Job } from './timetable.ts';

/** On the container of each run, with the project as its value. */
const LABEL = 'prosora.ops';

/** How a run ended. */
export interface Outcome {
  /** Somebody else was at it, so that nothing was done. */
  isBusy: boolean;
  /** It was killed, as by a machine that goes down, before it could say how it ended. */
  isCutOff: boolean;
  /** Nothing goes on from the last backup, as after a restore: a whole one has to come first. */
  needsBackup: boolean;
  /** Why it failed, with what to do. */
  failure: string | undefined;
}

const HOUR_MS = 3_600_000;
const WELL: Outcome = { isBusy: false, isCutOff: false, needsBackup: false, failure: undefined };

type OfProject = Pick<Home, 'project'>;

const nameOf = ({ project }: OfProject, { job, begunAt }: Run): string =>
  `${project}-ops-${job}-${begunAt}`;

/**
 * Begins a run in a container of its own, unless that is there from before, and waits for its end: a service that was
 * killed meanwhile finds the container again, and how it ended. One that does not end within its limit is ended; what it
 * left at work the next run ends.
 */
export async function runJob(
  home: Home,
  run: Run,
  { words, limitMs }: Pick<Job, 'words' | 'limitMs'>,
): Promise<Outcome> {
  const name = nameOf(home, run);
  if (!(await containers(home)).includes(name)) {
    const own = ['--detach', '--name', name, '--label', `${LABEL}=${home.project}`];
    // What it says is read from there.
    const log = ['--log-driver', 'json-file'];
    await docker('/', [...(await runWords(home, [...own, ...log])), ...words, '--json']);
  }
  const limit = new AbortController();
  const code = await Promise.race([
    docker('/', ['wait', name]).then(Number),
    wait(limitMs, undefined, { signal: limit.signal }),
  ]).finally(() => limit.abort());
  if (code !== undefined) return outcomeOf(code, await docker('/', ['logs', name]));
  // Whatever comes of it: a process that hangs at a disk cannot be ended, and must not hold the others up.
  await docker('/', ['stop', '-t', '30', name]).catch(() => {});
  const hours = Math.max(1, Math.round(limitMs / HOUR_MS));
  return { ...WELL, failure: `It had not ended after ${counted(hours, 'hour')}, and was ended.` };
}

/** Removes the container of every run, but for one that is not noted as ended yet. */
export async function removeEnded(of: OfProject, running: Run | undefined): Promise<void> {
  const kept = running && nameOf(of, running);
  const ended = (await containers(of)).filter((name) => name !== kept);
  if (ended.length > 0) await docker('/', ['rm', '--force', ...ended]);
}

async function containers({ project }: OfProject): Promise<string[]> {
  const words = ['ps', '--all', '--filter', `label=${LABEL}=${project}`, '--format', '{{.Names}}'];
  return (await docker('/', words)).split('\n').filter(Boolean);
}

/** The codes of an error that says that somebody else is at the backups. */
const BUSY = ['BUSY', 'BACKUP_LOCKED'];
const NEEDS_BACKUP = ['BACKUP_NONE', 'BACKUP_GAP'];

/** What a run's exit code and the JSON that it printed mean. */
export function outcomeOf(code: number, printed: string): Outcome {
  // Of a backup that is doubted the command says what it took, and then why.
  const last = printed.slice(Math.max(0, printed.lastIndexOf('{\n  "error"')));
  const answer = readJson(last) as Said | undefined;
  // A container that was made and never began counts as one that ended with 0.
  if (answer && code === 0) return WELL;
  const { error, findings = [] } = answer ?? {};
  const isOneOf = (codes: readonly string[]) => codes.includes(error?.code ?? '');
  const failed = findings.filter(({ status }) => status === 'fail');
  const said = [error?.message, error?.help, ...failed.map(({ sentence }) => sentence)]
    .filter(Boolean)
    .join(' ');
  return {
    ...WELL,
    isBusy: isOneOf(BUSY),
    needsBackup: isOneOf(NEEDS_BACKUP),
    isCutOff: said === '',
    failure: said || `It ended with ${code} and did not say why.`,
  };
}

/** What the verbs print with `--json`, as far as it is looked at. */
interface Said {
  error?: { code: string; message: string; help?: string };
  findings?: { status: string; sentence: string }[];
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Nobody waits longer for an answer; `docker` ends the container with itself. */
const LONGEST_ANSWER_MS = 300_000;
/** Ends a question that takes too much, before anything else on the machine has to. */
const MEMORY = '256m';

/**
 * What a verb that changes nothing answers; one that ends with 1 has answered too.
 *
 * @throws ProsoraError `REFUSED` with what the verb says, `DOCKER`
 */
export async function askCommand(home: Home, words: readonly string[]): Promise<unknown> {
  const run = await runWords(home, ['--rm', '--memory', MEMORY]);
  const signal = AbortSignal.timeout(LONGEST_ANSWER_MS);
  const asked = docker('/', [...run, ...words, '--json'], { signal });
  const printed = await asked.catch((error: ProsoraError) => {
    if (signal.aborted) throw new ProsoraError('REFUSED', 'The command did not answer in time.');
    const said = String(error.context?.['printed'] ?? '');
    if (readJson(said) === undefined) throw error;
    return said;
  });
  const answer = JSON.parse(printed) as Said;
  if (answer.error) throw new ProsoraError('REFUSED', answer.error.message, answer.error);
  return answer;
}
