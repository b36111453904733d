import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { startDatabaseProcess } from '../../packages/analytics-engine/src/database/database-process.ts';
import { corpus, eventOf } from '../../packages/analytics-engine/test/fixtures/corpus.ts';
import { startEngineProcess } from './engine-process.ts';
import { DAYS, END, PAGES, SITE } from './site.ts';

const CACHE = resolve(import.meta.dirname, '../../.prosora/bench-engine');
const BATCH = 5_000;
const FIRST_PART = 100_000;
const MILLION = 1_000_000;

/**
 * A data directory with so many million hits of 90 days, made once: a first part taken in as the collector
 * sends it, and the rest the same visits by other visitors.
 */
export async function corpusDir(millions: number): Promise<string> {
  const dir = join(CACHE, `${millions}m`);
  if (existsSync(dir)) return dir;
  const draft = `${dir}.draft`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(CACHE, { recursive: true });
  const engine = await startEngineProcess(draft);
  let sent = 0;
  for (const body of batches(1, FIRST_PART, BATCH)) {
    const answer = await engine.send(body, `corpus:${sent}`);
    if (answer.status !== 200) throw new Error(`A batch was answered ${answer.status}.`);
    sent += 1;
  }
  await engine.close();
  await multiply(draft, (millions * MILLION) / FIRST_PART);
  renameSync(draft, dir);
  return dir;
}

async function multiply(dataDir: string, times: number): Promise<void> {
  const database = await startDatabaseProcess({
    dataDir,
    backupDir: dataDir,
    memoryLimitBytes: 2 ** 30,
    maxQuerySeconds: 600,
  });
  for (let time = 2; time <= times; time += 1) {
    await database.run({
      kind: 'execute',
      sql: `INSERT INTO analytics_events
        SELECT timestamp, concat('${time}-', session_id), action, version, payload, site_uuid, inserted_at
        FROM analytics_events WHERE startsWith(session_id, '1-')
        SETTINGS max_insert_block_size = 200000, min_insert_block_size_rows = 200000, insert_deduplicate = 0`,
    });
  }
  await database.stop(60_000);
}

/** Hits of the corpus as bodies of requests. */
export function* batches(seed: number, hits: number, size: number): Generator<string> {
  const from = new Date(END.getTime() - DAYS * 86_400_000);
  let lines: string[] = [];
  for (const hit of corpus({ seed, hits, from, days: DAYS, pages: PAGES })) {
    lines.push(eventOf({ ...hit, session: `${seed}-${hit.session}` }, SITE));
    if (lines.length < size) continue;
    yield lines.join('\n');
    lines = [];
  }
  if (lines.length > 0) yield lines.join('\n');
}
