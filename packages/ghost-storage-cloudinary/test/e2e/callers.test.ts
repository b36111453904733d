import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
import { type Elsewhere, startElsewhere } from '../fixtures/elsewhere.ts';
import { PACKED_NAME as NAME, packAdapter } from '../fixtures/packed-adapter.ts';
import { noise, picture, sound } from '../fixtures/test-site.ts';

let folder: string;
let install: GhostInstall;
let sandbox: Sandbox;
let ghost: RunningGhost;
let admin: AdminClient;
let elsewhere: Elsewhere;

function storage(changes: Record<string, unknown> = {}) {
  const { cloudName, apiKey, apiSecret, url } = sandbox.cloudinary;
  const account = { cloudName, apiKey, apiSecret, uploadPrefix: url, secureDistribution: url };
  return {
    active: NAME,
    [NAME]: { ...account, folder: 'blog', ...changes },
    media: { adapter: NAME, store: 'media' },
    files: { adapter: NAME, store: 'files' },
  };
}

const idsOf = (pattern: RegExp) =>
  sandbox.cloudinary
    .assets()
    .map(({ public_id, resource_type }) => `${resource_type}/${public_id}`)
    .filter((id) => pattern.test(id));

const bytesAt = async (url: string) => {
  const response = await fetch(url);
  expect(response.status).toBe(200);
  expect(response.url).toContain(new URL(sandbox.cloudinary.url).host);
  return Buffer.from(await response.arrayBuffer());
};

const upload = (name: string, bytes: Buffer) => ({ name, bytes: new Uint8Array(bytes) });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ghost-callers-'));
  sandbox = await startSandbox({ port: 0, dataDir: join(folder, 'sandbox') });
  install = await installGhost();
  // How a package is found that npm installed beside Ghost: by its name alone.
  await cp(await packAdapter(), join(folder, 'node_modules', NAME), { recursive: true });
  elsewhere = await startElsewhere(await picture(0x123456, 300, 200));
  ghost = await bootGhost({
    install,
    dir: join(folder, 'site'),
    env: { NODE_PATH: join(folder, 'node_modules') },
    config: { storage: storage() },
  });
  admin = createAdminClient(ghost);
  await admin.setup();
});

afterAll(async () => {
  await ghost?.[Symbol.asyncDispose]();
  elsewhere?.[Symbol.dispose]();
  await sandbox?.close();
  await rm(folder, { recursive: true, force: true });
});

test('the packed adapter is found by name in node_modules', async () => {
  const { url } = await admin.images.upload(upload('by-name.png', await picture(1)));
  expect(await bytesAt(url)).toBeDefined();
  expect(idsOf(/blog\/images\/.*by-name_png$/)).toHaveLength(1);
});

test("Ghost's importer stores images, media and files, and its posts show them", async () => {
  const photo = await picture(2, 900, 600);
  const clip = sound(5000);
  const paper = Buffer.from('%PDF-1.7 imported');
  const tree = join(folder, 'import');
  const files = { 'images/2020/01/import.png': photo, 'media/2020/01/clip.wav': clip };
  for (const [path, bytes] of Object.entries({ ...files, 'files/2020/01/paper.pdf': paper })) {
    await mkdir(join(tree, path, '..'), { recursive: true });
    await writeFile(join(tree, path), bytes);
  }
  const src = '/content/images/2020/01/import.png';
  const post = {
    ...{ id: '1', title: 'Imported', slug: 'imported', status: 'published', feature_image: src },
    lexical: lexicalDocument(image({ src, alt: 'Lantern', width: 900, height: 600 })),
  };
  const data = {
    db: [{ meta: { exported_on: Date.now(), version: '6.0.0' }, data: { posts: [post] } }],
  };
  await writeFile(join(tree, 'export.json'), JSON.stringify(data));
  const { compress } = createRequire(join(install.dir, 'index.js'))('@tryghost/zip');
  await compress(tree, join(folder, 'import.zip'));

  const form = new FormData();
  const zip = await readFile(join(folder, 'import.zip'));
  form.append('importfile', new File([zip], 'import.zip', { type: 'application/zip' }));
  await admin.request('POST', 'db', { form });

  await expect
    .poll(() => idsOf(/2020\/01\/(import|clip|paper)/).toSorted(), { timeout: 60_000 })
    // Ghost also copies images and media into the files store, with its own storage too.
    .toEqual(
      expect.arrayContaining([
        'image/blog/images/2020/01/import_png',
        'raw/blog/files/2020/01/paper.pdf',
        'video/blog/media/2020/01/clip_wav',
      ]),
    );
  const readPage = async () => (await fetch(`${ghost.url}/imported/`)).text();
  // Posts come after the files.
  await expect.poll(readPage, { timeout: 60_000 }).toContain('alt="Lantern"');
  const page = await readPage();
  const shown = /<img[^>]*src="([^"]+import\.png)"[^>]*alt="Lantern"/.exec(page)?.[1] ?? '';
  expect(shown).toBe(`${ghost.url}${src}`);
  expect(await bytesAt(shown)).toEqual(photo);
  expect(await bytesAt(`${ghost.url}/content/media/2020/01/clip.wav`)).toEqual(clip);
  expect(await bytesAt(`${ghost.url}/content/files/2020/01/paper.pdf`)).toEqual(paper);
});

