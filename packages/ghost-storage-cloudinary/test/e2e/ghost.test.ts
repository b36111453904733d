import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  type AdminClient,
  bootGhost,
  createAdminClient,
  type GhostInstall,
  image,
  installGhost,
  lexicalDocument,
  type RunningGhost,
} from '@prosora/ghost-local';
import { type Sandbox, startSandbox } from '@prosora/sandbox';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PACKED_NAME as NAME, packAdapter } from '../fixtures/packed-adapter.ts';
import { sound } from '../fixtures/test-site.ts';

const PUBLISHED_NAME = '@prosora/ghost-storage-cloudinary';

let folder: string;
let install: GhostInstall;
let sandbox: Sandbox;
let ghost: RunningGhost;
let admin: AdminClient;

/** The README's configuration, pointed at the stand-in. */
async function readmeStorage() {
  const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8');
  const block = /```json\n(.*?)```/s.exec(readme)?.[1] ?? '';
  const { storage } = JSON.parse(block.replaceAll(PUBLISHED_NAME, NAME));
  const { cloudName, apiKey, apiSecret, url } = sandbox.cloudinary;
  const account = { cloudName, apiKey, apiSecret, uploadPrefix: url, secureDistribution: url };
  Object.assign(storage[NAME], account);
  return storage;
}

/** Wider than what Ghost shrinks uploads to; no higher than it has to be, as pixels cost. */
const SIZE = { width: 2400, height: 400 };

const photo = async (name: string, colour: string) => ({
  name,
  bytes: new Uint8Array(
    await sharp({ create: { ...SIZE, channels: 3, background: colour } })
      .jpeg()
      .toBuffer(),
  ),
});

/** Follows redirects and says where they led and what came. */
async function get(url: string) {
  const hops: string[] = [];
  let response = await fetch(url, { redirect: 'manual' });
  while (response.status >= 300 && response.status < 400) {
    const next = new URL(response.headers.get('location') ?? '', response.url).href;
    hops.push(next);
    response = await fetch(next, { redirect: 'manual' });
  }
  return { status: response.status, hops, bytes: Buffer.from(await response.arrayBuffer()) };
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ghost-storage-'));
  const adapters = join(folder, 'content/adapters/storage', NAME);
  sandbox = await startSandbox({ port: 0, dataDir: join(folder, 'sandbox') });
  install = await installGhost();
  await cp(await packAdapter(), adapters, { recursive: true });
  await mkdir(join(folder, 'content/images/2020/01'), { recursive: true });
  const old = await photo('old.jpg', 'teal');
  await writeFile(join(folder, 'content/images/2020/01/old.jpg'), old.bytes);
  ghost = await bootGhost({ install, dir: folder, config: { storage: await readmeStorage() } });
  admin = createAdminClient(ghost);
  await admin.setup();
});

afterAll(async () => {
  await ghost?.[Symbol.asyncDispose]();
  await sandbox?.close();
  await rm(folder, { recursive: true, force: true });
});

test("the packed adapter passes Ghost's own validation", async () => {
  const script = join(install.dir, 'bin/validate-adapters.js');
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [script, '--check-duplicate-deps', `storage:${NAME}`],
    { cwd: folder, env: { ...process.env, NODE_ENV: 'development' } },
  );
  expect(stdout).toContain(`ok    storage:${NAME}`);
  expect(stdout).toContain('Validated 1 adapter(s).');
});

