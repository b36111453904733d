import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { partOf, type VolumePart } from '../../../src/backup/parts.ts';
import { noteHalfRestore } from '../../../src/restore/half-restore.ts';
import { putVolumes } from '../../../src/restore/put-volumes.ts';
import { placeIn } from '../../fixtures/place.ts';

/** Programs of which each start is a step: the whole of what runs in the container is killed before the one that is said. */
const STEPS = ['cp', 'find', 'ls', 'mkdir', 'mv', 'rm', 'rmdir'];
const STEP = `n=$(($(cat "$FOLDER/steps") + 1)); echo $n > "$FOLDER/steps"; [ $n != "$KILL_AT" ] || kill -9 0`;

/** In the place of `docker`: what runs in a container runs here, on folders for volumes. */
function startDocker(volumes: Record<string, string[]>) {
  const folder = mkdtempSync(join(tmpdir(), 'prosora-put-'));
  onTestFinished(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true });
  });
  const programs = join(folder, 'programs');
  mkdirSync(programs);
  const program = (name: string, text: string) =>
    writeFileSync(join(programs, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  for (const name of STEPS) program(name, `${STEP}; exec /usr/bin/${name} "$@"`);
  program(
    'restic',
    `${STEP}; echo half > restored; ${STEP}; echo whole > restored
/usr/bin/mkdir -p .backup; echo whole > .backup/store; echo Summary: restored.`,
  );
  program(
    'docker',
    `while [ "$1" != -c ]; do shift; done
script=$(printf '%s' "$2" | sed "s|/target/|$FOLDER/|"); shift 2
RESTIC=restic exec setsid sh -c "$script" "$@"`,
  );
  vi.stubEnv('PATH', `${programs}:${process.env['PATH']}`);
  vi.stubEnv('FOLDER', folder);
  for (const [name, files] of Object.entries(volumes)) {
    mkdirSync(join(folder, name));
    for (const file of files) writeFileSync(join(folder, name, file), 'what was there');
  }
  const killAt = (step: number) => {
    writeFileSync(join(folder, 'steps'), '0');
    vi.stubEnv('KILL_AT', String(step));
  };
  killAt(0);
  const files = (name: string) =>
    Object.fromEntries(
      readdirSync(join(folder, name), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
        .map((file) => [relative(join(folder, name), file), readFileSync(file, 'utf8').trim()]),
    );
  return { folder, killAt, files };
}

const RESTORED = { restored: 'whole', store: 'whole' };
const part: VolumePart = partOf('content');

const put = (dir: string) =>
  putVolumes(placeIn(dir), part, '4f1a', { aside: noteHalfRestore(dir, { run: 'one' }) });

test('wherever a restore is killed, the next ends it, and what was there stands beside', async () => {
  for (let step = 1, isKilled = true; isKilled; step += 1) {
    const { folder, killAt, files } = startDocker({ ghost_content: ['post.jpg'] });
    killAt(step);
    isKilled = await put(folder).then(
      () => false,
      () => true,
    );
    killAt(0);
    expect(await put(folder)).toEqual(['ghost_content']);
    expect({ step, ...files('ghost_content') }).toEqual({
      step,
      ...RESTORED,
      '.before-restore/post.jpg': 'what was there',
    });
    // Not a step was missed.
    if (!isKilled) expect(step).toBeGreaterThan(10);
  }
});

test('what was there is not thrown away by a container whose run is gone', async () => {
  const { folder, files } = startDocker({ ghost_content: ['post.jpg'] });
  const gone = {
    has: () => false,
    add() {
      throw new Error('The disk is full.');
    },
  };
  await expect(putVolumes(placeIn(folder), part, '4f1a', { aside: gone })).rejects.toThrow('full');
  await put(folder);
  expect(files('ghost_content')).toEqual({
    ...RESTORED,
    '.before-restore/post.jpg': 'what was there',
  });
});

test('of those that only empty ones are wanted of, one that a killed run began is empty', async () => {
  const secrets = { name: 'secrets', volumes: ['generated_secrets', 'caddy_data'] };
  for (let step = 1, isKilled = true; isKilled; step += 1) {
    const { folder, killAt, files } = startDocker({ generated_secrets: [], caddy_data: ['key'] });
    const putEmpty = () =>
      putVolumes(placeIn(folder), secrets, '4f1a', {
        onlyEmpty: true,
        aside: noteHalfRestore(folder, { run: 'one' }),
      });
    killAt(step);
    isKilled = await putEmpty().then(
      () => false,
      () => true,
    );
    killAt(0);
    await putEmpty();
    expect({ step, ...files('generated_secrets') }).toEqual({ step, ...RESTORED });
    expect(files('caddy_data')).toEqual({ key: 'what was there' });
  }
});

test('a volume that cannot be written is named', async () => {
  const { folder } = startDocker({});
  await expect(put(folder)).rejects.toMatchObject({
    code: 'RESTORE_FAILED',
    message: expect.stringContaining('ghost_content'),
  });
});

test('a full disk at its last step is told, and what was copied for it stays', async () => {
  const { folder, files } = startDocker({ ghost_content: [] });
  writeFileSync(join(folder, 'programs/cp'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
  await expect(put(folder)).rejects.toMatchObject({ code: 'RESTORE_FAILED' });
  expect(files('ghost_content')).toMatchObject({ '.backup/store': 'whole' });
});
