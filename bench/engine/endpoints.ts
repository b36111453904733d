import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { installGhost } from '@prosora/ghost-local';
import {
  clickhouseConfig,
  readerSettings,
} from '../../packages/analytics-engine/src/database/clickhouse-settings.ts';
import { readProject } from '../../packages/analytics-engine/src/datafiles/project.ts';
import { defaultMemoryLimitMb } from '../../packages/analytics-engine/src/memory-limit.ts';
import { pipeSql } from '../../packages/analytics-engine/src/pipe-sql.ts';
import type { Figure } from '../figure.ts';
import { startEngineProcess } from './engine-process.ts';
import { ENDPOINTS, PERIODS, queryOf } from './questions.ts';

const require = createRequire(
  new URL('../../packages/analytics-engine/package.json', import.meta.url),
);
/** What is used of chdb, which is a dependency of the engine alone. */
interface Chdb {
  Session: new (
    path: string,
    options: { connectionArgs: string[] },
  ) => {
    query(sql: string): unknown;
    queryAsync(sql: string, options: { format: string }): Promise<{ bytes(): Uint8Array }>;
    close(): void;
  };
}

/** The default of a machine of 4 GB: over 3 million hits, 90 days of `api_kpis` take more than 768 MB. */
const MEMORY_MB = defaultMemoryLimitMb(4_096);
/** What HTTP and a second process cost whatever is asked. */
const FIXED_COST_MS = 2;

/**
 * Every endpoint that Ghost Admin asks, through the engine and as the same SQL on chDB in this process
 * on a copy of the same data with the same settings, in turns.
 */
export async function measureEndpoints(name: string, dataDir: string): Promise<Figure[]> {
  const { dir } = await installGhost();
  const project = await readProject(join(dir, 'core/server/data/tinybird'));
  const copy = mkdtempSync(join(dirname(dataDir), 'direct-'));
  execFileSync('cp', ['-al', join(dataDir, 'chdb'), join(copy, 'chdb')]);
  const settings = {
    dataDir: copy,
    backupDir: copy,
    memoryLimitBytes: MEMORY_MB * 2 ** 20,
    maxQuerySeconds: 60,
  };
  const config = join(copy, 'clickhouse.xml');
  writeFileSync(config, clickhouseConfig(settings));
  const { Session } = require('chdb') as Chdb;
  process.env['TZ'] = 'UTC';
  const direct = new Session(join(copy, 'chdb'), { connectionArgs: [`--config-file=${config}`] });
  for (const statement of readerSettings(settings)) direct.query(statement);
  const engine = await startEngineProcess(dataDir, {
    PROSORA_ENGINE_MEMORY_LIMIT_MB: String(MEMORY_MB),
  });

  const figures: Figure[] = [];
  try {
    for (const days of PERIODS) {
      for (const endpoint of ENDPOINTS) {
        const query = queryOf(endpoint, days);
        const pipe = project.pipes.get(endpoint);
        if (!pipe) throw new Error(`There is no ${endpoint}.`);
        const sql = pipeSql(project, pipe, Object.fromEntries(new URLSearchParams(query)));
        const askDirect = async (): Promise<number> =>
          (await direct.queryAsync(sql, { format: 'JSON' })).bytes().byteLength;
        const askEngine = async (): Promise<number> => {
          const answer = await engine.ask(endpoint, query);
          if (answer.status !== 200) throw new Error(`${endpoint} was answered ${answer.status}.`);
          return answer.body.byteLength;
        };
        const [ours, bare] = await inTurns(askEngine, askDirect);
        const met = ours <= Math.max(1.2 * bare, bare + FIXED_COST_MS);
        figures.push({
          name: `${name}, ${days} days, ${endpoint}`,
          value: ours,
          unit: 'ms',
          yardstick: { name: 'same SQL on chDB', value: bare },
          budget: { description: '≤ 1.2 ×, or 2 ms more', met },
        });
      }
    }
  } finally {
    await engine.close();
    direct.close();
    rmSync(copy, { recursive: true });
  }
  return figures;
}

/** Medians of both in ms, after one of each to warm up; fewer turns for what takes long. */
async function inTurns(
  ours: () => Promise<number>,
  bare: () => Promise<number>,
): Promise<[number, number]> {
  await bare();
  const warm = await elapsed(ours);
  const turns = warm < 100 ? 9 : warm < 400 ? 5 : 3;
  const [oursMs, bareMs]: [number[], number[]] = [[], []];
  for (let turn = 0; turn < turns; turn += 1) {
    bareMs.push(await elapsed(bare));
    oursMs.push(await elapsed(ours));
  }
  return [median(oursMs), median(bareMs)];
}

async function elapsed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
