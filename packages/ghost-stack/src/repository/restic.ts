import { existsSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { ProsoraError } from '@prosora/service';
import { type Started, startDocker } from '../stack/start-docker.ts';
import { isRemote, OWNER_LABEL, type Place, waysTo } from './place.ts';

/** https://restic.readthedocs.io/en/stable/075_scripting.html#exit-codes */
const MEANINGS: Readonly<Record<number, readonly [code: string, sentence: string, help?: string]>> =
  {
    3: ['BACKUP_PARTIAL', 'Some files could not be read, so the backup is not whole.'],
    10: [
      'BACKUP_MISSING',
      'There is no repository of backups at that place.',
      'Is the address right, and its disk mounted?',
    ],
    11: [
      'BACKUP_LOCKED',
      'Another run holds the repository of the backups.',
      'Wait until it has ended.',
    ],
    12: [
      'BACKUP_PASSWORD',
      'The password of the backups is wrong.',
      'It is the one that the first backup showed.',
    ],
    74: ['RESTORE_FAILED', 'A volume cannot be written.'],
  };

/** What restic is given besides its words. */
interface ResticOptions {
  /** `SOURCE:TARGET[:ro]`, as Docker has it. */
  mounts?: readonly string[];
}

/** Docker's share of the processor where others want it too; each service has 1,024. */
const BEHIND_READERS = ['--cpu-shares', '256'];

/** Starts restic in a container of its own, which alone sees the volumes that it is about. */
export function startRestic(
  place: Place,
  words: readonly string[],
  options?: ResticOptions,
): Started {
  return startBeside(place, [place.image, ...commandFor(place), ...words], options);
}

/**
 * The same for a script of the shell, where more is done than restic does: `$RESTIC` is the command, and `fail` ends it
 * where a volume cannot be written.
 */
export function startScript(
  place: Place,
  script: string,
  words: readonly string[],
  options?: ResticOptions,
): Started {
  const env = ['--env', `RESTIC=${commandFor(place).join(' ')}`];
  const shell = ['sh', '-c', `${FAIL}\n${script}`, 'sh'];
  return startBeside(place, [...env, place.image, ...shell, ...words], options);
}

const commandFor = ({ url }: Place): string[] => [
  'restic',
  '--quiet',
  ...(isRemote(url) ? [] : ['--no-cache']),
];

/** `EX_IOERR` of sysexits.h, which restic does not use. */
const FAIL = 'fail() { echo "It was $volume." >&2; exit 74; }';

function startBeside(
  place: Place,
  words: readonly string[],
  { mounts = [] }: ResticOptions = {},
): Started {
  return startDocker(
    place.dir,
    [
      ...[
        'run',
        '--rm',
        '--interactive',
        '--init',
        '--pull',
        'never',
        '--user',
        '0:0',
        '--read-only',
      ],
      ...BEHIND_READERS,
      ...['--tmpfs', '/tmp', '--workdir', '/tmp', '--cap-drop', 'ALL'],
      ...['--security-opt', 'no-new-privileges:true'],
      ...['DAC_OVERRIDE', 'CHOWN', 'FOWNER'].flatMap((name) => ['--cap-add', name]),
      ...['--label', `${OWNER_LABEL}=${place.owner}`],
      ...waysTo(place),
      ...mounts.flatMap((mount) => ['--volume', mount]),
      ...words,
    ],
    { ...place.credentials },
  );
}

/**
 * Runs restic and resolves with what it printed.
 *
 * @throws ProsoraError as `assertEnded` does
 */
export async function restic(
  place: Place,
  words: readonly string[],
  options?: ResticOptions & { timeoutMs?: number },
): Promise<string> {
  const started = startRestic(place, words, options);
  started.stdin.end();
  const timer = options?.timeoutMs && setTimeout(started.stop, options.timeoutMs);
  const printed = text(started.stdout);
  const { code, said } = await started.ended;
  if (timer) clearTimeout(timer);
  // restic tries for a quarter of an hour, and says on its way what is wrong.
  if (timer && code !== 0 && (code === STOPPED || /retrying/.test(said))) {
    const why = said.split('\n').at(-1) ?? '';
    throw new ProsoraError(
      'BACKUP_UNREACHABLE',
      `The place of the backups does not answer. ${why}`.trim(),
      {
        help: 'Is BACKUP_REPOSITORY right, and its server up?',
      },
    );
  }
  await assertEnded(started, words[0] ?? '');
  return await printed;
}

/** As restic ends when it was told to. */
const STOPPED = 130;
const REACH_MS = 60_000;

/**
 * What restic prints of a repository at first sight; undefined where there is none, and its place answers.
 *
 * @throws ProsoraError `BACKUP_UNREACHABLE`; `BACKUP_PASSWORD`
 */
export async function lookInto(
  place: Place,
  words: readonly string[],
  timeoutMs = REACH_MS,
): Promise<string | undefined> {
  // Docker would make a folder of that name.
  if (!existsSync(place.passwordFile)) return undefined;
  try {
    return await restic(place, [...words, '--no-lock'], { timeoutMs });
  } catch (error) {
    if ((error as ProsoraError).code === 'BACKUP_MISSING') return undefined;
    throw error;
  }
}

/**
 * Whether there is a repository, where its place answers at all.
 *
 * @throws as `lookInto` does
 */
export const hasRepository = async (place: Place): Promise<boolean> =>
  (await lookInto(place, ['cat', 'config'])) !== undefined;

/**
 * Keeps a stream as one file of a snapshot and resolves with the snapshot's id. Where the source fails, restic is
 * stopped before it has seen an end.
 *
 * @throws what the source throws; ProsoraError as `assertEnded` does
 */
export async function keepStream(
  place: Place,
  source: Readable,
  { file, tags }: { file: string; tags: readonly string[] },
): Promise<string> {
  const words = ['backup', '--json', '--host', place.site, '--stdin', '--stdin-filename', file];
  const started = startRestic(place, [...words, ...tagWords(tags)]);
  const printed = text(started.stdout);
  const [fed, ended] = await Promise.allSettled([
    pipeline(source, started.stdin).catch((error) => {
      started.stop();
      throw error;
    }),
    assertEnded(started, 'backup'),
  ]);
  // That its reader is gone is what follows from the other.
  const isReaderGone =
    fed.status === 'rejected' && /EPIPE|PREMATURE_CLOSE/.test(String(fed.reason?.code));
  if (fed.status === 'rejected' && !(isReaderGone && ended.status === 'rejected')) throw fed.reason;
  if (ended.status === 'rejected') throw ended.reason;
  return keptIn(await printed).snapshot;
}

export const tagWords = (tags: readonly string[]): string[] =>
  tags.flatMap((tag) => ['--tag', tag]);

/** What the last line says of what `restic backup --json` prints: the snapshot's id, and how much it has in it. */
export function keptIn(printed: string): { snapshot: string; bytes: number } {
  const line = printed.trim().split('\n').at(-1) ?? '';
  const said = JSON.parse(line || '{}') as { snapshot_id?: string; total_bytes_processed?: number };
  const { snapshot_id: snapshot, total_bytes_processed: bytes = 0 } = said;
  if (snapshot) return { snapshot, bytes };
  throw new ProsoraError('BACKUP_FAILED', 'restic named no snapshot.');
}

/** Of what it said: a restore says something of each file that it cannot read. */
const LAST_LINES = 3;

/** @throws ProsoraError `BACKUP_FAILED` with what restic said, or one of its own for what it has a number for */
export async function assertEnded({ ended }: Started, verb: string): Promise<void> {
  const { code, said } = await ended;
  if (code === 0) return;
  const [name, sentence, help] = MEANINGS[code] ?? [
    'BACKUP_FAILED',
    `restic ${verb} ended with ${code}.`,
  ];
  const last = said.split('\n').slice(-LAST_LINES).join(' ');
  throw new ProsoraError(name, last ? `${sentence} (${last})` : sentence, help ? { help } : {});
}
