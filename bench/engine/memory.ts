import { setTimeout as delay } from 'node:timers/promises';
import { defaultMemoryLimitMb } from '../../packages/analytics-engine/src/database/memory-limit.ts';
import type { Figure } from '../figure.ts';
import { startEngineProcess } from './engine-process.ts';
import { ENDPOINTS, queryOf } from './questions.ts';

const IDLE_MS = 20_000;
/** Code and threads, as measured: DESIGN counts the engine's memory apart from the other services'. */
const BASE_MB = 400;

/**
 * The database's resident memory with the default of machines of 1, 2 and 4 GB, over 1 million hits:
 * while every endpoint is asked about 90 days by two at once, and idle afterwards.
 */
export async function measureMemory(dataDir: string): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const gb of [1, 2, 4]) {
    const limit = defaultMemoryLimitMb(gb * 1024);
    const engine = await startEngineProcess(dataDir, {
      PROSORA_ENGINE_MEMORY_LIMIT_MB: String(limit),
    });
    try {
      const refused: string[] = [];
      const waiting = ENDPOINTS.values();
      const work = async (): Promise<void> => {
        for (const endpoint of waiting) {
          const answer = await engine.ask(endpoint, queryOf(endpoint, 90));
          if (answer.status !== 200) refused.push(`${endpoint}: ${answer.body}`);
        }
      };
      await Promise.all([work(), work()]);
      if (refused.length > 0) console.log(`${gb} GB, limit ${limit} MB:`, refused);
      const { peak } = engine.memory();
      await delay(IDLE_MS);
      figures.push(
        {
          name: `${gb} GB machine, limit ${limit} MB: highest RSS`,
          value: peak,
          unit: 'MB',
          budget: { description: `≤ limit + ${BASE_MB} MB`, met: peak <= limit + BASE_MB },
        },
        {
          name: `${gb} GB machine: of ${ENDPOINTS.length} endpoints over 1M and 90 days refused`,
          value: refused.length,
          unit: '',
          budget: { description: 'none', met: refused.length === 0 },
        },
        {
          name: `${gb} GB machine: RSS after 20 s idle`,
          value: engine.memory().now,
          unit: 'MB',
        },
      );
    } finally {
      await engine.close();
    }
  }
  return figures;
}