describe('an uploaded image', () => {
  let url: string;
  let page: string;
  beforeAll(async () => {
    const upload = await photo('light house.jpg', 'tomato');
    ({ url } = await admin.images.upload(upload));
    const draft = await admin.posts.add({
      title: 'The light',
      feature_image: url,
      lexical: lexicalDocument(image({ src: url, alt: 'Light', ...SIZE })),
    });
    const post = await admin.posts.publish(draft.id);
    page = await (await fetch(post.url)).text();
  });

  test('is stored at Cloudinary under a URL of the site', async () => {
    expect(url).toMatch(/^http:\/\/localhost:\d+\/content\/images\/\d{4}\/\d\d\/light-house\.jpg$/);
    const ids = sandbox.cloudinary.assets().map(({ public_id }) => public_id);
    expect(ids).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^blog\/images\/\d{4}\/\d\d\/light-house_jpg$/),
        expect.stringMatching(/^blog\/images\/\d{4}\/\d\d\/light-house_o_jpg$/),
      ]),
    );
    const { status, hops, bytes } = await get(url);
    expect({ status, hops: hops.length }).toEqual({ status: 200, hops: 1 });
    expect(await sharp(bytes).metadata()).toMatchObject({ format: 'jpeg', width: 2000 });
  });

  test('has a srcset of site URLs in the post, each one redirect from its size', async () => {
    const srcset = /alt="Light"[^>]*srcset="([^"]+)"/.exec(page)?.[1] ?? '';
    const sizes = srcset.split(', ').map((entry) => entry.split(' '));
    expect(sizes.map(([, width]) => width)).toEqual(['600w', '1000w', '1600w', '2400w']);
    for (const [source = '', width = ''] of sizes) {
      expect(source).toMatch(/^http:\/\/localhost:\d+\/content\/images\//);
      const { hops, bytes } = await get(source);
      expect(hops).toHaveLength(1);
      // Ghost shrinks uploads to 2000 px, and a smaller image is never enlarged.
      const expected = Math.min(Number.parseInt(width, 10), 2000);
      expect((await sharp(bytes).metadata()).width).toBe(expected);
    }
  });

  test('comes as a WebP of 600 px through one redirect', async () => {
    const { hops, bytes } = await get(url.replace('/images/', '/images/size/w600/format/webp/'));
    expect(hops).toHaveLength(1);
    expect(hops[0]).toContain('/image/upload/c_limit,w_600/q_auto/v1/blog/images/');
    expect(await sharp(bytes).metadata()).toMatchObject({ format: 'webp', width: 600 });
  });

  test.each(['w160', 'w320', 'w960', 'w2000'])(
    'comes in a size that the theme alone names: %s',
    async (size) => {
      const { hops, bytes } = await get(url.replace('/images/', `/images/size/${size}/`));
      expect(hops).toHaveLength(1);
      expect(hops[0]).toContain(`/image/upload/c_limit,${size.replace('w', 'w_')}/`);
      expect((await sharp(bytes).metadata()).width).toBe(Number(size.slice(1)));
    },
  );

  test.each([
    ['size/w77/', '?/'],
    ['size/w77/', '?a=/b'],
    ['size/w77/', '/'],
    ['%73ize/w77/', ''],
  ])(
    'comes in no size that nobody configured, where Ghost does not look: %s…%s',
    async (size, end) => {
      sandbox.cloudinary.requests.clear();
      const odd = url.replace('/images/', `/images/${size}`) + end;
      const response = await fetch(odd, { redirect: 'manual' });
      expect(response.status).toBe(404);
      expect(sandbox.cloudinary.requests.list(/w_77/)).toEqual([]);
    },
  );

  test('needs no call to Cloudinary to be shown', async () => {
    sandbox.cloudinary.requests.clear();
    await get(url.replace('/images/', '/images/size/w1000/'));
    expect(sandbox.cloudinary.requests.list(/^\/v1_1\//)).toEqual([]);
  });

  test('leaves no URL of Cloudinary in the database', async () => {
    const rows = await ghost.sql('SELECT lexical, html, feature_image FROM posts');
    const text = JSON.stringify(rows);
    expect(text).toContain('__GHOST_URL__/content/images/');
    expect(text).not.toContain(new URL(sandbox.cloudinary.url).host);
    expect(text).not.toContain('cloudinary');
  });

  test('is uploaded again under another name', async () => {
    const again = await admin.images.upload(await photo('light house.jpg', 'navy'));
    expect(again.url).toMatch(/\/light-house-1\.jpg$/);
  });
});

