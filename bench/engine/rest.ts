import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Figure } from '../figure.ts';
import { startEngineProcess } from './engine-process.ts';

/** Start-up and disk with 3 million hits. */
export async function measureRest(dataDir: string): Promise<Figure[]> {
  const starts: number[] = [];
  for (let turn = 0; turn < 3; turn += 1) {
    const engine = await startEngineProcess(dataDir);
    starts.push(engine.startedInMs);
    await engine.close();
  }
  return [
    {
      name: '3M: from start to the first answer',
      value: starts.sort((a, b) => a - b)[1] ?? Number.NaN,
      unit: 'ms',
    },
    {
      name: '3M: disk for a million hits',
      value: megabytesIn(join(dataDir, 'chdb')) / 3,
      unit: 'MB',
    },
  ];
}

function megabytesIn(folder: string): number {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((one) =>
    one.isFile(),
  );
  const bytes = files.reduce(
    (sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size,
    0,
  );
  return bytes / 2 ** 20;
}
