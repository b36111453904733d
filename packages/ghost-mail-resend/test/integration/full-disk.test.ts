import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { membersOf, newsletterForm, post, startMailLab } from '../fixtures/bridge-with-resend.ts';

/** A file system of its own that is soon full; undefined where mounting is not allowed. */
function mountSmallDisk(): (Disposable & { folder: string }) | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'mail-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', folder], { stdio: 'pipe' });
  } catch {
    rmSync(folder, { recursive: true });
    return undefined;
  }
  return {
    folder,
    [Symbol.dispose]() {
      execFileSync('umount', ['--lazy', folder]);
      rmSync(folder, { recursive: true });
    },
  };
}

test('readiness tells of a full disk after the first mail that was refused, and of the room that is made', async (context) => {
  using disk = mountSmallDisk();
  if (disk === undefined) return context.skip('a full disk needs the right to mount (root)');
  await using lab = await startMailLab({ place: { dataDir: join(disk.folder, 'mail') } });
  const ready = async () => {
    const response = await fetch(`${lab.bridge.privateUrl}/readyz`);
    return { status: response.status, text: await response.text() };
  };
  const send = async (id: string, name: string) => {
    const members = membersOf(500).map((member) => `${id}-${member}`);
    const variables = Object.fromEntries(members.map((member) => [member, { name }]));
    const parts = { 'v:email-id': id, 'recipient-variables': JSON.stringify(variables) };
    return (await post(lab, newsletterForm(members, parts))).status;
  };
  expect(await ready()).toEqual({ status: 200, text: 'ok\n' });

  const filler = join(disk.folder, 'filler');
  try {
    writeFileSync(filler, Buffer.alloc(16 * 1024 * 1024));
  } catch {
    // It is full, which was the purpose.
  }
  // Of members with as much to be filled in as the disk has not.
  expect(await send('refused', 'x'.repeat(4_000))).toBe(503);
  for (const _later of [1, 2, 3]) {
    expect(await ready()).toMatchObject({
      status: 503,
      text: expect.stringMatching(/^writing: the last write failed.*is the disk full\?/),
    });
  }

  rmSync(filler);
  expect(await ready()).toEqual({ status: 200, text: 'ok\n' });
  expect(await send('taken', 'x')).toBe(200);
});
