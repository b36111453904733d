import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { machineEnv, mountSmallDisk } from '@prosora/service/testing';
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';

import { docker } from '../../src/stack/compose.ts';

const KEEPER = join(import.meta.dirname, '../fixtures/keeper.ts');
const IMAGE = 'debian:sid-slim';
const LONG = 'line %.0f of a writer that does not care who reads it, eighty bytes long';
const FAST = { interval: 200 };
let project: string;

beforeEach(({ task }) => {
  project = `prosora-logs-${process.pid}-${task.id.replace(/\W/g, '')}`;
});

afterEach(async () => {
  const of = ['ps', '--all', '--quiet', '--filter', `label=com.docker.compose.project=${project}`];
  const ids = (await docker('/', of)).split('\n').filter(Boolean);
  if (ids.length > 0) await docker('/', ['rm', '--force', ...ids]);
});

test('every line is kept once, though the keeper is killed and hangs and the container is made anew', async () => {
  const folder = newFolder();
  await write('one', 'i=0; while sleep 0.01; do i=$((i+1)); echo "one $i"; done');
  for (let kill = 0; kill < 3; kill++) {
    const keeper = startKeeper(folder);
    await wait(1_500 + kill * 130);
    keeper.kill('SIGKILL');
  }
  const keeper = startKeeper(folder);
  keeper.kill('SIGSTOP');
  await wait(500);
  keeper.kill('SIGCONT');
  await expect.poll(() => lines(folder, 'one').length, FAST).toBeGreaterThan(300);
  await docker('/', ['stop', '--time', '0', nameOf('one')]);
  const said = (await docker('/', ['logs', nameOf('one')])).trim().split('\n');
  // Docker removes what it has with the container, also what a keeper that was behind is still reading.
  await expect.poll(() => lines(folder, 'one').length, FAST).toBe(said.length);
  await docker('/', ['rm', nameOf('one')]);
  await write('one', 'echo anew');
  await expect.poll(() => lines(folder, 'one'), FAST).toContain('anew');
  expect(lines(folder, 'one')).toEqual([...said, 'anew']);
});

test('what is written while no keeper is there is kept later, from all the files that Docker has', async () => {
  const folder = newFolder();
  const keeper = startKeeper(folder);
  await write('one', `echo first; sleep 3; seq -f '${LONG}' 100000; echo last; sleep 100`);
  await expect.poll(() => lines(folder, 'one'), FAST).toEqual(['first']);
  keeper.kill('SIGKILL');
  await vi.waitUntil(async () => (await docker('/', ['logs', nameOf('one')])).includes('last'));
  startKeeper(folder);
  await expect.poll(() => lines(folder, 'one').at(-1), FAST).toBe('last');
  expect(lines(folder, 'one')).toEqual(['first', ...longLines(100_000), 'last']);
});

test('while its disk is full containers start, write and end, and all is kept once there is room', async ({
  skip,
}) => {
  using disk = mountSmallDisk(32);
  if (!disk) return skip();
  const { folder } = disk;
  const keeper = startKeeper(folder);
  await write('one', `echo first; sleep 2; seq -f '${LONG}' 60000`);
  await expect.poll(() => lines(folder, 'one'), FAST).toEqual(['first']);
  disk.fill();
  expect((await docker('/', ['wait', nameOf('one')])).trim()).toBe('0');
  await write('another', 'echo another');
  expect((await docker('/', ['wait', nameOf('another')])).trim()).toBe('0');
  await expect.poll(() => keeper.said(), FAST).toContain('"event":"logs.failing"');
  disk.clear();
  await expect.poll(() => lines(folder, 'another'), FAST).toEqual(['another']);
  await expect.poll(() => lines(folder, 'one').length, FAST).toBe(60_001);
  expect(lines(folder, 'one')).toEqual(['first', ...longLines(60_000)]);
  expect(keeper.said()).toContain('"event":"logs.kept"');
});

test('while it hangs containers start, write and end', async () => {
  const folder = newFolder();
  const keeper = startKeeper(folder);
  await write('one', `echo first; sleep 2; seq -f '${LONG}' 400000`);
  await expect.poll(() => lines(folder, 'one'), FAST).toEqual(['first']);
  keeper.kill('SIGSTOP');
  expect((await docker('/', ['wait', nameOf('one')])).trim()).toBe('0');
  await write('another', 'echo another');
  expect((await docker('/', ['wait', nameOf('another')])).trim()).toBe('0');
});

test('no secret is kept, no whole address and of nobody’s mail more than its host', async () => {
  const folder = newFolder();
  startKeeper(folder);
  const said =
    'a-secret-of-the-stack re_1234567 of jane@example.com from 203.0.113.9 and 2001:db8:1:2::3';
  await write('one', `echo '${said}'`);
  await expect
    .poll(() => lines(folder, 'one'), FAST)
    .toEqual(['[redacted] [redacted] of ***@example.com from 203.0.113.0 and 2001:db8:1::']);
});

test('a line of any length is one line, cut far beyond what any service writes', async () => {
  const folder = newFolder();
  startKeeper(folder);
  await write(
    'one',
    'for n in 40000 900000; do head -c $n /dev/zero | tr "\\0" x; echo; done; echo next',
  );
  await expect.poll(() => lines(folder, 'one').at(-1), FAST).toBe('next');
  const [long = '', longer = ''] = lines(folder, 'one');
  expect(long).toBe('x'.repeat(40_000));
  expect(longer.length).toBe(65_536);
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'prosora-logs-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

const nameOf = (service: string): string => `${project}-${service}`;

/** Runs a shell's script as a service of the project. */
function write(service: string, script: string): Promise<string> {
  const labels = { project, service, oneoff: 'False' };
  return docker('/', [
    ...['run', '--detach', '--name', nameOf(service), '--network', 'none'],
    ...Object.entries(labels).flatMap(([key, value]) => [
      '--label',
      `com.docker.compose.${key}=${value}`,
    ]),
    ...['--log-driver', 'json-file', '--log-opt', 'max-size=10m', '--log-opt', 'max-file=3'],
    ...[IMAGE, 'sh', '-c', script],
  ]);
}

const longLines = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => LONG.replace('%.0f', String(index + 1)));

function startKeeper(folder: string) {
  const words = ['--conditions=@prosora/source', KEEPER, project, folder];
  const child = spawn(process.execPath, words, {
    env: machineEnv(),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let said = '';
  child.stdout.on('data', (chunk) => {
    said += chunk;
  });
  return { kill: (signal: NodeJS.Signals) => child.kill(signal), said: () => said };
}

/** Without their times. */
function lines(folder: string, service: string): string[] {
  const read = `cat ${service}/*.log 2>/dev/null | cut -d ' ' -f 2-`;
  return String(execFileSync('sh', ['-c', read], { cwd: folder, maxBuffer: 1e9 }))
    .trim()
    .split('\n');
}
