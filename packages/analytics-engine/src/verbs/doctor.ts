import { existsSync } from 'node:fs';
import { mkdir, statfs, unlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { doctorVerb, type Finding, fail, ok, pick } from '@prosora/service';
import type { ProsoraError } from '@prosora/service/errors';
import type { OptionValues } from '@prosora/service/options';
import { assertTokensDiffer } from '../access/tokens.ts';
import { listBackups } from '../care/backup.ts';
import { clockRecordOf, clockSentence } from '../care/clock-file.ts';
import { backupDirOf } from '../database/database-settings.ts';
import { machineMemoryMb } from '../database/memory-limit.ts';
import { assertPlatform } from '../database/platform.ts';
import { datafilesDirOf } from '../datafiles/datafiles-dir.ts';
import { readProject } from '../datafiles/project.ts';
import { engineOptions } from '../options.ts';
import { pipeSql } from '../sql/pipe-sql.ts';

const examined = pick(
  engineOptions,
  'adminToken',
  'trackerToken',
  'siteTokens',
  'ghostDir',
  'datafilesDir',
  'dataDir',
  'backupDir',
  'backupHours',
  'memoryLimitMb',
);

/** The options that say where to look. */
export type DoctorOptions = OptionValues<typeof examined>;

/** Finds out one thing; a sentence alone is well, and what it throws is wrong. */
type Look = (options: DoctorOptions) => Promise<Seen> | Seen;
type Seen = string | { sentence: string; remedy: string };

const LEAST_FREE_BYTES = 2 * 2 ** 30;
const MB = 2 ** 20;

const LOOKS: Readonly<Record<string, Look>> = {
  platform: () => {
    assertPlatform();
    return `chDB runs on ${process.platform} ${process.arch}, under Node ${process.versions.node}.`;
  },
  tokens: (options) => {
    assertTokensDiffer(options);
    return 'No two of them are the same.';
  },
  chdb: () =>
    `Version ${createRequire(import.meta.url)('chdb/package.json').version} is installed.`,
  datafiles: async (options) => {
    const folder = datafilesDirOf(options);
    const project = await readProject(folder);
    for (const pipe of project.pipes.values()) if (pipe.target) pipeSql(project, pipe, {});
    return `${project.datasources.size} datasources and ${project.pipes.size} pipes are in ${folder}.`;
  },
  'data directory': async ({ dataDir }) => {
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
    const probe = join(dataDir, `.doctor-${process.pid}`);
    await writeFile(probe, '');
    await unlink(probe);
    const isNew = !existsSync(join(dataDir, 'chdb'));
    return `${dataDir} can be written to${isNew ? ' and is empty' : ''}.`;
  },
  disk: async ({ dataDir }) => {
    const { bavail, bsize } = await statfs(dataDir);
    const freeBytes = bavail * bsize;
    const sentence = `${Math.floor(freeBytes / MB)} MB are free.`;
    if (freeBytes >= LEAST_FREE_BYTES) return sentence;
    const remedy =
      'Make room: a million page views take about 120 MB, and merging needs some as well.';
    return { sentence, remedy };
  },
  backups: async (options) => {
    const backupDir = backupDirOf(options);
    const newest = (await listBackups(backupDir)).at(-1);
    if (!newest) return `There are none yet in ${backupDir}.`;
    const saved = await clockRecordOf(options.dataDir).read();
    const now = saved?.doubt ? saved.steadyMs : Date.now();
    const hours = Math.round((now - newest.createdAt.getTime()) / 3_600_000);
    const sentence = `The newest is ${newest.name}, ${hours} h old.`;
    const { backupHours } = options;
    if (backupHours === 0 || Math.abs(hours) <= 2 * backupHours + 1) return sentence;
    return { sentence, remedy: "The engine's log says why none was taken since." };
  },
  clock: async ({ dataDir }) => {
    const saved = await clockRecordOf(dataDir).read();
    if (!saved) return 'No engine has looked at it yet.';
    if (saved.doubt) throw new Error(clockSentence(saved.doubt));
    return `It is believed at ${new Date(saved.steadyMs).toISOString()}.`;
  },
  memory: ({ memoryLimitMb }) => {
    const totalMb = machineMemoryMb();
    const sentence = `The limit is ${memoryLimitMb} MB of ${totalMb} MB.`;
    if (memoryLimitMb <= totalMb / 2) return sentence;
    const remedy = 'Set PROSORA_ENGINE_MEMORY_LIMIT_MB to half of the machine at most.';
    return { sentence, remedy };
  },
};

/** Looks at everything that the engine needs, one finding each. */
export async function* examine(options: DoctorOptions): AsyncGenerator<Finding> {
  for (const [name, look] of Object.entries(LOOKS)) {
    yield await findingOf(name, async () => await look(options));
  }
}

/**
 * Looks at everything that the engine needs before it can start. It looks itself, since it is there for an engine that
 * does not start too; the operator API answers the same of the one that runs.
 */
export const doctor = doctorVerb({
  help: 'Looks at the platform, chdb, the datafiles, the data directory, the disk, the memory and the backups',
  needs: examined,
  examine: ({ options }) => examine(options),
});

async function findingOf(name: string, look: () => Promise<Seen>): Promise<Finding> {
  try {
    const seen = await look();
    return typeof seen === 'string' ? ok(name, seen) : fail(name, seen.sentence, seen.remedy);
  } catch (error) {
    const { message, help } = error as ProsoraError;
    return fail(name, message, help);
  }
}
