import { execFileSync } from 'node:child_process';
import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, inject, test } from 'vitest';
import { isStoreUnavailable, openStore, type Store } from '../../src/index.ts';

const { soak } = inject('proof');
const rounds = soak ? 30 : 3;
const payload = new Uint8Array(3_000).fill(1);

/** A file system of its own that is soon full; undefined where mounting is not allowed. */
function mountSmallDisk(): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'prosora-durable-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', folder], { stdio: 'pipe' });
    return folder;
  } catch {
    rmSync(folder, { recursive: true });
    return undefined;
  }
}

function unmount(folder: string): void {
  // Lazily, or a store that a failed test left open would hide why it failed.
  execFileSync('umount', ['--lazy', folder]);
  rmSync(folder, { recursive: true });
}

/** Takes what is left of the disk but `spareBytes`. */
function fillUp(file: string, spareBytes: number): void {
  const handle = openSync(file, 'w');
  const chunk = new Uint8Array(4_096);
  const spare = openSync(`${file}.spare`, 'w');
  for (let written = 0; written < spareBytes; written += chunk.length) writeSync(spare, chunk);
  try {
    for (;;) writeSync(handle, chunk);
  } catch {
    fsyncSync(handle);
  }
  closeSync(handle);
  closeSync(spare);
  rmSync(`${file}.spare`);
}

/** Adds pairs of jobs in transactions of two, until the store refuses; returns the ids that were acknowledged. */
async function addUntilRefused(store: Store, prefix: string): Promise<string[]> {
  const acknowledged: string[] = [];
  for (let number = 0; number < 5_000; number += 8) {
    const pairs = Array.from({ length: 8 }, (_, index) => `${prefix}_${number + index}`);
    const outcomes = await Promise.allSettled(pairs.map((id) => addPair(store, id)));
    for (const [index, outcome] of outcomes.entries()) {
      if (outcome.status === 'fulfilled') acknowledged.push(pairs[index] ?? '');
      else expect(isStoreUnavailable(outcome.reason), String(outcome.reason)).toBe(true);
    }
    if (outcomes.some(({ status }) => status === 'rejected')) return acknowledged;
  }
  throw new Error('The disk was never full');
}

async function addPair(store: Store, id: string): Promise<void> {
  await store.transaction(async (tx) => {
    await store.queue('left').add(id, payload, { tx });
    await store.queue('right').add(id, payload, { tx });
  });
}

/** Meets the full disk in the middle of a transaction, and goes on as if nothing were. */
async function addCarelessly(store: Store): Promise<unknown> {
  const queue = store.queue('left');
  return store
    .transaction(async (tx) => {
      for (const id of ['huge_1', 'huge_2', 'huge_3', 'huge_4']) {
        await queue.add(id, new Uint8Array(8 * 2 ** 20), { tx }).catch(() => undefined);
      }
      await queue.add('half', payload, { tx }).catch(() => undefined);
    })
    .catch((error: unknown) => error);
}

test(`a disk that fills up ${rounds} times refuses as unavailable, keeps what it acknowledged, and nothing by half`, async (context) => {
  const folder = mountSmallDisk();
  if (folder === undefined)
    return context.skip('a full disk needs the right to mount a tmpfs (root)');
  try {
    const file = join(folder, 'full.db');
    const store = await openStore({ file });
    const acknowledged: string[] = [];
    for (let round = 0; round < rounds; round++) {
      fillUp(join(folder, 'filler'), 16_384 * (round % 8));
      acknowledged.push(...(await addUntilRefused(store, `full${round}`)));
      expect(isStoreUnavailable(await addCarelessly(store))).toBe(true);
      rmSync(join(folder, 'filler'));
      // It works again by itself, and what was refused can be sent again.
      await addPair(store, `after${round}`);
      acknowledged.push(`after${round}`);
    }
    await store.close();

    const database = new DatabaseSync(file);
    const idsOf = (queue: string) =>
      database
        .prepare('select id from job where queue = ? order by id')
        .all(queue)
        .map(({ id }) => id);
    expect(idsOf('left')).toEqual(acknowledged.toSorted());
    expect(idsOf('right')).toEqual(acknowledged.toSorted());
    expect(database.prepare('select count(large_payload) as rows from job_payload').get()).toEqual({
      rows: 2 * acknowledged.length,
    });
    expect(database.prepare('pragma integrity_check').get()).toEqual({ integrity_check: 'ok' });
    database.close();
  } finally {
    unmount(folder);
  }
});
