import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { partOf, placeOf } from '../../src/backup/parts.ts';
import type { Place } from '../../src/repository/place.ts';
import { keptIn, restic } from '../../src/repository/restic.ts';
import { forgetHalfRestore, noteHalfRestore } from '../../src/restore/half-restore.ts';
import { putVolumes } from '../../src/restore/put-volumes.ts';
import { docker } from '../../src/stack/compose.ts';
import { placeIn } from '../fixtures/place.ts';

const VOLUME = 'prosora-put-volumes';
const KEY = 'ghost_content';

test('what was there stands beside until a restore that ended, though others were killed before', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'prosora-put-'));
  onTestFinished(async () => {
    await docker(dir, ['volume', 'rm', '--force', VOLUME]);
    await rm(dir, { recursive: true });
  });
  const [url, data] = [join(dir, 'repository'), join(dir, 'data')];
  await Promise.all([url, data].map((folder) => mkdir(folder)));
  const place: Place = {
    ...placeIn(dir),
    ...{ url, passwordFile: join(dir, 'password'), sshFolder: '', volumes: { [KEY]: VOLUME } },
  };
  await writeFile(place.passwordFile, 'a password\n');
  await writeFile(join(data, 'restored'), '');
  await restic(place, ['init']);
  const at = placeOf('content', KEY);
  const printed = await restic(place, ['backup', '--json', at], { mounts: [`${data}:${at}:ro`] });
  const { snapshot } = keptIn(printed);
  const inVolume = (script: string) => {
    const run = ['run', '--rm', '--user', '0:0', '--volume', `${VOLUME}:/volume`];
    return docker(dir, [...run, '--workdir', '/volume', place.image, 'sh', '-c', script]);
  };
  const files = async () => (await inVolume('find . -type f | sort')).trim().split('\n');
  const put = (run: string) =>
    putVolumes(place, partOf('content'), snapshot, { aside: noteHalfRestore(dir, { run }) });

  await inVolume('touch before');
  await put('one');
  await put('another');
  expect(await files()).toEqual(['./.before-restore/before', './restored']);
  forgetHalfRestore(dir);
  await put('one');
  expect(await files()).toEqual(['./.before-restore/restored', './restored']);
});