describe('what a visitor may not ask for', () => {
  test.each(['size/w12345/2020/01/old', 'size/w600/..%2f..%2fconfig.json', 'size/w600/old.jpg/'])(
    '%s is a plain 404',
    async (path) => {
      const response = await fetch(`${ghost.url}/content/images/${path}`, { redirect: 'manual' });
      expect(response.status).toBe(404);
    },
  );
});

test('an image that predates the adapter shows, in every size', async () => {
  const sizes = ['', 'size/w600/', 'size/w1000/', 'size/w600/format/webp/', 'size/w256h256/'];
  for (const size of sizes) {
    const { status, hops, bytes } = await get(`${ghost.url}/content/images/${size}2020/01/old.jpg`);
    expect({ size, status, hops }).toEqual({ size, status: 200, hops: [] });
    const width = Number(/w(\d+)/.exec(size)?.[1] ?? 2400);
    expect((await sharp(bytes).metadata()).width).toBe(width);
  }
});

test('media, their thumbnails and files are at Cloudinary too', async () => {
  const bytes = new Uint8Array(sound(4096));
  const media = await admin.media.upload(
    { name: 'tide.wav', bytes },
    await photo('tide_thumb.jpg', 'gold'),
  );
  const thumbnail = await admin.media.replaceThumbnail(
    media.url,
    await photo('tide_thumb.jpg', 'plum'),
  );
  const file = await admin.files.upload({ name: 'tide table.pdf', bytes });
  expect(thumbnail.url).toBe(media.thumbnail_url);
  for (const { url } of [media, file]) {
    const served = await get(url);
    expect(served.hops).toHaveLength(1);
    expect(served.bytes).toEqual(Buffer.from(bytes));
  }
  const { dominant } = await sharp((await get(thumbnail.url)).bytes).stats();
  // Plum, not gold.
  expect(dominant.b).toBeGreaterThan(dominant.g);
});

test('a failure at Cloudinary reaches Ghost Admin as a sentence with its status', async () => {
  sandbox.cloudinary.settings.set({ imageMaxBytes: 1000 });
  await expect(admin.images.upload(await photo('big.jpg', 'red'))).rejects.toMatchObject({
    status: 413,
    message: expect.stringMatching(/File size too large/),
  });
  sandbox.cloudinary.settings.set({ imageMaxBytes: 10_485_760 });
});

test('a site in a folder gets URLs in that folder and shows its own content', async () => {
  const contentDir = join(folder, 'content-blog');
  await cp(join(folder, 'content/images/2020'), join(contentDir, 'images/2020'), {
    recursive: true,
  });
  await using blog = await bootGhost({
    install,
    url: 'http://localhost:2999/blog',
    contentDir,
    config: {
      storage: await readmeStorage(),
      paths: { installedAdaptersPath: join(folder, 'content/adapters') },
    },
  });
  const client = createAdminClient({ url: blog.url, listenUrl: blog.listenUrl });
  await client.setup();
  const { url } = await client.images.upload(await photo('sub.jpg', 'olive'));
  expect(url).toMatch(/^http:\/\/localhost:2999\/blog\/content\/images\/\d{4}\/\d\d\/sub\.jpg$/);
  const old = await get(`${blog.listenUrl}/blog/content/images/2020/01/old.jpg`);
  expect(old).toMatchObject({ status: 200, hops: [] });
});

test('a wrong configuration stops Ghost at boot and lists every problem', async () => {
  const storage = await readmeStorage();
  storage[NAME] = { cloudName: 'de mo', folde: 'blog', apiSecret: 'hidden secret' };
  await expect(ghost.restart({ config: { storage } })).rejects.toMatchObject({
    code: 'GHOST_BOOT_FAILED',
  });
  const lines = (await readFile(ghost.logFile, 'utf8')).split('\n');
  const problems = lines.filter((line) => line.startsWith('    - ')).slice(0, 3);
  expect(problems).toEqual([
    expect.stringContaining('"folde" is not an option: did you mean "folder"?'),
    expect.stringContaining('cloudName: "de mo" is not accepted'),
    expect.stringContaining('apiSecret: its value is not accepted'),
  ]);
  expect(lines.filter((line) => line.includes('hidden secret'))).toEqual([]);
});
