import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, open, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { READ_ALL } from '../../src/backup/keep-volumes.ts';
import { snapshotsOf } from '../../src/repository/backups.ts';
import type { Place } from '../../src/repository/place.ts';
import { forgetUnreadable, takeOutDamage } from '../../src/repository/repair-repository.ts';
import { restic } from '../../src/repository/restic.ts';
import { placeIn } from '../fixtures/place.ts';

const LARGE = 1_500_000;

test('what is still there is brought back to older backups too, and what is nowhere is forgotten', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'prosora-repair-'));
  onTestFinished(() => rm(dir, { recursive: true }));
  const [url, data] = [join(dir, 'repository'), join(dir, 'data')];
  await Promise.all([url, data].map((folder) => mkdir(folder)));
  const passwordFile = join(dir, 'password');
  const place: Place = { ...placeIn(dir), url, passwordFile, sshFolder: '' };
  await writeFile(place.passwordFile, 'a password\n');
  await restic(place, ['init']);
  const keep = async (name: string) => {
    const words = [
      'backup',
      ...READ_ALL,
      '--host',
      'blog',
      '--tag',
      `run=${name}`,
      `/data/${name}`,
    ];
    await restic(place, words, { mounts: [`${data}:/data:ro`] });
  };
  for (const name of ['gone', 'stays']) {
    await writeFile(join(data, name), randomBytes(LARGE));
    await keep(name);
  }
  expect(await takeOutDamage(place)).toBe(false);
  const runs = async () => (await snapshotsOf(place)).map(({ tags }) => tags?.[0]);

  for (const name of await readdir(join(url, 'data'), { recursive: true })) {
    if (name.length < 10) continue;
    const pack = await open(join(url, 'data', name), 'r+');
    if ((await pack.stat()).size > LARGE)
      await pack.write(Buffer.alloc(60_000), 0, 60_000, 700_000);
    await pack.close();
  }
  expect(await takeOutDamage(place)).toBe(true);
  await keep('stays');
  expect(await forgetUnreadable(place)).toBe(1);
  expect(await runs()).toEqual(['run=stays', 'run=stays']);
  expect(await takeOutDamage(place)).toBe(false);
});
