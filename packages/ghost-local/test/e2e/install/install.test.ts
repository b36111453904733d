import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { GHOST_VERSION, installGhost } from '../../../src/index.ts';

test('an installed Ghost is found without a word and without a network', async () => {
  await installGhost();
  const lines: string[] = [];
  const install = await installGhost({ onProgress: (line) => lines.push(line) });
  expect(lines).toEqual([]);
  expect(install.version).toBe(GHOST_VERSION);

  const given = await installGhost({ ghostDir: install.dir });
  expect(given).toEqual(install);
});

test('a folder without a Ghost is refused by name', async () => {
  const ghostDir = await mkdtemp(join(tmpdir(), 'no-ghost-'));
  onTestFinished(() => rm(ghostDir, { recursive: true }));
  await writeFile(join(ghostDir, 'package.json'), '{"name":"goblin","version":"1.0.0"}');
  await expect(installGhost({ ghostDir })).rejects.toMatchObject({
    code: 'GHOST_DIR_INVALID',
    message: `There is no Ghost in ${ghostDir}.`,
  });
});
