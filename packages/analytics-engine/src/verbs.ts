import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import {
  createLogger,
  readOptions,
  readServiceStatus,
  secretsOf,
  stopGracefully,
  trustClock,
} from '@prosora/service';
import { type Backup, findBackup, listBackups } from './care/backup.ts';
import type { Erasure } from './care/care.ts';
import { clockRecordOf, clockSentence } from './care/clock-file.ts';
import { askEngine } from './care/control.ts';
import { takeDataDir } from './care/data-dir-lock.ts';
import { allowLoss } from './care/open-checked.ts';
import { restoreBackup } from './care/restore.ts';
import type { RemovedMonth } from './care/retention.ts';
import { examine } from './doctor.ts';
import { databaseSettings, type EngineOptions, type LocalOptions, startEngine } from './engine.ts';
import { engineOptions, localOptions } from './options.ts';

/** One thing the command does; its words come after the verb. */
interface Verb {
  usage: string;
  description: string;
  /** Returns the exit code. */
  run(words: readonly string[]): Promise<number>;
}

type Work<Values> = (options: Values, words: readonly string[]) => Promise<number>;

const withTokens =
  (work: Work<EngineOptions>): Verb['run'] =>
  (words) =>
    work(readOptions(engineOptions), words);
const here =
  (work: Work<LocalOptions>): Verb['run'] =>
  (words) =>
    work(readOptions(localOptions), words);

/** Everything that `prosora-engine` does. */
export const VERBS: Readonly<Record<string, Verb>> = {
  serve: {
    usage: 'serve',
    description: "Answers Tinybird's API from the data directory; the default.",
    run: withTokens(serve),
  },
  status: {
    usage: 'status',
    description:
      'Says whether a running engine is ready, counts its rows, restarts and waiting requests, and lists its backups.',
    run: here(status),
  },
  doctor: {
    usage: 'doctor',
    description:
      'Looks at the platform, chdb, the datafiles, the data directory, the disk, the memory and the backups.',
    run: withTokens(doctor),
  },
  backup: {
    usage: 'backup',
    description: 'Copies everything while the engine serves.',
    run: here(async ({ dataDir }) => {
      const { path } = await askEngine<Backup>(dataDir, 'backup');
      return say(`Backed up to ${path}`);
    }),
  },
  restore: {
    usage: 'restore [NAME]',
    description:
      'Puts the newest backup, or the one named, in place of the data; only while no engine runs. What was there is set aside.',
    run: here(restore),
  },
  salvage: {
    usage: 'salvage',
    description:
      'Lets the next start go on with what is left of torn data that no backup can mend; only while no engine runs. What is broken is set aside.',
    run: here(async (options) => {
      const { dataDir } = databaseSettings(options);
      using _lock = takeDataDir(dataDir);
      await allowLoss(dataDir);
      return say('The next start goes on with what is left.');
    }),
  },
  export: {
    usage: 'export TABLE FILE',
    description:
      'Writes a table to a new file, .ndjson or .parquet, while the engine serves; .gz or .zst after it compresses.',
    run: here(async ({ dataDir }, [table, file]) => {
      if (!table || !file) return say('Say which table and which file.', 2);
      const request = { table, file: resolve(file) };
      const { rows } = await askEngine<{ rows: number }>(dataDir, 'export', request);
      return say(`${rows} rows of ${table} are in ${request.file}`);
    }),
  },
  retention: {
    usage: 'retention [MONTHS]',
    description:
      "Removes events older than PROSORA_ENGINE_RETENTION_MONTHS, or than so many months, and says that the machine's clock is right; a running engine does it by itself.",
    run: here(retention),
  },
  erase: {
    usage: 'erase MEMBER_UUID [--yes]',
    description:
      'Says where page views name a member by the id that Ghost gave them, and with --yes puts nobody in its place. The page views stay.',
    run: here(erase),
  },
  'trust-clock': {
    usage: 'trust-clock',
    description:
      "Says that the machine's clock is right after it jumped; a running engine hears it within a minute.",
    run: here(async (options) => {
      const { dataDir } = databaseSettings(options);
      const isHeard = await trustClock(clockRecordOf(dataDir));
      if (isHeard) return say('The clock is taken for right from the next look on.');
      return say(`No engine has looked at the clock in ${dataDir} yet.`, 1);
    }),
  },
  confirm: {
    usage: 'confirm',
    description: 'Gives up the tables that an upgrade of the datafiles kept as they were.',
    run: here(async ({ dataDir }) => {
      const tables = await askEngine<string[]>(dataDir, 'confirm');
      return say(
        tables.length > 0 ? `Gave up ${tables.join(', ')}` : 'There was nothing to confirm.',
      );
    }),
  },
};