test('icon and thumbnail of a bookmark are kept at Cloudinary', async () => {
  const query = { url: `${elsewhere.url}/page`, type: 'bookmark' };
  const { metadata } = await admin.request<{ metadata: { icon: string; thumbnail: string } }>(
    'GET',
    'oembed',
    { query },
  );
  expect(metadata.icon).toMatch(/\/content\/images\/icon\/icon-[\w-]+\.png$/);
  expect(metadata.thumbnail).toMatch(/\/content\/images\/thumbnail\/thumb-[\w-]+\.png$/);
  for (const url of [metadata.icon, metadata.thumbnail]) {
    expect(await bytesAt(url)).toEqual(await picture(0x123456, 300, 200));
  }
});

test('the media inliner brings pictures from elsewhere in', async () => {
  const src = `${elsewhere.url}/harbour.png`;
  const draft = await admin.posts.add({
    title: 'From elsewhere',
    lexical: lexicalDocument(image({ src, alt: 'Harbour', width: 300, height: 200 })),
  });
  await admin.request('POST', 'db/media/inline', { json: { domains: [elsewhere.url] } });
  const lexical = async () => {
    const [row] = await ghost.sql('SELECT lexical FROM posts WHERE id = ?', [draft.id]);
    return String(row?.['lexical']);
  };
  await expect.poll(lexical, { timeout: 60_000 }).toContain('__GHOST_URL__/content/images/');
  const [, path = ''] = /__GHOST_URL__(\/content\/images\/[^"]+)/.exec(await lexical()) ?? [];
  expect(await bytesAt(ghost.url + path)).toEqual(await picture(0x123456, 300, 200));
});

test('a video has its thumbnail beside it, and a new one takes its place at once', async () => {
  const [gold, plum] = [await picture(0xffd700), await picture(0x8e4585)];
  const clip = upload('ferry.mp4', Buffer.concat([Buffer.from('\0\0\0\x18ftypmp42'), sound(4000)]));
  const media = await admin.media.upload(clip, upload('ferry.png', gold));
  expect(media.thumbnail_url).toMatch(/\/content\/media\/.*ferry_thumb\.png$/);
  expect(await bytesAt(media.thumbnail_url ?? '')).toEqual(gold);
  const replaced = await admin.media.replaceThumbnail(media.url, upload('ferry.png', plum));
  expect(await bytesAt(replaced.url)).toEqual(plum);
  expect(idsOf(/ferry/).toSorted()).toEqual([
    expect.stringMatching(/^image\/blog\/media\/.*ferry_thumb_png$/),
    expect.stringMatching(/^video\/blog\/media\/.*ferry_mp4$/),
  ]);
});

describe('20 different files of one name at once', () => {
  test('get 20 URLs with the right bytes, from this Ghost and from two', async () => {
    await using second = await bootGhost({
      install,
      env: { NODE_PATH: join(folder, 'node_modules') },
      config: { storage: storage() },
    });
    const other = createAdminClient(second);
    await other.setup();
    for (const clients of [[admin], [admin, other]]) {
      const pictures = await Promise.all(
        Array.from({ length: 20 }, (_, index) => picture(clients.length * 1000 + index, 40, 40)),
      );
      const urls = await Promise.all(
        pictures.map(async (bytes, index) => {
          const client = clients[index % clients.length] ?? admin;
          return new URL((await client.images.upload(upload('image.png', bytes))).url).pathname;
        }),
      );
      expect(new Set(urls).size).toBe(20);
      for (const [index, path] of urls.entries()) {
        expect(await bytesAt(ghost.url + path)).toEqual(pictures[index]);
      }
    }
  });
});

describe('a Ghost that tries a call twice and has a limit', () => {
  const limits = { shrink: true, originals: 'skip', imageMaxBytes: 60_000 };
  beforeAll(() =>
    ghost.restart({ config: { storage: storage({ retries: 1, deadlineMs: 3000, ...limits }) } }),
  );

  test('says in Ghost Admin what fails, in sentences with their status, and no secret reaches the log', async () => {
    const file = upload('unlucky.png', await picture(9));
    const cases = [
      [
        { status: 401, body: { error: { message: 'Invalid Signature' } } },
        403,
        /Compare cloudName/,
      ],
      [{ status: 429, headers: { 'Retry-After': '0' } }, 429, /Try again later/],
      [{ status: 503, body: 'down' }, 503, /status\.cloudinary\.com/],
      [{ dropBeforeHandling: true }, 502, /cannot be reached.*firewall/],
      [
        {
          status: 400,
          body: { error: { message: 'File size too large. Got 12419652. Maximum is 10485760.' } },
        },
        413,
        /Got 11\.8 MiB\. Maximum is 10 MiB.*Upload a smaller file/,
      ],
    ] as const;
    for (const [fault, status, message] of cases) {
      sandbox.cloudinary.faults.set([{ match: { path: '^/v1_1/' }, fault }]);
      await expect(admin.images.upload(file)).rejects.toMatchObject({
        status,
        message: expect.stringMatching(message),
      });
    }
    sandbox.cloudinary.faults.clear();
    await admin.images.upload(file);
    const log = await readFile(ghost.logFile, 'utf8');
    expect(log).toContain('CLOUDINARY_UNAVAILABLE');
    expect(log).not.toContain(sandbox.cloudinary.apiSecret);
  });

  test("makes an image over the limit smaller by Ghost's own sharp, and stores it once", async () => {
    const grain = await noise(700, 500).jpeg().toBuffer();
    expect(grain.length).toBeGreaterThan(limits.imageMaxBytes);
    const { url } = await admin.images.upload(upload('grain.jpg', grain));
    const stored = await bytesAt(url);
    expect(stored.length).toBeLessThanOrEqual(limits.imageMaxBytes);
    expect((await sharp(stored).metadata()).format).toBe('jpeg');
    expect(idsOf(/grain/)).toEqual([expect.stringMatching(/grain_jpg$/)]);
  });
});

test('absolute: posts hold the URLs of Cloudinary', async () => {
  await ghost.restart({ config: { storage: storage({ delivery: 'absolute' }) } });
  const { url } = await admin.images.upload(upload('far.png', await picture(10)));
  expect(url).toMatch(/\/image\/upload\/q_auto\/v1\/blog\/images\/\d{4}\/\d\d\/far_png\.png$/);
  expect((await fetch(url)).status).toBe(200);
});

test('edge: the same data is shown at the asset host, and a wrong host stops Ghost at boot', async () => {
  const { url } = await admin.images.upload(upload('edge.png', await picture(11, 900, 600)));
  expect(url).toBeDefined();
  const withoutUrls = ghost.restart({ config: { storage: storage({ delivery: 'edge' }) } });
  await expect(withoutUrls).rejects.toMatchObject({ code: 'GHOST_BOOT_FAILED' });
  expect(await readFile(ghost.logFile, 'utf8')).toContain('set urls.image to its origin');
  await ghost.restart({
    config: {
      storage: storage({ delivery: 'edge' }),
      urls: {
        image: 'https://img.example.com',
        media: 'https://img.example.com',
        files: 'https://img.example.com',
      },
    },
  });
  const page = await (await fetch(`${ghost.url}/imported/`)).text();
  expect(page).toContain(
    'https://img.example.com/content/images/size/w600/2020/01/import.png 600w',
  );
  const { url: fresh } = await admin.images.upload(upload('fresh.png', await picture(12)));
  expect(fresh).toMatch(/^http:\/\/localhost:\d+\/content\/images\/.*fresh\.png$/);
  const rows = JSON.stringify(await ghost.sql('SELECT feature_image, lexical FROM posts'));
  expect(rows).not.toContain('img.example.com');
  const urls = { image: 'https://img.example.com/content/images' };
  await expect(ghost.restart({ config: { urls } })).rejects.toMatchObject({
    code: 'GHOST_BOOT_FAILED',
  });
  expect(await readFile(ghost.logFile, 'utf8')).toMatch(
    /urls\.image: .*must end before \/content\/images/,
  );
});
