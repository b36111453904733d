import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { installGhost } from '@prosora/ghost-local';
import { clickhouseConfig } from '../../packages/analytics-engine/src/database/clickhouse-settings.ts';
import { defaultMemoryLimitMb } from '../../packages/analytics-engine/src/database/memory-limit.ts';
import { readProject } from '../../packages/analytics-engine/src/datafiles/project.ts';
import { pipeSql } from '../../packages/analytics-engine/src/sql/pipe-sql.ts';
import type { Figure } from '../figure.ts';
import { quantile } from '../quantile.ts';
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
    queryAsync(sql: string, options: { format: string }): Promise<{ bytes(): Uint8Array }>;
    close(): void;
  };
}

/** The default of a machine of 4 GB: over 3 million hits, 90 days of `api_kpis` take more than 768 MB. */
const MEMORY_MB = defaultMemoryLimitMb(4_096);
/** A service that just started is still being compiled. */
const WARM_QUESTIONS = 1_000;

/**
 * Every endpoint that Ghost Admin asks, through the engine and as the same SQL on chDB in this process
 * on a copy of the same data, in turns. chDB has the memory and the caches of the engine and else its own
 * settings. Beside them a question that is refused without the database: what HTTP takes, whatever is
 * asked.
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
  const engine = await startEngineProcess(dataDir, {
    PROSORA_ENGINE_MEMORY_LIMIT_MB: String(MEMORY_MB),
  });

  const figures: Figure[] = [];
  try {
    for (let asked = 0; asked < WARM_QUESTIONS; asked += 1) {
      await engine.ask('api_active_visitors', queryOf('api_active_visitors', 1));
    }
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
        const askInVain = async (): Promise<number> => (await engine.ask('none', query)).status;
        const [ours = 0, bare = 0, http = 0] = await inTurns([askEngine, askDirect, askInVain]);
        figures.push({
          name: `${name}, ${days} days, ${endpoint}`,
          value: ours,
          unit: 'ms',
          yardstick: { name: 'same SQL on chDB', value: bare },
          budget: {
            description: `≤ 1.2 ×, ${http.toFixed(1)} ms of it HTTP`,
            met: ours <= 1.2 * bare,
          },
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

/**
 * Lower quartiles in ms, as what else the machine does only ever adds; after one of each to warm up, and
 * in fewer turns for what takes long.
 */
async function inTurns(questions: readonly (() => Promise<unknown>)[]): Promise<number[]> {
  let longest = 0;
  for (const ask of questions) longest = Math.max(longest, await elapsed(ask));
  const turns = longest < 50 ? 61 : longest < 400 ? 11 : 5;
  const times = questions.map((): number[] => []);
  for (let turn = 0; turn < turns; turn += 1) {
    for (const [at, ask] of questions.entries()) times[at]?.push(await elapsed(ask));
  }
  return times.map((one) => quantile(one, 0.25));
}

async function elapsed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}
