import { existsSync } from 'node:fs';
import { mkdir, statfs, unlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { assertTokensDiffer } from './access/tokens.ts';
import { listBackups } from './care/backup.ts';
import { clockRecordOf, clockSentence } from './care/clock-file.ts';
import { machineMemoryMb } from './database/memory-limit.ts';
import { assertPlatform } from './database/platform.ts';
import { readProject } from './datafiles/project.ts';
import { databaseSettings, datafilesDirOf, type EngineOptions } from './engine.ts';
import { pipeSql } from './sql/pipe-sql.ts';

/** One thing the engine needs, looked at. */
export interface Finding {
  name: string;
  /** What was found, or what is wrong and what to do about it. */
  detail: string;
  isWell: boolean;
}

type Check = (options: EngineOptions) => Promise<string> | string;

const LEAST_FREE_BYTES = 2 * 2 ** 30;
const MB = 2 ** 20;

/** Each returns what it found, or throws the sentence that says what is wrong. */
const CHECKS: Readonly<Record<string, Check>> = {
  platform: () => {
    assertPlatform();
    return `${process.platform} ${process.arch}, Node ${process.versions.node}`;
  },
  tokens: (options) => {
    assertTokensDiffer(options);
    return 'each is of its own';
  },
  chdb: () => `chdb ${createRequire(import.meta.url)('chdb/package.json').version}`,
  datafiles: async (options) => {
    const folder = datafilesDirOf(options);
    const project = await readProject(folder);
    for (const pipe of project.pipes.values()) if (pipe.target) pipeSql(project, pipe, {});
    return `${project.datasources.size} datasources and ${project.pipes.size} pipes in ${folder}`;
  },
  'data directory': async ({ dataDir }) => {
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
    const probe = join(dataDir, `.doctor-${process.pid}`);
    await writeFile(probe, '');
    await unlink(probe);
    const isNew = !existsSync(join(dataDir, 'chdb'));
    return `${dataDir} can be written to${isNew ? ' and is empty' : ''}`;
  },
  disk: async ({ dataDir }) => {
    const { bavail, bsize } = await statfs(dataDir);
    const freeBytes = bavail * bsize;
    const free = `${Math.floor(freeBytes / MB)} MB free`;
    if (freeBytes >= LEAST_FREE_BYTES) return free;
    throw new Error(`${free}: a million page views take about 120 MB, and merging needs room.`);
  },
  backups: async (options) => {
    const { backupDir } = databaseSettings(options);
    const newest = (await listBackups(backupDir)).at(-1);
    if (!newest) return `none yet in ${backupDir}`;
    const saved = await clockRecordOf(options.dataDir).read();
    const now = saved?.doubt ? saved.steadyMs : Date.now();
    const hours = Math.round((now - newest.createdAt.getTime()) / 3_600_000);
    const found = `the newest is ${newest.name}, ${hours} h old`;
    const { backupHours } = options;
    if (backupHours === 0 || Math.abs(hours) <= 2 * backupHours + 1) return found;
    throw new Error(`${found}: look at the log of the engine for why none was taken since.`);
  },
  clock: async ({ dataDir }) => {
    const saved = await clockRecordOf(dataDir).read();
    if (!saved) return 'not looked at yet';
    if (saved.doubt) throw new Error(clockSentence(saved.doubt));
    return `believed at ${new Date(saved.steadyMs).toISOString()}`;
  },
  memory: ({ memoryLimitMb }) => {
    const totalMb = machineMemoryMb();
    const found = `limit ${memoryLimitMb} MB of ${totalMb} MB`;
    if (memoryLimitMb <= totalMb / 2) return found;
    throw new Error(`${found}: set PROSORA_ENGINE_MEMORY_LIMIT_MB to half of the machine at most.`);
  },
};

/** Looks at everything the engine needs before it can start. */
export async function examine(options: EngineOptions): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const [name, check] of Object.entries(CHECKS)) {
    try {
      findings.push({ name, detail: await check(options), isWell: true });
    } catch (error) {
      findings.push({ name, detail: (error as Error).message, isWell: false });
    }
  }
  return findings;
}
