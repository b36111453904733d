import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Figure } from './figure.ts';
import { measureAccept } from './mail/accept.ts';
import { measureDrain } from './mail/drain.ts';
import { measureEvents } from './mail/events.ts';
import { measureLists } from './mail/lists.ts';
import { PACKAGE } from './mail/newsletter.ts';
import { measureRate } from './mail/rate.ts';
import { simulate } from './mail/simulation.ts';

const PARTS = {
  accept: measureAccept,
  drain: measureDrain,
  events: measureEvents,
  lists: measureLists,
  simulation: simulate,
  rate: measureRate,
};

/**
 * Measures the mail bridge, each part by itself with `PROSORA_BENCH_PART=accept|drain|events|lists|simulation|rate`.
 * A store with a million recipients queued is made once and kept in `.prosora/bench`.
 */
export async function run(): Promise<Figure[]> {
  const only = process.env['PROSORA_BENCH_PART'];
  const folder = mkdtempSync(join(tmpdir(), 'prosora-bench-mail-'));
  const figures: Figure[] = [];
  // What users run, which is one file.
  execFileSync('npm', ['run', 'build'], { cwd: PACKAGE, stdio: 'ignore' });
  try {
    for (const [name, measure] of Object.entries(PARTS)) {
      if (only === undefined || only === name) figures.push(...(await measure(folder)));
    }
    return figures;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