async function serve(options: EngineOptions): Promise<number> {
  const logger = createLogger({
    name: 'engine',
    level: options.logLevel,
    secrets: secretsOf(engineOptions, options),
  });
  const engine = await startEngine(options, logger);
  stopGracefully({ stop: () => engine.close(), logger });
  return 0;
}

async function status(options: LocalOptions): Promise<number> {
  const { isReady, lines } = await readServiceStatus({
    ...options,
    name: 'engine',
    hidden: 'prosora_query_seconds',
  });
  say(lines.join('\n'));
  const { dataDir, backupDir } = databaseSettings(options);
  // The engine may run as another user, whose folder cannot be read.
  const clock = await Promise.resolve(clockRecordOf(dataDir).read()).catch(() => undefined);
  if (clock?.doubt) say(clockSentence(clock.doubt));
  for (const { name, createdAt } of await listBackups(backupDir)) {
    say(`backup ${name}, taken ${createdAt.toISOString()}`);
  }
  return isReady ? 0 : 1;
}

async function doctor(options: EngineOptions): Promise<number> {
  const findings = await examine(options);
  for (const { name, detail, isWell } of findings) say(`${isWell ? '✔' : '✘'} ${name}: ${detail}`);
  return findings.every(({ isWell }) => isWell) ? 0 : 1;
}

async function restore(options: LocalOptions, [name]: readonly string[]): Promise<number> {
  const settings = databaseSettings(options);
  await mkdir(settings.dataDir, { recursive: true, mode: 0o700 });
  using _lock = takeDataDir(settings.dataDir);
  const backup = await findBackup(settings.backupDir, name);
  const aside = await restoreBackup(settings, backup, new Date());
  say(`Restored ${backup.name}. Start the engine: it brings the data to the present datafiles.`);
  return say(aside ? `What was there is in ${aside}` : 'There was no data before.');
}

async function retention({ dataDir }: LocalOptions, [text]: readonly string[]): Promise<number> {
  const months = text === undefined ? undefined : Number(text);
  if (months !== undefined && !(Number.isInteger(months) && months > 0)) {
    return say(`${text} is not a number of months.`, 2);
  }
  const removed = await askEngine<RemovedMonth[]>(dataDir, 'retention', { months });
  for (const { table, month, rows } of removed) say(`Removed ${rows} rows of ${table}, ${month}`);
  return say(removed.length > 0 ? 'What views derived from them stays.' : 'Nothing is that old.');
}

async function erase({ dataDir }: LocalOptions, words: readonly string[]): Promise<number> {
  const [member, ...others] = words.filter((word) => word !== '--yes');
  if (!member || others.length > 0) return say('Say which member, by the UUID in Ghost.', 2);
  const isSure = words.includes('--yes');
  const { found, copies } = await askEngine<Erasure>(dataDir, 'erase', { member, isSure });
  for (const { table, columns, rows } of found) {
    say(
      `${rows} rows of ${table} ${isSure ? 'named' : 'name'} this member, in ${columns.join(', ')}`,
    );
  }
  if (found.length === 0) say('No row names this member.');
  if (copies.length > 0) say(`These copies are not changed and may name it:\n${copies.join('\n')}`);
  if (isSure) return say('Erased from the database.');
  return say('Nothing was changed: with --yes the id is erased.');
}

function say(line: string, code = 0): number {
  console.log(line);
  return code;
}
