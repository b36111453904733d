import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  type AdminClient,
  bootGhost,
  createAdminClient,
  image,
  installGhost,
  lexicalDocument,
  type RunningGhost,
} from '@prosora/ghost-local';
import { type Sandbox, startSandbox } from '@prosora/sandbox';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PACKED_NAME as NAME, packAdapter } from '../fixtures/packed-adapter.ts';
import { picture } from '../fixtures/test-site.ts';

// Follows docs/moving-from-eexit.md from its first step to its last.
const EEXIT = 'ghost-storage-cloudinary';
const EEXIT_VERSION = '3.0.2';

let folder: string;
let sandbox: Sandbox;
let ghost: RunningGhost;
let admin: AdminClient;
let oldUrl: string;
let oldPost: { id: string; url: string };
/** The block as a user of eexit's adapter has it. */
let block: Record<string, unknown>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'from-eexit-'));
  sandbox = await startSandbox({ port: 0, dataDir: join(folder, 'sandbox') });
  const adapters = join(folder, 'content/adapters/storage');
  await mkdir(join(folder, 'npm'), { recursive: true });
  await writeFile(join(folder, 'npm/package.json'), '{}');
  // It names Node 18 alone, and npm only warns.
  const install = [
    'install',
    `${EEXIT}@${EEXIT_VERSION}`,
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
  ];
  await promisify(execFile)('npm', [...install, '--loglevel=error'], { cwd: join(folder, 'npm') });
  const modules = join(folder, 'npm/node_modules');
  await cp(join(modules, EEXIT), join(adapters, EEXIT), { recursive: true });
  await cp(modules, join(adapters, EEXIT, 'node_modules'), { recursive: true });
  const packed = await packAdapter();
  await cp(packed, join(adapters, NAME), { recursive: true });

  const { cloudName, apiKey, apiSecret, url, cloudinaryUrl } = sandbox.cloudinary;
  block = {
    auth: { cloud_name: cloudName, api_key: apiKey, api_secret: apiSecret },
    upload: {
      use_filename: true,
      unique_filename: false,
      overwrite: false,
      folder: 'blog',
      tags: ['blog'],
    },
    // The host of the stand-in in place of res.cloudinary.com.
    fetch: { quality: 'auto', secure: false, cname: new URL(url).host },
  };
  ghost = await bootGhost({
    install: await installGhost(),
    dir: folder,
    // Its SDK chooses http for the stand-in by this variable alone.
    env: { CLOUDINARY_URL: cloudinaryUrl },
    config: { storage: { active: EEXIT, [EEXIT]: block } },
  });
  admin = createAdminClient(ghost);
  await admin.setup();
  const bytes = new Uint8Array(await picture(1, 900, 600));
  ({ url: oldUrl } = await admin.images.upload({ name: 'old harbour.png', bytes }));
  const draft = await admin.posts.add({
    title: 'Old harbour',
    lexical: lexicalDocument(image({ src: oldUrl, alt: 'Old', width: 900, height: 600 })),
  });
  oldPost = await admin.posts.publish(draft.id);
});
afterAll(async () => {
  await ghost?.[Symbol.asyncDispose]();
  await sandbox?.close();
  await rm(folder, { recursive: true, force: true });
});

const pageOf = async (url: string) => (await fetch(url)).text();

test("eexit's adapter stored a picture under a URL of Cloudinary", async () => {
  expect(new URL(oldUrl).host).toBe(new URL(sandbox.cloudinary.url).host);
  expect((await fetch(oldUrl)).status).toBe(200);
  expect(await pageOf(oldPost.url)).not.toMatch(/alt="Old"[^>]*srcset/);
});

test('its configuration under our name is answered with ours, which works as it is printed', async () => {
  await expect(
    ghost.restart({ config: { storage: { active: NAME, [NAME]: block } } }),
  ).rejects.toMatchObject({ code: 'GHOST_BOOT_FAILED' });
  const log = await readFile(ghost.logFile, 'utf8');
  const printed = /The same for this adapter is (\{.*?\})\. /s.exec(log)?.[1] ?? '';
  const equivalent = JSON.parse(printed.replaceAll(/\s*\n\s*/g, ' '));
  const { cloudName, apiKey, apiSecret, url } = sandbox.cloudinary;
  expect(equivalent).toMatchObject({
    cloudName,
    apiKey,
    folder: 'blog',
    tags: ['blog'],
    transformation: 'q_auto',
  });

  const ours = { ...equivalent, apiSecret, uploadPrefix: url, secureDistribution: url };
  // A name of its own, since a restart lays blocks over each other.
  await cp(
    join(folder, 'content/adapters/storage', NAME),
    join(folder, 'content/adapters/storage/ours'),
    {
      recursive: true,
    },
  );
  await ghost.restart({ config: { storage: { active: 'ours', ours } } });
});

test('the old post still shows its picture, and a new one has srcset', async () => {
  expect(await pageOf(oldPost.url)).toContain(oldUrl.replaceAll('&', '&amp;'));
  expect((await fetch(oldUrl)).status).toBe(200);
  const bytes = new Uint8Array(await picture(2, 900, 600));
  const { url } = await admin.images.upload({ name: 'new.png', bytes });
  const draft = await admin.posts.add({
    title: 'New',
    lexical: lexicalDocument(image({ src: url, alt: 'New', width: 900, height: 600 })),
  });
  const post = await admin.posts.publish(draft.id);
  expect(await pageOf(post.url)).toMatch(/alt="New"[^>]*srcset="[^"]*size\/w600/);
});

test("Ghost brings the old picture in under the site's own URL", async () => {
  const domains = [`${sandbox.cloudinary.url}/${sandbox.cloudinary.cloudName}`];
  await admin.request('POST', 'db/media/inline', { json: { domains } });
  const lexical = async () => {
    const [row] = await ghost.sql('SELECT lexical FROM posts WHERE id = ?', [oldPost.id]);
    return String(row?.['lexical']);
  };
  await expect.poll(lexical, { timeout: 60_000 }).toContain('__GHOST_URL__/content/images/');
  const page = await pageOf(oldPost.url);
  const [, source = ''] = /<img[^>]*src="([^"]+)"[^>]*alt="Old"/.exec(page) ?? [];
  expect(source.startsWith(`${ghost.url}/content/images/`)).toBe(true);
  expect((await fetch(source)).status).toBe(200);
  expect(page).toMatch(/alt="Old"[^>]*srcset="[^"]*size\/w600/);
});
