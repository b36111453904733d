import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { bootWithAdapters, schedulePost } from '../fixtures/ghost-with-adapters.ts';
import { createProbe } from '../fixtures/probe.ts';
import { mountSmallDisk } from '../fixtures/small-disk.ts';

const hours = 3_600_000;

test('on a full disk, on a read-only one and without its file Ghost boots and says so, and keeps what it accepted', async (context) => {
  using disk = mountSmallDisk();
  if (disk === undefined) return context.skip('a disk of its own needs the right to mount (root)');
  const log = await mkdtemp(join(tmpdir(), 'jobs-probe-'));
  const file = join(disk.folder, 'jobs.db');
  const probe = await createProbe(join(log, 'lines'));
  disk.fill();
  await using site = await bootWithAdapters({ block: { file }, ...probe.options });
  const { ghost, admin } = site;
  const said = async () => await readFile(ghost.logFile, 'utf8');
  const isPublished = async (id: string) => {
    const [post] = await ghost.sql('SELECT status FROM posts WHERE id = ?', [id]);
    expect(post?.['status']).toBe('published');
  };
  const begun = async (times: number) =>
    expect((await probe.lines()).filter(([, what]) => what === 'begin')).toHaveLength(times);
  const slowly = { timeout: 60_000, interval: 200 };

  // Full at the boot: nothing is accepted, and what is due is published all the same.
  expect(await said()).toContain(`Jobs and schedules cannot be kept in ${file} (`);
  expect(await probe.dispatch('never', 0)).toBe('JOBS_NOT_READY');
  const fromMemory = await schedulePost(admin, 'On a full disk', 1);
  await vi.waitFor(() => isPublished(fromMemory), slowly);
  disk.free();
  await vi.waitFor(async () => expect(await probe.dispatch('one', hours)).toBe('accepted'), slowly);

  // Full while it runs.
  disk.fill();
  await vi.waitFor(
    async () => expect(await probe.dispatch('refused', 0)).toBe('STORE_UNAVAILABLE'),
    slowly,
  );
  disk.free();
  expect(await probe.dispatch('two', hours)).toBe('accepted');
  await vi.waitFor(() => begun(2), slowly);

  // Read-only while it runs, and at the boot.
  disk.becomeReadOnly();
  expect(await probe.dispatch('refused', 0)).toBe('STORE_UNAVAILABLE');
  const readOnly = await schedulePost(admin, 'On a read-only disk', 1);
  await vi.waitFor(() => isPublished(readOnly), slowly);
  await ghost.kill();
  const before = (await said()).length;
  await ghost.restart();
  expect((await said()).slice(before)).toContain(`Jobs and schedules cannot be kept in ${file} (`);
  expect(await probe.dispatch('never', 0)).toBe('JOBS_NOT_READY');
  await ghost.kill();
  disk.mend();

  // Deleted while it runs.
  await ghost.restart();
  await vi.waitFor(() => begun(4), slowly);
  for (const part of ['', '-wal', '-shm']) await rm(file + part);
  await vi.waitFor(async () => expect(await readFile(file)).toBeDefined(), slowly);
  expect(await said()).toContain('was deleted or replaced');
  await ghost.kill();
  await ghost.restart();
  await vi.waitFor(() => begun(6), slowly);
  const names = (await probe.lines()).map(([, , name]) => name);
  expect(names.sort()).toEqual(['one', 'one', 'one', 'two', 'two', 'two']);
  await rm(log, { recursive: true });
}, 300_000);
