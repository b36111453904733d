import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, type ServiceProcess } from '@prosora/service/testing';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { takeDataDir } from '../../src/care/data-dir-lock.ts';
import { runEngine, serveEngine } from '../fixtures/engine-process.ts';
import { pageHits } from '../fixtures/hits.ts';
import { ADMIN_TOKEN } from '../fixtures/test-engine.ts';

let env: Record<string, string>;
let url: string;
let running: ServiceProcess[];

beforeEach(async () => {
  running = [];
  env = {
    PROSORA_ENGINE_DATA_DIR: mkdtempSync(join(tmpdir(), 'prosora-cli-')),
    PROSORA_ENGINE_PORT: '0',
    PROSORA_ENGINE_PRIVATE_PORT: String(await freePort()),
  };
});

afterEach(async () => {
  for (const engine of running) await engine.end('SIGKILL');
  rmSync(env['PROSORA_ENGINE_DATA_DIR'] ?? '', { recursive: true });
});

async function serve(): Promise<ServiceProcess> {
  const engine = await serveEngine({ env });
  running.push(engine);
  url = engine.url;
  return engine;
}

const readme = () => readFileSync(new URL('../../README.md', import.meta.url), 'utf8');

async function run(verb: string, more: Record<string, string> = {}, words: string[] = []) {
  return await runEngine([verb, ...words], { env: { ...env, ...more } });
}

function childrenOf({ child: { pid } }: ServiceProcess): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number);
}

const send = () =>
  fetch(`${url}/v0/events?name=analytics_events&wait=true&token=${ADMIN_TOKEN}`, {
    method: 'POST',
    headers: { 'prosora-batch': 'a:0-9' },
    body: pageHits(0, 9),
  });

test('whoever may read the data directory needs no token', async () => {
  await serve();
  await send();
  const withoutToken = { PROSORA_ENGINE_ADMIN_TOKEN: '' };
  expect(await run('backup', withoutToken)).toMatchObject({ code: 0 });
  const status = await run('status', withoutToken);
  expect(status).toMatchObject({ code: 0, output: expect.stringContaining('backup 0001-') });
  expect(await run('doctor', withoutToken)).toMatchObject({
    code: 1,
    output: expect.stringContaining('PROSORA_ENGINE_ADMIN_TOKEN'),
  });
});

test('status counts rows and says when nothing runs; SIGTERM ends the engine with 0', async () => {
  expect(await run('status')).toEqual({
    code: 1,
    output: expect.stringContaining('No engine answers'),
  });
  const engine = await serve();
  await send();
  const status = await run('status');
  expect(status.code).toBe(0);
  expect(status.output).toContain('ready\n');
  expect(status.output).toContain('prosora_table_rows{table="_mv_hits"} 9');
  expect(await engine.end('SIGTERM')).toBe(0);
});

test('when the service itself is killed its database ends too, and the next service goes on', async () => {
  const first = await serve();
  await send();
  await first.end('SIGKILL');
  await serve();
  expect((await send()).status).toBe(200);
  expect((await run('status')).output).toContain('prosora_table_rows{table="analytics_events"} 9');
});

test('a service that is killed in the middle of a batch leaves it to the next, whole and once', async () => {
  const dataDir = env['PROSORA_ENGINE_DATA_DIR'] ?? '';
  const hits = 20_000;
  const sendMany = () =>
    fetch(`${url}/v0/events?name=analytics_events&wait=true&token=${ADMIN_TOKEN}`, {
      method: 'POST',
      headers: { 'prosora-batch': 'many' },
      body: pageHits(0, hits),
    });
  const first = await serve();
  const refused = expect(sendMany()).rejects.toThrow();
  await vi.waitUntil(() => existsSync(join(dataDir, 'batch.open')), {
    timeout: 20_000,
    interval: 1,
  });
  const [database = 0] = childrenOf(first);
  await Promise.all([first.end('SIGKILL'), refused]);
  expect(existsSync(join(dataDir, 'batch.open'))).toBe(true);
  // It holds the lock of the data for as long as it is there.
  await vi.waitUntil(() => !existsSync(`/proc/${database}`), { timeout: 5_000 });

  await serve();
  const status = await run('status');
  for (const table of ['analytics_events', '_mv_hits']) {
    expect(status.output).toContain(`prosora_table_rows{table="${table}"} ${hits}\n`);
  }
  expect((await sendMany()).status).toBe(200);
  expect((await run('status')).output).toContain(`{table="_mv_hits"} ${hits}\n`);
});

test('a running engine is backed up, exported and confirmed, and a stopped one restored', async () => {
  const engine = await serve();
  await send();
  expect(await run('restore')).toMatchObject({
    code: 1,
    output: expect.stringContaining('An engine runs on'),
  });
  expect(await run('backup')).toMatchObject({
    code: 0,
    output: expect.stringContaining('Backed up to'),
  });
  const file = join(env['PROSORA_ENGINE_DATA_DIR'] ?? '', 'hits.parquet');
  const exported = await run('export', {}, ['analytics_events', file]);
  expect(exported).toEqual({ code: 0, output: `9 rows of analytics_events are in ${file}\n` });
  expect((await run('export', {}, ['nothing', `${file}x.ndjson`])).output).toContain(
    'There is no table nothing.',
  );
  expect((await run('retention')).output).toBe('Nothing is that old.\n');
  expect((await run('retention', {}, ['some'])).code).toBe(2);
  expect((await run('confirm')).output).toBe('There was nothing to confirm.\n');
  expect((await run('status')).output).toContain('backup 0001-');
  await engine.end('SIGTERM');

  expect((await run('backup')).output).toContain('No engine answers at');
  const restored = await run('restore');
  expect(restored).toMatchObject({ code: 0, output: expect.stringContaining('Restored 0001-') });
  expect((await run('restore', {}, ['0009-none'])).output).toContain(
    'There is no backup 0009-none',
  );
  await serve();
  expect((await run('status')).output).toContain('prosora_table_rows{table="_mv_hits"} 9');
}, 180_000);

