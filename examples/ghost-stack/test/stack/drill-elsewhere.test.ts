import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { openRepository } from './own-repository.ts';
import { ensureOwner } from './people.ts';
import { prosora, prosoraHeard, stackUnderTest } from './prosora.ts';
import { type SshHost, startSshHost } from './ssh-host.ts';
import { docker, ROOT } from './stack.ts';

const run = promisify(execFile);
const CARE = path.join(inject('stack').dir, '.prosora/care');
/** What restic is to know, and the key of a vendor. */
const OF_BACKUPS = 'of-the-place-of-backups';
const OF_VENDOR = 'whsec_of-a-vendor';

let own: Awaited<ReturnType<typeof openRepository>>;
let host: SshHost;
let env: Record<string, string>;
beforeAll(async () => {
  own = await openRepository();
  host = await startSshHost();
  env = {
    BACKUP_REPOSITORY: `sftp:${host.address.slice(4)}/${own.folder}`,
    BACKUP_SSH_FOLDER: host.sshFolder,
    RESTIC_REST_PASSWORD: OF_BACKUPS,
    STRIPE_WEBHOOK_SECRET: OF_VENDOR,
  };
  await ensureOwner();
  expect(await prosora(['backup', 'now'], env)).toMatchObject({ code: 0 });
});
afterAll(async () => {
  await host[Symbol.asyncDispose]();
  await own.remove();
});

const inCare = (name: string): Promise<string> => readFile(path.join(CARE, name), 'utf8');
const notes = async () => JSON.parse(await inCare('backups.json'));

test('with little memory the database alone is restored, which proves no backup', async () => {
  const small = path.join(host.home, 'small');
  await mkdir(small);
  const script = `#!/bin/sh
    case "$*" in *meminfo) echo "MemAvailable: 409600 kB" ;; *) PATH=\${PATH#*:} exec docker "$@" ;; esac`;
  await writeFile(path.join(small, 'docker'), script, { mode: 0o755 });
  const { dir, env: own } = stackUnderTest(env);
  const found = { ...process.env, ...own, PATH: `${small}:${process.env['PATH']}` };
  const cli = path.join(ROOT, 'packages/ghost-stack/src/cli.ts');
  const words = ['--conditions=@prosora/source', cli, 'drill'];
  const drill = () => run(process.execPath, words, { cwd: dir, env: found });
  const { stdout } = await drill();
  expect(stdout.trim().split('\n')).toEqual([
    expect.stringMatching(
      /^! memory: 400 MB are free .* the database alone is restored\. .*--on ssh:/,
    ),
    expect.stringMatching(/^✔ database: It has all of its \d+ rows\.$/),
    expect.stringMatching(/ is not proven: its database alone was restored\.$/),
  ]);
  const { newest, proven, databaseProven } = await notes();
  expect([proven, databaseProven?.run]).toEqual([undefined, newest.run]);
  // Nor does it say that what failed before is well again.
  const drillFailure = 'Its page is not there.';
  await writeFile(
    path.join(CARE, 'backups.json'),
    JSON.stringify({ ...(await notes()), drillFailure }),
  );
  await expect(drill()).rejects.toMatchObject({
    code: 1,
    stdout: expect.stringContaining(`✘ last drill: ${drillFailure}`),
  });
  expect(await notes()).toMatchObject({ drillFailure });
});

test('on another machine all of it is, and neither a secret is seen nor anything left there', async () => {
  const password = (await inCare('backup-password')).trim();
  const heard: string[] = [];
  const there = { mode: 0, env: '', files: [''] };
  const drill = prosoraHeard(['drill', '--on', host.address], env, (line) => heard.push(line));
  let ended = false;
  const over = drill.finally(() => {
    ended = true;
  });
  for (; !ended; await delay(200)) {
    const { stdout } = await run('ps', ['-eo', 'args'], { maxBuffer: 2 ** 26 });
    expect(stdout).not.toMatch(new RegExp(`${password}|${OF_BACKUPS}`));
    const [name = ''] = (await readdir(host.home)).filter((each) => each.startsWith('prosora-'));
    const folder = path.join(host.home, name);
    if (!name || heard.length > 1) continue;
    there.mode = (await stat(folder)).mode & 0o777;
    there.files = await readdir(folder);
    there.env = await readFile(path.join(folder, '.env'), 'utf8').catch(() => '');
  }
  const { code, output } = await over;
  expect({ code, output }).toMatchObject({ code: 0 });
  expect(heard).toContain('✔ newest post: Its page is there.');
  expect(heard.at(-1)).toMatch(/ is proven\.$/);
  expect(there.mode).toBe(0o700);
  expect(there.files).not.toContain('.git');
  expect(there.env).toContain('DOMAIN=drill.invalid');
  expect(there.env).not.toContain(OF_VENDOR);
  const { newest, proven, databaseProven } = await notes();
  expect([proven?.run, databaseProven]).toEqual([newest.run, undefined]);
  const { stdout } = await prosora(['backup', 'list', '--json'], env);
  expect(JSON.parse(stdout)).toMatchObject([{ run: newest.run, isProven: true }]);
  // Docker's own client has left its own.
  expect((await readdir(host.home)).sort()).toEqual(['.docker', '.ssh', 'small']);
  const owner = (await inCare('backup-owner')).replace('prosora-', '');
  const left = [['ps', '--all'], ['volume', 'ls'], ['network', 'ls'], ['images']];
  for (const words of left) expect(await docker(words)).not.toContain(owner);
});
