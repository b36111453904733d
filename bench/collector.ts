import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PACKAGE } from './collector/collector-process.ts';
import { measureDeadLetters } from './collector/dead-letters.ts';
import { measureFullSpool } from './collector/full-spool.ts';
import { measureHits } from './collector/throughput.ts';
import { measureView } from './collector/view.ts';
import type { Figure } from './figure.ts';

const PARTS = {
  hits: measureHits,
  spool: measureFullSpool,
  dead: measureDeadLetters,
  view: measureView,
};

/**
 * What the collector takes, what it costs, how soon dead letters are listed and a view is in the charts; each part by itself with
 * `PROSORA_BENCH_PART=hits|spool|dead|view`.
 */
export async function run(): Promise<Figure[]> {
  const only = process.env['PROSORA_BENCH_PART'];
  const dir = mkdtempSync(join(tmpdir(), 'prosora-bench-collector-'));
  const figures: Figure[] = [];
  // What users run, which is one file.
  execFileSync('npm', ['run', 'build'], { cwd: PACKAGE, stdio: 'ignore' });
  try {
    for (const [name, measure] of Object.entries(PARTS)) {
      if (only === undefined || only === name) figures.push(...(await measure(dir)));
    }
    return figures;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