test('while another process has the data directory, nothing starts on it or puts a backup there', async () => {
  using _lock = takeDataDir(env['PROSORA_ENGINE_DATA_DIR'] ?? '');
  for (const verb of ['serve', 'restore', 'salvage']) {
    expect(await run(verb)).toMatchObject({
      code: 1,
      output: expect.stringContaining('An engine runs on'),
    });
  }
});

test('after a jump of the clock, status and doctor say so until somebody says that it is right', async () => {
  const file = join(env['PROSORA_ENGINE_DATA_DIR'] ?? '', 'clock.json');
  const doubted = JSON.stringify({ lastLook: Date.now(), isDoubted: true });
  const SENTENCE = /The machine's clock jumped at .* days ahead\. .*`prosora-engine trust-clock`/;
  expect((await run('trust-clock')).output).toContain('No engine has looked at the clock');
  writeFileSync(file, doubted);
  expect((await run('doctor')).output).toMatch(/✘ clock: The machine's clock jumped/);
  const engine = await serve();
  const status = await run('status');
  expect(status.output).toMatch(SENTENCE);
  expect(status.output).toMatch(/prosora_clock_step_seconds [1-9]/);
  await run('retention');
  expect((await run('status')).output).toMatch(/prosora_clock_step_seconds 0$/m);
  await engine.end('SIGTERM');

  writeFileSync(file, doubted);
  expect(await run('trust-clock')).toMatchObject({ code: 0 });
  await serve();
  expect((await run('status')).output).not.toMatch(SENTENCE);
  expect((await run('doctor')).output).toContain('✔ clock: It is believed at');
});

test('a member is looked for, and erased with --yes', async () => {
  const member = '3f2a0c1e-9b7d-4c55-8a10-0123456789ab';
  await serve();
  await fetch(`${url}/v0/events?name=analytics_events&wait=true&token=${ADMIN_TOKEN}`, {
    method: 'POST',
    body: pageHits(0, 3).replaceAll('"member_uuid":"undefined"', `"member_uuid":"${member}"`),
  });
  expect(await run('erase')).toMatchObject({ code: 2 });
  expect((await run('erase', {}, ['anna@example.com'])).output).toContain('is not the UUID');
  const found = await run('erase', {}, [member]);
  expect(found).toMatchObject({ code: 0, output: expect.stringContaining('Nothing was changed') });
  expect(found.output).toContain('3 rows of analytics_events name this member, in payload\n');
  expect((await run('erase', {}, [member, '--yes'])).output).toContain('Erased from the database.');
  expect((await run('erase', {}, [member])).output).toContain('No row names this member.');
});

test('doctor finds everything well, or says what is not', async () => {
  const well = await run('doctor');
  expect(well.output).toContain('✔ datafiles: 10 datasources and 39 pipes');
  expect(well.code).toBe(0);
  const wrong = await run('doctor', {
    PROSORA_ENGINE_DATAFILES: `${tmpdir()}/none`,
    PROSORA_ENGINE_MEMORY_LIMIT_MB: '9999999',
  });
  expect(wrong.output).toContain('✘ datafiles: There is no Tinybird project in');
  expect(wrong.output).toContain('✘ memory: The limit is 9999999 MB');
  expect(wrong.code).toBe(1);
});

test('what is missing is said at once, without the text of a secret', async () => {
  const refused = await run('serve', {
    PROSORA_ENGINE_ADMIN_TOKEN: 'short-one',
    PROSORA_ENGINE_PORT: 'x',
  });
  expect(refused.code).toBe(1);
  expect(refused.output).toContain('PROSORA_ENGINE_ADMIN_TOKEN');
  expect(refused.output).toContain('PROSORA_ENGINE_PORT');
  expect(refused.output).not.toContain('short-one');
});

test('an unknown verb is an error and nothing else, with the one that was probably meant', async () => {
  expect(await run('bakcup')).toEqual({
    code: 2,
    output: `prosora-engine has no verb "bakcup". Did you mean "backup"? \`prosora-engine help\` lists all.\n`,
  });
  expect(await run('toString')).toMatchObject({ code: 2 });
});

test.each(['-h', '--help', 'help'])('%s lists every verb, and is no mistake', async (word) => {
  const { code, output } = await run(word);
  expect(code).toBe(0);
  const verbs = readme().matchAll(/^\| `prosora-engine (\S+?)`? /gm);
  const listed = [...output.matchAll(/^ {2}([a-z-]+) /gm)].map(([, verb]) => verb);
  expect(listed).toEqual([...verbs].map(([, verb]) => verb));
});

test('a verb is kept from running by its own variables only', async () => {
  const wrong = { PROSORA_ENGINE_PORT: 'x', PROSORA_ENGINE_ADMIN_TOKEN: 'short' };
  expect((await run('trust-clock', wrong)).output).toContain('No engine has looked at the clock');
  expect((await run('restore', wrong)).output).toContain('There is no backup');
});

test('with --json, what a verb found is for a program', async () => {
  const { code, output } = await run('doctor', {}, ['--json']);
  expect(code).toBe(0);
  expect(JSON.parse(output)).toContainEqual({
    name: 'tokens',
    status: 'ok',
    sentence: 'No two of them are the same.',
  });
  const missing = await run('confirm', {}, ['--json']);
  expect(missing.code).toBe(1);
  expect(JSON.parse(missing.output)).toMatchObject({ error: { code: 'NOT_RUNNING' } });
});
