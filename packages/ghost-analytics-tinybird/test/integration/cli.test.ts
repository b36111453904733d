import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test, vi } from 'vitest';
import {
  COMMAND,
  type CollectorProcess,
  runVerb,
  spawnCollector,
} from '../fixtures/collector-process.ts';
import { collectorEnv, freshDir, postHit } from '../fixtures/running-collector.ts';
import { startUpstream } from '../fixtures/upstream.ts';

const run = promisify(execFile);
const DAY_MS = 86_400_000;

test('serve stops with 0 and what it took is sent; status and dead say what became of it', async () => {
  await using upstream = await startUpstream();
  upstream.answer = ({ rows }) =>
    rows.some((row) => row.includes('poison')) ? { status: 400, body: 'bad row' } : {};
  const env = collectorEnv(upstream.url);
  const collector = await spawnCollector(env);
  await postHit(collector.url, { event_id: 'poison' });
  await vi.waitUntil(() => upstream.arrivals.length > 0);
  const port = new URL(collector.privateUrl).port;
  // Neither needs to know of the upstream.
  const { TINYBIRD_HOST: _host, TINYBIRD_TRACKER_TOKEN: _token, ...local } = env;
  const ofRunning = { ...local, PROSORA_COLLECTOR_PRIVATE_PORT: port };
  const sent = 'prosora_hits_sent_total{outcome="dead"} 1';
  await vi.waitUntil(async () => (await runVerb(ofRunning, ['status'])).stdout.includes(sent), {
    timeout: 20_000,
  });
  const dead = await runVerb(local, ['dead']);
  expect(JSON.parse(dead.stdout)).toMatchObject({
    reason: '400: bad row',
    batch: expect.stringMatching(/:0-\d+$/),
    rows: [{ payload: { event_id: 'poison' } }],
  });
  await postHit(collector.url, { event_id: 'last' });
  expect(await collector.end('SIGTERM')).toBe(0);
  expect(upstream.rows().join()).toContain('"last"');
  expect((await runVerb(ofRunning, ['status'])).stderr).toMatch(/^No collector answers at /);
});

test('serve limits the room for young objects, however it was started, and lets a limit stand', async () => {
  await using upstream = await startUpstream();
  const commandOf = async ({ child }: CollectorProcess) =>
    (await run('ps', ['-ww', '-o', 'args=', '-p', String(child.pid)])).stdout;
  const limited = await spawnCollector(collectorEnv(upstream.url));
  expect(await commandOf(limited)).toMatch(/ --max-semi-space-size=4 .*cli\.[jt]s$/m);
  const own = ['--max_semi_space_size=16', ...COMMAND];
  const asGiven = await spawnCollector(collectorEnv(upstream.url), own);
  expect(await commandOf(asGiven)).not.toContain('--max-semi-space-size');
});

test('doctor says what is well and what is not, with what to do', async () => {
  await using upstream = await startUpstream();
  const env = collectorEnv(upstream.url);
  upstream.answer = () => ({ status: 400 });
  const well = await runVerb(env, ['doctor']);
  expect([well.code, well.stdout]).toEqual([
    0,
    `✔ folder: ${env.PROSORA_COLLECTOR_DATA_DIR} can be written; no collector runs with it.\n` +
      '✔ clock: It has not jumped since a collector looked at it.\n' +
      `✔ upstream: ${upstream.url} takes events for analytics_events with this token.\n` +
      '! site: It was not looked at. Set PROSORA_COLLECTOR_SITE_URL.\n',
  ]);
  upstream.answer = () => ({ status: 403 });
  const ill = await runVerb({ ...env, PROSORA_COLLECTOR_DATA_DIR: '/dev/null' }, ['doctor']);
  expect(ill.code).toBe(1);
  expect(ill.stdout).toMatch(/✘ folder: The folder .* cannot be written to\. Check /);
  expect(ill.stdout).toMatch(/✘ .* refuses the token .*\. Check TINYBIRD_TRACKER_TOKEN/);
});

test('a clock that jumped is told by doctor and status, until a person says that it is right', async () => {
  await using upstream = await startUpstream();
  const env = collectorEnv(upstream.url);
  upstream.answer = () => ({ status: 400 });
  const early = await runVerb(env, ['trust-clock']);
  expect([early.code, early.stdout]).toEqual([
    1,
    `No collector has looked at the clock in ${env.PROSORA_COLLECTOR_DATA_DIR} yet.\n`,
  ]);
  const file = join(env.PROSORA_COLLECTOR_DATA_DIR, 'clock.json');
  {
    const collector = await spawnCollector(env);
    await collector.end('SIGTERM');
  }
  const saved = JSON.parse(readFileSync(file, 'utf8'));
  // As if it had been a hundred days ahead a moment ago.
  const ahead = {
    anchorMs: saved.anchorMs - 100 * DAY_MS,
    steadyMs: saved.steadyMs - 100 * DAY_MS,
  };
  writeFileSync(file, JSON.stringify({ ...saved, ...ahead }));
  const collector = await spawnCollector(env);
  const port = new URL(collector.privateUrl).port;
  const running = { ...env, PROSORA_COLLECTOR_PRIVATE_PORT: port };
  const jumped = /The machine's clock jumped at .* and is 100 days ahead\./;
  const ill = await runVerb(running, ['doctor']);
  expect([ill.code, ill.stdout]).toEqual([1, expect.stringMatching(jumped)]);
  const status = await runVerb(running, ['status']);
  expect(status.stdout).toMatch(jumped);
  expect(status.stdout).toMatch(/^prosora_clock_step_seconds 86[34]\d{4}/m);
  expect((await runVerb(running, ['trust-clock'])).code).toBe(0);
  expect((await runVerb(running, ['doctor'])).stdout).not.toMatch(jumped);
});

test('mistakes are one sentence each and no stack', async () => {
  const missing = await runVerb({}, []);
  expect(missing.code).toBe(1);
  expect(missing.stderr).toContain('TINYBIRD_HOST is required.');
  expect(missing.stderr).not.toContain('    at ');
  const unknown = await runVerb({}, ['depoly']);
  expect([unknown.code, unknown.stderr]).toEqual([
    2,
    'prosora-collector has no verb "depoly". Did you mean "deploy"? `prosora-collector help` lists all.\n',
  ]);
});

test('a verb reads its own options alone, and says what came of it to a program with --json', async () => {
  // What only `serve` reads may be as wrong as it likes.
  const env = { PROSORA_COLLECTOR_DATA_DIR: freshDir(), PROSORA_COLLECTOR_TIMEZONE: 'Mars' };
  const dead = await runVerb(env, ['dead', '--json']);
  expect([dead.code, JSON.parse(dead.stdout)]).toEqual([0, []]);
  const trusted = await runVerb(env, ['trust-clock', '--json']);
  expect([trusted.code, JSON.parse(trusted.stdout)]).toEqual([1, { isHeard: false }]);
  const version = await runVerb({}, ['--version']);
  expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});
