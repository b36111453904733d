import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  type AdminClient,
  bootGhost,
  createAdminClient,
  type RunningGhost,
} from '@prosora/ghost-local';
import { type Sandbox, startSandbox } from '@prosora/sandbox';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { packAdapter } from '../fixtures/packed-adapter.ts';
import { picture, sound } from '../fixtures/test-site.ts';

/** The last of its line. Its sqlite3 is compiled at install, so it runs on MariaDB here. */
const VERSION = '5.130.6';
const INSTALL = join(import.meta.dirname, '../../../../.prosora', `ghost-${VERSION}`);
const NAME = '@prosora/ghost-storage-cloudinary';
const MARIADBD = '/usr/sbin/mariadbd';
const INSTALL_DB = '/usr/bin/mariadb-install-db';
const run = promisify(execFile);

let folder: string;
let sandbox: Sandbox;
let ghost: RunningGhost;
let admin: AdminClient;
let stopDatabase = async () => {};

/** From npm, as a user has it: no development dependencies and no install scripts. */
async function installGhost5(): Promise<void> {
  if (existsSync(INSTALL)) return;
  const workshop = await mkdtemp(join(tmpdir(), 'ghost-5-'));
  await run('npm', ['pack', `ghost@${VERSION}`, '--loglevel=error'], { cwd: workshop });
  await run('tar', ['-xzf', `ghost-${VERSION}.tgz`], { cwd: workshop });
  const dir = join(workshop, 'package');
  const manifest = JSON.parse(await readFile(join(dir, 'package.json'), 'utf8'));
  // One of them comes from GitHub, and npm asks for it even when it leaves them out.
  await writeFile(join(dir, 'package.json'), JSON.stringify({ ...manifest, devDependencies: {} }));
  const flags = ['--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund', '--legacy-peer-deps'];
  await run('npm', ['install', ...flags, '--loglevel=error'], { cwd: dir });
  await rename(dir, INSTALL);
  await rm(workshop, { recursive: true, force: true });
}

async function startMariadb(): Promise<string> {
  const data = ['--no-defaults', `--datadir=${join(folder, 'database')}`, '--user=root'];
  execFileSync(INSTALL_DB, [...data, '--skip-test-db'], { stdio: 'ignore' });
  const socketPath = join(folder, 'mariadb.sock');
  const flags = [`--socket=${socketPath}`, '--skip-networking', '--skip-grant-tables'];
  const server = spawn(MARIADBD, [...data, ...flags], { stdio: 'ignore' });
  stopDatabase = async () => {
    server.kill();
    if (server.exitCode === null) await once(server, 'exit');
  };
  await vi.waitUntil(() => existsSync(socketPath), { timeout: 30_000 });
  return socketPath;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ghost-5-site-'));
  sandbox = await startSandbox({ port: 0, dataDir: join(folder, 'sandbox') });
  await installGhost5();
  const socketPath = await startMariadb();
  const adapter = join(folder, 'site/content/adapters/storage', NAME);
  await mkdir(adapter, { recursive: true });
  const packed = await packAdapter();
  await cp(packed, adapter, { recursive: true });
  const { cloudName, apiKey, apiSecret, url } = sandbox.cloudinary;
  const account = { cloudName, apiKey, apiSecret, uploadPrefix: url, secureDistribution: url };
  ghost = await bootGhost({
    install: { version: VERSION, dir: INSTALL },
    dir: join(folder, 'site'),
    mysql: { socketPath, user: 'root', password: '', database: 'ghost' },
    config: {
      storage: {
        active: NAME,
        [NAME]: account,
        media: { adapter: NAME, store: 'media' },
        files: { adapter: NAME, store: 'files' },
      },
    },
  });
  admin = createAdminClient(ghost);
  await admin.setup();
}, 900_000);
afterAll(async () => {
  await ghost?.[Symbol.asyncDispose]();
  await stopDatabase();
  await sandbox?.close();
  await rm(folder, { recursive: true, force: true });
});

test(`Ghost ${VERSION} stores an image and shows it in every size`, async () => {
  const bytes = new Uint8Array(await picture(3, 2400, 1600));
  const { url } = await admin.images.upload({ name: 'cat.png', bytes });
  for (const [size, width] of [
    ['size/w600/', 600],
    ['size/w1000/format/webp/', 1000],
  ] as const) {
    const response = await fetch(url.replace('/images/', `/images/${size}`));
    expect(response.url).toContain('/image/upload/c_limit,');
    expect((await sharp(await response.arrayBuffer()).metadata()).width).toBe(width);
  }
});

test('and media and files', async () => {
  const clip = sound(3000);
  const media = await admin.media.upload({ name: 'a.wav', bytes: new Uint8Array(clip) });
  const file = await admin.files.upload({
    name: 'a.pdf',
    bytes: new Uint8Array(Buffer.from('%PDF-1.7')),
  });
  expect(Buffer.from(await (await fetch(media.url)).arrayBuffer())).toEqual(clip);
  expect(await (await fetch(file.url)).text()).toBe('%PDF-1.7');
});
