import { open, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, inject, onTestFinished, test, vi } from 'vitest';
import { type Disk, mountDisk, openRepository } from './own-repository.ts';
import { ensureOwner } from './people.ts';
import { prosora } from './prosora.ts';
import { compose, containerOf, docker, imageOf, sql } from './stack.ts';

const { dir, project } = inject('stack');
const CARE = path.join(dir, '.prosora/care');
const PASSWORD = path.join(CARE, 'backup-password');

let own: Awaited<ReturnType<typeof openRepository>>;
let disk: Disk;
beforeAll(async () => {
  own = await openRepository();
  disk = mountDisk(own.folder);
  process.env['BACKUP_REPOSITORY'] = own.folder;
  await ensureOwner();
  expect(await prosora(['backup', 'now'])).toMatchObject({ code: 0 });
});
afterAll(async () => {
  delete process.env['BACKUP_REPOSITORY'];
  disk[Symbol.dispose]();
  await own.remove();
});

interface Listed {
  run: string;
  snapshot: string;
  number: number;
  isProven: boolean;
  isDoubtful: boolean;
}
const listed = async (): Promise<Listed[]> =>
  JSON.parse((await prosora(['backup', 'list', '--json'])).stdout);
const well = async (...words: string[]) => {
  const { code, output } = await prosora(words);
  expect({ code, output }).toMatchObject({ code: 0 });
  return output;
};

/** Ends with 1, and says why. */
async function fails(running: ReturnType<typeof prosora>, reason: RegExp): Promise<void> {
  const { code, output } = await running;
  expect([code, output]).toEqual([1, expect.stringMatching(reason)]);
}
const backUp = () => prosora(['backup', 'now']);

/** Runs something as root in a container. */
const asRoot = (container: string, script: string) =>
  docker(['exec', '--user', '0:0', container, 'sh', '-c', script]);

/** `restic` on the repository, as the command has it. */
const resticWords = (...options: string[]) => [
  ...['run', '--user', '0:0', '--env', 'RESTIC_REPOSITORY=/repository', '--interactive'],
  ...['--env', 'RESTIC_PASSWORD_FILE=/password', '--volume', `${PASSWORD}:/password:ro`],
  ...['--volume', `${own.folder}:/repository`, ...options, imageOf('ops')],
  ...['restic', '--quiet', '--no-cache'],
];

test('a dump that is empty, cut short, or loses its database amid it, is no backup', async () => {
  const db = containerOf('db');
  const before = await listed();
  const dumpBy = (script: string) =>
    asRoot(
      db,
      `own=$(command -v mysqldump); [ -e "$own.own" ] || mv "$own" "$own.own"
      printf '#!/bin/sh\\n%s\\n' '${script}' >"$own"; chmod 755 "$own"`,
    );
  onTestFinished(async () => {
    await asRoot(db, 'own=$(command -v mysqldump) && mv "$own.own" "$own"');
    await docker(['exec', db, 'rm', '-f', '/tmp/begun']);
  });
  await dumpBy('exit 0');
  await fails(backUp(), /ended after 0 bytes, without its last line/);
  await dumpBy('"$0.own" "$@" 2>/dev/null | head -c 20000');
  await fails(backUp(), /ended after 20000 bytes, without its last line/);
  await dumpBy('"$0.own" "$@" | (head -c 20000; touch /tmp/begun; sleep 60)');
  const running = backUp();
  await vi.waitUntil(() => asRoot(db, '[ -e /tmp/begun ] && echo yes').catch(() => ''), {
    timeout: 60_000,
  });
  await compose(['kill', '--signal', 'KILL', 'db']);
  await compose(['up', '--detach', '--wait', '--no-recreate']);
  await fails(running, /dump/i);
  expect(await listed()).toEqual(before);
  expect((await prosora(['doctor'])).output).toMatch(/^✘ last backup: .*dump/m);
});

test('a place that is full, gone, goes midway, or has another password, is named as such', async () => {
  const before = await listed();
  disk.fill(100);
  await fails(backUp(), /no space left on device/);
  disk.fill(undefined);

  const right = await readFile(PASSWORD, 'utf8');
  await writeFile(PASSWORD, 'another one');
  await fails(backUp(), /The password of the backups is wrong/);
  await writeFile(PASSWORD, right);

  disk.unmount();
  await fails(backUp(), /Is its disk mounted\?/);
  disk.mount();

  const snapshots = async () => (await readdir(path.join(own.folder, 'snapshots'))).length;
  const count = await snapshots();
  const running = backUp();
  await vi.waitUntil(async () => (await snapshots()) > count, { interval: 50 });
  disk.unmount();
  await fails(running, /There is no repository of backups at that place/);
  disk.mount();
  expect(await listed()).toEqual(before);
});

