import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { HIT_COUNTS, pageHits } from '../fixtures/hits.ts';
import { startTestEngine } from '../fixtures/test-engine.ts';

/** A file system of its own that is soon full; undefined where mounting is not allowed. */
function mountSmallDisk(): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'prosora-engine-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=60m', 'tmpfs', folder], { stdio: 'pipe' });
    return folder;
  } catch {
    rmSync(folder, { recursive: true });
    return undefined;
  }
}

/** Takes all that is left. */
function fillUp(file: string): void {
  const handle = openSync(file, 'w');
  for (const size of [1_048_576, 4_096, 1]) {
    try {
      for (;;) writeSync(handle, new Uint8Array(size));
    } catch {
      // Full for this size.
    }
  }
  closeSync(handle);
}

test('on a full disk batches are refused with 503 and the engine is not ready, charts go on, and nothing counts by half', async (context) => {
  const disk = mountSmallDisk();
  if (!disk) return context.skip('a full disk needs the right to mount a tmpfs (root)');
  try {
    await using engine = await startTestEngine({ PROSORA_ENGINE_DATA_DIR: join(disk, 'data') });
    const send = (from: number, to: number) =>
      engine.send('analytics_events', pageHits(from, to), { 'prosora-batch': `full:${from}` });
    const counts = () => Promise.all(Object.values(HIT_COUNTS).map((sql) => engine.count(sql)));
    await send(0, 300);
    const readiness = async () => {
      const answer = await fetch(`${engine.privateUrl}/readyz`);
      return [answer.status, await answer.text()];
    };
    expect(await readiness()).toEqual([200, 'ok\n']);
    const { pid } = engine.database;

    fillUp(join(disk, 'ballast'));
    expect(await readiness()).toEqual([503, expect.stringMatching(/^batches: 0 MB free/)]);
    const refused = await send(300, 600);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
    expect(await readiness()).toEqual([503, expect.stringMatching(/^batches: the last batch was/)]);
    expect((await engine.ask('api_kpis', 'site_uuid=site-a')).status).toBe(200);
    await expect(engine.care.backup()).rejects.toThrow();
    expect(engine.database.pid).toBe(pid);

    rmSync(join(disk, 'ballast'));
    expect((await send(300, 600)).status).toBe(200);
    expect(await readiness()).toEqual([200, 'ok\n']);
    expect(await counts()).toEqual([600, 600, 600, 600]);
  } finally {
    execFileSync('umount', ['--lazy', disk]);
    rmSync(disk, { recursive: true });
  }
});
