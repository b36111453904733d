import { execFileSync } from 'node:child_process';
import fs, {
  appendFileSync,
  constants,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  truncateSync,
} from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterEach, expect, test, vi } from 'vitest';
import { readFrames } from '../../../src/spool/frame.ts';
import { openSpool } from '../../../src/spool/spool.ts';
import {
  collectorEnv,
  freshDir,
  metric,
  postHit,
  startTestCollector,
} from '../../fixtures/running-collector.ts';
import { startUpstream } from '../../fixtures/upstream.ts';

const MIB = 2 ** 20;
const mounts: string[] = [];
afterEach(() => {
  vi.restoreAllMocks();
  for (const mount of mounts.splice(0)) execFileSync('umount', [mount]);
});

const rowsIn = (folder: string) =>
  readdirSync(folder)
    .sort()
    .flatMap((name) => readFrames(readFileSync(join(folder, name))).frames)
    .map(({ row }) => row.toString());

/** Deleted files too, while they are open. */
const openFilesIn = (folder: string) =>
  readdirSync('/proc/self/fd')
    .map((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`);
      } catch {
        return '';
      }
    })
    .filter((file) => file.startsWith(folder));

test('while no write is under way the size of a segment is that of its file', async () => {
  const folder = freshDir();
  await using spool = await openSpool({ folder, maxBytes: 64 * MIB, segmentBytes: 64 * MIB });
  await spool.append('first');
  let behind = 0;
  for (let round = 0; round < 50; round += 1) {
    let isOver = false;
    const appended = spool.append('x'.repeat(MIB / 4)).finally(() => {
      isOver = true;
    });
    const inFile = () => statSync(spool.oldest()?.file ?? '').size;
    // Written and not yet known to be on disk: what a copy of the folder would have.
    while (!isOver && inFile() === spool.oldest()?.size) await setImmediate();
    if (inFile() !== spool.oldest()?.size) behind += 1;
    await spool.settled();
    expect(spool.oldest()?.size).toBe(inFile());
    await appended;
  }
  expect(behind).toBeGreaterThan(0);
});

test('a row is in the file when its append resolves, and many rows share one fsync', async () => {
  const folder = freshDir();
  const groups: number[] = [];
  const onFlush = (_tookMs: number, rows: number) => groups.push(rows);
  await using spool = await openSpool({ folder, maxBytes: MIB, onFlush });
  const rows = Array.from({ length: 200 }, (_, index) => JSON.stringify({ index }));
  await Promise.all(
    rows.map(async (row) => {
      await spool.append(row);
      expect(rowsIn(folder)).toContain(row);
    }),
  );
  expect(rowsIn(folder)).toEqual(rows);
  expect(groups.reduce((sum, size) => sum + size)).toBe(200);
  expect(groups.length).toBeLessThan(20);
});

/** What all open files share, so that a test can hold back or break what is done to any of them. */
async function fileHandles(): Promise<FileHandle> {
  await using handle = await open(process.execPath);
  return Object.getPrototypeOf(handle);
}

test('a hit is not answered before it is written to a file whose writes return from the disk', async () => {
  await using upstream = await startUpstream();
  const env = collectorEnv(upstream.url);
  await using collector = await startTestCollector(env);
  const disk = Promise.withResolvers<{ bytesWritten: number; buffer: string }>();
  const append = vi.spyOn(await fileHandles(), 'write').mockReturnValue(disk.promise);
  const answered = vi.fn();
  const answer = postHit(collector.url).then(answered);
  await vi.waitUntil(() => append.mock.calls.length === 1);
  const { fd } = append.mock.contexts[0] as FileHandle;
  const [, flags = ''] =
    /^flags:\s*(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8')) ?? [];
  expect(Number.parseInt(flags, 8) & constants.O_DSYNC).toBe(constants.O_DSYNC);
  // As long as the way of an answer, and longer.
  for (let times = 0; times < 3; times += 1) await fetch(`${collector.privateUrl}/livez`);
  expect(answered).not.toHaveBeenCalled();
  disk.resolve({ bytesWritten: MIB, buffer: '' });
  await answer;
  expect(answered).toHaveBeenCalledWith(expect.objectContaining({ status: 202 }));
});

test('a disk that takes nothing is not ready until it takes something, and left without empty segments and open files', async () => {
  const folder = freshDir();
  await using spool = await openSpool({ folder, maxBytes: MIB });
  const handles = await fileHandles();
  const append = vi.spyOn(handles, 'write').mockRejectedValue(new Error('ENOSPC'));
  for (let times = 0; times < 3; times += 1) {
    await expect(spool.append('"lost"')).rejects.toMatchObject({ code: 'SPOOL_UNAVAILABLE' });
  }
  expect([readdirSync(folder), spool.oldest()]).toEqual([[], undefined]);
  // It is asked by whoever sends no hits to what is not ready.
  for (let times = 0; times < 2; times += 1) {
    await expect(spool.check()).rejects.toMatchObject({ code: 'SPOOL_UNAVAILABLE' });
  }
  append.mockRestore();
  await spool.check();
  expect(readdirSync(folder)).toEqual([]);
  // The folder cannot be synced.
  const sync = vi.spyOn(fs, 'fsyncSync').mockImplementation(() => {
    throw new Error('EIO');
  });
  syncBuiltinESMExports();
  for (let times = 0; times < 5; times += 1) {
    await expect(spool.append('"lost"')).rejects.toMatchObject({ code: 'SPOOL_UNAVAILABLE' });
  }
  sync.mockRestore();
  syncBuiltinESMExports();
  expect([readdirSync(folder), openFilesIn(folder)]).toEqual([[], []]);
  await spool.append('"kept"');
  expect(rowsIn(folder)).toEqual(['"kept"']);
});

test('what a killed process left is kept, and new rows go to a new segment', async () => {
  const folder = freshDir();
  {
    await using spool = await openSpool({ folder, maxBytes: MIB });
    await spool.append('"old"');
  }
  const [left = ''] = readdirSync(folder);
  appendFileSync(join(folder, left), '0badc0de {"torn":');
  const before = readFileSync(join(folder, left));
  await using spool = await openSpool({ folder, maxBytes: MIB });
  await spool.append('"new"');
  expect(rowsIn(folder)).toEqual(['"old"', '"new"']);
  expect(readFileSync(join(folder, left))).toEqual(before);
  expect(spool.oldest()).toMatchObject({ isSealed: true, size: before.length });
});

test('a segment’s name never comes again, even if the folder was emptied', async () => {
  const folder = freshDir();
  const names = new Set<string | undefined>();
  for (let times = 0; times < 3; times += 1) {
    await using spool = await openSpool({ folder, maxBytes: MIB, lastOrder: 7 });
    await spool.append('1');
    names.add(spool.oldest()?.name);
    await spool.removeOldest();
    expect(readdirSync(folder)).toEqual([]);
  }
  expect([...names].map((name) => name?.slice(0, 11))).toEqual(Array(3).fill('0000000008-'));
  expect(names.size).toBe(3);
});

test('a full spool refuses rows and takes them again when some were sent', async () => {
  const folder = freshDir();
  await using spool = await openSpool({ folder, maxBytes: 2_000, segmentBytes: 1_000 });
  const row = JSON.stringify('x'.repeat(400));
  for (let times = 0; times < 5; times += 1) await spool.append(row);
  await expect(spool.append(row)).rejects.toMatchObject({ code: 'SPOOL_FULL', status: 503 });
  await expect(spool.check()).rejects.toThrow('too many hits wait');
  await spool.removeOldest();
  await spool.append(row);
});

test('hits for a full spool are answered 503 with Retry-After, and /readyz says so', async () => {
  await using upstream = await startUpstream();
  upstream.answer = () => ({ status: 503 });
  const env = collectorEnv(upstream.url);
  await using collector = await startTestCollector({
    ...env,
    PROSORA_COLLECTOR_MAX_SPOOL_BYTES: String(16 * MIB),
  });
  const href = `https://example.com/${'a'.repeat(4_000)}`;
  let accepted = 0;
  let refused: Response | undefined;
  while (!refused) {
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => postHit(collector.url, { href })),
    );
    accepted += answers.filter(({ status }) => status === 202).length;
    refused = answers.find(({ status }) => status !== 202);
  }
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '10']);
  expect((await fetch(`${collector.privateUrl}/readyz`)).status).toBe(503);
  expect(await metric(collector.privateUrl, 'prosora_hits_total{outcome="accepted"}')).toBe(
    accepted,
  );
});