test('the lock of a run elsewhere that died is told, and is no damage', async () => {
  const locks = () => readdir(path.join(own.folder, 'locks'));
  const name = `${project}-elsewhere`;
  const words = resticWords('--detach', '--rm', '--name', name, '--hostname', 'elsewhere');
  await docker([...words, 'backup', '--stdin', '--host', 'elsewhere']);
  await vi.waitUntil(async () => (await locks()).length > 0);
  await docker(['kill', name]);
  await fails(prosora(['backup', 'verify']), /Another run holds the repository/);
  await docker([...resticWords('--rm'), 'unlock', '--remove-all']);
});

test('a site of which half is missing is kept and doubted, what it replaces stays, and no tick hides it', async () => {
  const volume = `${project}_webhooks_data`;
  const inVolume = (script: string) =>
    docker([
      ...['run', '--rm', '--user', '0:0', '--volume', `${volume}:/data`, '--workdir', '/data'],
      ...[imageOf('ops'), 'sh', '-c', script],
    ]);
  const before = await listed();
  await compose(['stop', 'webhooks']);
  await inVolume('mkdir .away && mv inbox.db* .away');
  await fails(prosora(['backup', 'minutes']), /volume of webhooks has no store in it any more/);
  await sql(`CREATE TABLE settings_away AS SELECT * FROM settings;
    DELETE FROM settings WHERE \`key\` > 'c'`);
  await fails(backUp(), /settings fell from \d+ to \d+.*webhooks has no inbox\.db any more/);
  await sql(`INSERT INTO settings SELECT * FROM settings_away WHERE \`key\` > 'c';
    DROP TABLE settings_away`);
  await inVolume('mv .away/* . && rmdir .away');
  await compose(['start', 'webhooks']);
  await compose(['up', '--detach', '--wait', '--no-recreate']);
  const after = await listed();
  expect(after.slice(0, -1)).toEqual(before);
  expect(after.at(-1)).toMatchObject({ isDoubtful: true });
  const { stdout } = await prosora([
    'restore',
    '--into',
    'looked-at',
    '--only',
    'webhooks',
    '--json',
  ]);
  expect(JSON.parse(stdout)).toMatchObject({ run: before.at(-1)?.run });
});

test('damage and a clock that went back are told; a repair mends the one, and old backups stay for the other', async () => {
  // What a backup leaves that is taken while the clock is a month ahead.
  const first = (await listed())[0] as Listed;
  const later = new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 19).replace('T', ' ');
  const tags = [`run=${first.run}`, 'number=50', 'whole'].flatMap((tag) => ['--tag', tag]);
  const words = resticWords('--rm', '--entrypoint', 'sh').slice(0, -3);
  const ahead = ['--stdin', '--stdin-filename', '/manifest.json', '--time', later];
  await docker([
    ...words,
    '-c',
    `restic dump ${first.snapshot} /manifest.json >/tmp/manifest &&
    restic backup --quiet --host ${project} ${[...tags, ...ahead].map((word) => `'${word}'`).join(' ')} </tmp/manifest`,
  ]);

  const folder = path.join(own.folder, 'data');
  const packs = (await readdir(folder, { recursive: true })).filter((name) => name.length > 10);
  const sizes = await Promise.all(
    packs.map(async (name) => ({ name, size: (await stat(path.join(folder, name))).size })),
  );
  const [{ name, size } = { name: '', size: 0 }] = sizes.sort(
    (one, other) => other.size - one.size,
  );
  const pack = await open(path.join(folder, name), 'r+');
  await pack.write(Buffer.alloc(1_000), 0, 1_000, Math.floor(size / 2));
  await pack.close();
  await fails(prosora(['backup', 'verify']), /The backup is damaged/);
  const { output } = await prosora(['doctor']);
  expect(output).toMatch(/^✘ damage: .*prosora backup repair/m);
  expect(output).toMatch(/^! old backups: None goes\. The newest backup has suspiciously little/m);

  const before = await listed();
  const repaired = await well('backup', 'repair');
  expect(repaired).toContain('No old backup went. An earlier backup is of a later time');
  expect((await listed()).slice(0, -1)).toEqual(before);
  await well('backup', 'verify');
});

test('a drill whose Ghost does not start proves nothing, and charts are kept though the clock went back', async () => {
  const file = path.join(CARE, 'minutes.json');
  const minutes = JSON.parse(await readFile(file, 'utf8'));
  minutes.chartsAt = new Date(Date.now() + 30 * 86_400_000).toISOString();
  await writeFile(file, JSON.stringify(minutes));
  await sql('UPDATE migrations_lock SET locked = 1');
  const output = await well('backup', 'minutes');
  await sql('UPDATE migrations_lock SET locked = 0');
  expect(output).toContain('charts is kept.');
  await fails(prosora(['drill']), /^✔ minutes: .*✘ drill: .*is not proven\.$/ms);
  expect((await listed()).at(-1)).toMatchObject({ isProven: false });
  expect(await docker(['ps', '--all', '--quiet', '--filter', `name=${project}-drill`])).toBe('');
  await well('backup', 'minutes');
});
