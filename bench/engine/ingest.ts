import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Figure } from '../figure.ts';
import { batches } from './corpora.ts';
import { startEngineProcess } from './engine-process.ts';

const FOR_MS = 6_000;

/** Hits a second, one batch after the other as the collector sends them, each on disk when answered. */
export async function measureIngest(): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const size of [50, 500, 5_000]) {
    const dir = mkdtempSync(join(tmpdir(), 'prosora-bench-'));
    const engine = await startEngineProcess(dir);
    const bodies = [...batches(9, Math.min(size * 200, 200_000), size)];
    let sent = 0;
    const startedAt = performance.now();
    for (let turn = 0; performance.now() - startedAt < FOR_MS; turn += 1) {
      const answer = await engine.send(bodies[turn % bodies.length] ?? '', `bench:${turn}`);
      if (answer.status !== 200) throw new Error(`A batch was answered ${answer.status}.`);
      sent += size;
    }
    const seconds = (performance.now() - startedAt) / 1000;
    figures.push({ name: `ingest in batches of ${size}`, value: sent / seconds, unit: 'hits/s' });
    await engine.close();
    rmSync(dir, { recursive: true });
  }
  return figures;
}