const isRoot = process.getuid?.() === 0;
test.skipIf(!isRoot)(
  'a full disk answers 503 and loses nothing that was accepted (needs root, to mount one)',
  async (context) => {
    const folder = freshDir();
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder], { stdio: 'pipe' });
    } catch {
      return context.skip('a small disk cannot be mounted here');
    }
    mounts.push(folder);
    await using spool = await openSpool({ folder, maxBytes: 64 * MIB, segmentBytes: 200_000 });
    const accepted: string[] = [];
    const refusals: unknown[] = [];
    for (let index = 0; refusals.length < 3; index += 1) {
      const row = JSON.stringify({ index, filler: 'x'.repeat(10_000) });
      await spool.append(row).then(
        () => accepted.push(row),
        (error) => refusals.push(error.code),
      );
    }
    expect(refusals).toEqual(Array(3).fill('SPOOL_UNAVAILABLE'));
    expect(rowsIn(folder)).toEqual(accepted);
    // Asked again and again, as nobody sends hits to who is not ready.
    await expect(spool.check()).rejects.toMatchObject({ code: 'SPOOL_UNAVAILABLE' });
    await expect(spool.check()).rejects.toMatchObject({ code: 'SPOOL_UNAVAILABLE' });
    for (let times = 0; times < 3; times += 1) await spool.removeOldest();
    await spool.check();
    await spool.append('"after"');
    expect(rowsIn(folder)).toContain('"after"');
    expect(readdirSync(folder).filter((name) => !name.endsWith('.segment'))).toEqual([]);
  },
);

test('a segment that lost its end on disk is read as far as it goes', async () => {
  await using upstream = await startUpstream();
  upstream.answer = () => ({ status: 503 });
  const env = collectorEnv(upstream.url);
  {
    await using collector = await startTestCollector(env);
    for (const event_id of ['one', 'two']) await postHit(collector.url, { event_id });
  }
  const folder = join(env.PROSORA_COLLECTOR_DATA_DIR, 'spool');
  const [left = ''] = readdirSync(folder);
  truncateSync(join(folder, left), readFileSync(join(folder, left)).length - 10);
  upstream.answer = () => ({});
  await using collector = await startTestCollector(env);
  await postHit(collector.url, { event_id: 'three' });
  const ids = () => upstream.rows().map((row) => JSON.parse(row).payload.event_id);
  await expect.poll(ids, { timeout: 10_000 }).toEqual(['one', 'three']);
});
