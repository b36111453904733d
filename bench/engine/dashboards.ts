import type { Figure } from '../figure.ts';
import { quantile } from '../quantile.ts';
import { type EngineProcess, startEngineProcess } from './engine-process.ts';
import { queryOf } from './questions.ts';

/** What the web page of Ghost Admin's analytics asks when it opens. */
const PAGE = [
  'api_kpis',
  'api_active_visitors',
  'api_top_pages',
  'api_top_sources',
  'api_top_locations',
];
const DAYS = 30;
const ROUNDS = 3;

/** Eight people open their dashboards at once, again and again: how long until one has all of its numbers. */
export async function measureDashboards(dataDir: string): Promise<Figure[]> {
  const engine = await startEngineProcess(dataDir);
  try {
    await openPage(engine);
    const alone = [await openPage(engine), await openPage(engine), await openPage(engine)];
    const together: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      together.push(...(await Promise.all(Array.from({ length: 8 }, () => openPage(engine)))));
    }
    const yardstick = { name: 'one dashboard alone', value: quantile(alone, 0.5) };
    return [
      {
        name: '3M, 30 days, 8 dashboards, median',
        value: quantile(together, 0.5),
        unit: 'ms',
        yardstick,
      },
      {
        name: '3M, 30 days, 8 dashboards, slowest',
        value: quantile(together, 1),
        unit: 'ms',
        yardstick,
      },
    ];
  } finally {
    await engine.close();
  }
}

async function openPage(engine: EngineProcess): Promise<number> {
  const startedAt = performance.now();
  await Promise.all(
    PAGE.map(async (endpoint) => {
      const answer = await engine.ask(endpoint, queryOf(endpoint, DAYS));
      if (answer.status !== 200) throw new Error(`${endpoint} was answered ${answer.status}.`);
    }),
  );
  return performance.now() - startedAt;
}
