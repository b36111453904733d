import { cpSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { HIT_COUNTS, pageHits } from '../../fixtures/hits.ts';
import { ghostDatafiles, startTestEngine, type TestEngine } from '../../fixtures/test-engine.ts';

let folder: string;
let datafiles: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'prosora-deploy-'));
  datafiles = join(folder, 'tinybird');
  cpSync(await ghostDatafiles(), datafiles, { recursive: true });
});

afterEach(() => rmSync(folder, { recursive: true }));

function start(): Promise<TestEngine> {
  return startTestEngine({
    PROSORA_ENGINE_DATAFILES: datafiles,
    PROSORA_ENGINE_DATA_DIR: join(folder, 'data'),
  });
}

function edit(file: string, from: string, to: string): void {
  const path = join(datafiles, file);
  const before = readFileSync(path, 'utf8');
  expect(before).toContain(from);
  writeFileSync(path, before.replace(from, to));
}

async function fill(): Promise<void> {
  await using engine = await start();
  const answer = await engine.send('analytics_events', pageHits(0, 5), {
    'prosora-batch': 'a:0-5',
  });
  expect(answer.status).toBe(200);
}

test('a restart keeps the data and remembers which batches it has', async () => {
  await fill();
  await using engine = await start();
  await engine.send('analytics_events', pageHits(0, 5), { 'prosora-batch': 'a:0-5' });
  for (const sql of Object.values(HIT_COUNTS)) expect(await engine.count(sql)).toBe(5);
});

test('an endpoint may change between two starts', async () => {
  await fill();
  edit(
    'endpoints/api_active_visitors.pipe',
    'uniqExact(session_id) as active_visitors',
    'uniqExact(session_id) + 42 as active_visitors',
  );
  await using engine = await start();
  const answer = await engine.ask('api_active_visitors', 'site_uuid=site-a');
  expect(await answer.json()).toMatchObject({ data: [{ active_visitors: 42 }] });
});

test('a second engine on the same data is refused', async () => {
  await using _first = await start();
  await expect(start()).rejects.toMatchObject({ code: 'DATA_DIR_TAKEN' });
});

test('only the owner may look into the data', async () => {
  await using engine = await start();
  const mode = (path: string) => (statSync(path).mode & 0o777).toString(8);
  expect(mode(engine.dataDir)).toBe('700');
  expect(mode(join(engine.dataDir, 'chdb'))).toBe('700');
});
