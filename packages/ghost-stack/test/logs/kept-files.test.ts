import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { type KeptLine, openKeptFiles } from '../../src/logs/kept-files.ts';

const MUCH = { days: 30, bytes: 1_000_000 };
const DAY = '2026-11-30';
const DURING = new Date(`${DAY}T12:00:00Z`);
const AFTER = new Date('2026-12-01T00:00:01Z');

test('a line is kept with its time, in a file of its service and day', async () => {
  const folder = newFolder();
  const kept = await openKeptFiles(folder, MUCH);
  await kept.add([lineOf('mail', '08:00:01', 'one'), lineOf('caddy', '08:00:02', 'another')]);
  await kept.add([lineOf('mail', '08:00:03', 'two')]);
  expect(textOf(folder, `mail/${DAY}.1.log`)).toBe(`${DAY}T08:00:01Z one\n${DAY}T08:00:03Z two\n`);
  expect(textOf(folder, `caddy/${DAY}.1.log`)).toBe(`${DAY}T08:00:02Z another\n`);
});

test('where a power cut made it unreadable what is sure, lines are kept from the beginning again', async () => {
  const folder = newFolder();
  await (await openKeptFiles(folder, MUCH)).add([lineOf('mail', '08:00:01', 'one')]);
  writeFileSync(join(folder, 'state.json'), '\0'.repeat(64));
  const next = await openKeptFiles(folder, MUCH);
  expect(next.since('of mail')).toBeUndefined();
  await next.add([lineOf('mail', '08:00:01', 'one')]);
  expect(textOf(folder, `mail/${DAY}.1.log`)).toBe(`${DAY}T08:00:01Z one\n`);
});

test('who was killed while it wrote goes on after the last line that was sure', async () => {
  const folder = newFolder();
  const kept = await openKeptFiles(folder, MUCH);
  await kept.add([lineOf('mail', '08:00:01', 'one'), lineOf('mail', '08:00:02', 'two')]);
  appendFileSync(join(folder, `mail/${DAY}.1.log`), `${DAY}T08:00:03Z thr`);
  appendFileSync(join(folder, `mail/${DAY}.2.log`), `${DAY}T08:00:03Z three\n`);

  const next = await openKeptFiles(folder, MUCH);
  expect(next.since('of mail')).toBe(`${DAY}T08:00:01Z`);
  expect(next.has('of mail', `${DAY}T08:00:02Z`)).toBe(true);
  expect(next.has('of mail', `${DAY}T08:00:03Z`)).toBe(false);
  await next.add([lineOf('mail', '08:00:03', 'three')]);
  expect(readdirSync(join(folder, 'mail'))).toEqual([`${DAY}.1.log`]);
  expect(textOf(folder, `mail/${DAY}.1.log`).split('\n')).toEqual([
    ...['08:00:01Z one', '08:00:02Z two', '08:00:03Z three'].map((text) => `${DAY}T${text}`),
    '',
  ]);
});

test('a day that is over is packed for zgrep, and what comes of it later has a file beside', async () => {
  const folder = newFolder();
  const kept = await openKeptFiles(folder, MUCH);
  await kept.add([lineOf('mail', '23:59:58', 'the first')]);
  await kept.care(DURING);
  expect(readdirSync(join(folder, 'mail'))).toEqual([`${DAY}.1.log`]);
  await kept.care(AFTER);
  await kept.add([lineOf('mail', '23:59:59', 'the second')]);
  expect(readdirSync(join(folder, 'mail')).sort()).toEqual([`${DAY}.1.log.gz`, `${DAY}.2.log`]);
  const found = execFileSync('sh', ['-c', `zgrep -h the mail/${DAY}*`], { cwd: folder });
  expect(String(found)).toBe(`${DAY}T23:59:58Z the first\n${DAY}T23:59:59Z the second\n`);
});

test('who was killed while it packed leaves nothing doubled', async () => {
  const folder = newFolder();
  const kept = await openKeptFiles(folder, MUCH);
  await kept.add([lineOf('mail', '08:00:01', 'one')]);
  const [plain, state] = [join(folder, `mail/${DAY}.1.log`), join(folder, 'state.json')];
  copyFileSync(plain, `${plain}.before`);
  copyFileSync(state, `${state}.before`);
  await kept.care(AFTER);
  const files = () => readdirSync(join(folder, 'mail')).filter((name) => !name.endsWith('before'));
  copyFileSync(`${plain}.before`, plain);
  await openKeptFiles(folder, MUCH);
  expect(files()).toEqual([`${DAY}.1.log.gz`]);

  copyFileSync(`${plain}.before`, plain);
  copyFileSync(`${state}.before`, state);
  const next = await openKeptFiles(folder, MUCH);
  await next.add([lineOf('mail', '08:00:02', 'two')]);
  await next.care(AFTER);
  expect(files()).toEqual([`${DAY}.1.log.gz`]);
  const found = gunzipSync(readFileSync(`${plain}.gz`));
  expect(String(found)).toBe(`${DAY}T08:00:01Z one\n${DAY}T08:00:02Z two\n`);
});

test('what is older than its days goes', async () => {
  const folder = newFolder();
  const kept = await openKeptFiles(folder, { ...MUCH, days: 2 });
  await kept.add([lineOf('mail', '08:00:01', 'one')]);
  await kept.care(new Date('2026-12-02T23:59:59Z'));
  expect(await kept.look()).toMatchObject({ oldest: DAY });
  await kept.care(new Date('2026-12-03T00:00:01Z'));
  expect(await kept.look()).toEqual({ bytes: 0, oldest: undefined });
});

test('where there is no more room the service with the most loses its oldest', async () => {
  const folder = newFolder();
  const kept = await openKeptFiles(folder, { days: 30, bytes: 3_200 });
  await kept.add([lineOf('mail', '08:00:00', 'early')]);
  for (let second = 10; second < 60; second++) {
    await kept.add([lineOf('caddy', `08:00:${second}`, 'x'.repeat(100))]);
  }
  await kept.care(DURING);
  expect((await kept.look()).bytes).toBeLessThanOrEqual(3_200);
  expect(readdirSync(join(folder, 'mail'))).toEqual([`${DAY}.1.log`]);
  const left = execFileSync('sh', ['-c', `zgrep -ho '08:00:..' caddy/*`], { cwd: folder });
  const seconds = String(left).trim().split('\n').sort();
  expect(seconds.at(-1)).toBe('08:00:59');
  expect(seconds[0]).not.toBe('08:00:10');
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'prosora-kept-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

const lineOf = (service: string, time: string, text: string): KeptLine => ({
  ...{ id: `of ${service}`, service, time: `${DAY}T${time}Z`, text },
});

const textOf = (folder: string, path: string): string => readFileSync(join(folder, path), 'utf8');
