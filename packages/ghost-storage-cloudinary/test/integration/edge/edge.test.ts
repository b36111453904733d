import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import {
  afterAll,
  beforeAll,
  beforeEach,
  describe,
  expect,
  onTestFinished,
  test,
  vi,
} from 'vitest';
import { parseConfig } from '../../../src/config/parse-config.ts';
import { caddyfile } from '../../../src/edge/caddy.ts';
import { nginxConfig } from '../../../src/edge/nginx.ts';
import { type EdgeRules, edgeRules, themeSizes } from '../../../src/edge/rules.ts';
import { workerModule } from '../../../src/edge/worker.ts';
import {
  type EdgeServer,
  startCaddy,
  startDns,
  startNginx,
  startWorker,
} from '../../fixtures/edge-servers.ts';
import { getRaw, picture, sound, startTestSite, type TestSite } from '../../fixtures/test-site.ts';

const THEME = { config: { image_sizes: { s: { width: 300 }, box: { width: 80, height: 40 } } } };

let folder: string;
let site: TestSite;
let jpeg: Buffer;
let clip: Buffer;
const paper = Buffer.from('%PDF-1.7 …');
const edges: Record<string, EdgeServer | undefined> = {};

function rulesFor(edgeUrl: string, block: Record<string, unknown> = {}): EdgeRules {
  const options = parseConfig(site.configOf(block), {});
  return edgeRules({ options, siteUrl: site.url, edgeUrl, themeSizes: themeSizes(THEME) });
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'storage-edge-'));
  site = await startTestSite();
  jpeg = await sharp(await picture(0xaa5500, 2000, 1000))
    .jpeg()
    .toBuffer();
  clip = sound(50_000);
  const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="99" height="99"/>');
  const { images, media, files } = site;
  await images.save(await site.upload('mid.jpg', jpeg), '2026/11');
  await images.save(await site.upload('Photo.JPEG', jpeg), '2026/11');
  await images.save(await site.upload('logo.svg', svg), '2026/11');
  await images.save(await site.upload('view.png', jpeg), 'v12/vistas');
  await media.save(await site.upload('talk.wav', clip), '2026/11');
  await media.save(await site.upload('talk_thumb.jpg', jpeg), '2026/11');
  await files.save(await site.upload('paper.pdf', paper), '2026/11');
  await site.place('images/2019/01/old.jpg', jpeg);
  edges['caddy'] = await startCaddy(folder, (url) => caddyfile(rulesFor(url)));
  edges['nginx'] = await startNginx(folder, (url) => nginxConfig(rulesFor(url)));
  edges['worker'] = await startWorker(folder, (url) => workerModule(rulesFor(url)));
});
afterAll(async () => {
  for (const edge of Object.values(edges)) await edge?.[Symbol.asyncDispose]();
  await site?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

describe.each(['caddy', 'nginx', 'worker'])('the rules for %s', (name) => {
  beforeEach(({ skip }) => {
    skip(edges[name] === undefined && !process.env['CI'], `needs ${name}`);
  });

  const get = async (path: string, init?: RequestInit) => {
    const edge = edges[name];
    if (edge === undefined) throw new Error(`There is no ${name} on this machine.`);
    const response = await edge.get(path, init);
    return { response, bytes: Buffer.from(await response.arrayBuffer()) };
  };

  test.each([
    ['images/size/w600/2026/11/mid.jpg', { format: 'jpeg', width: 600, height: 300 }],
    ['images/size/w600/2026/11/Photo.JPEG', { format: 'jpeg', width: 600, height: 300 }],
    ['images/size/w2400/2026/11/mid.jpg', { format: 'jpeg', width: 2000, height: 1000 }],
    ['images/size/w600/format/webp/2026/11/mid.jpg', { format: 'webp', width: 600, height: 300 }],
    ['images/size/w600/format/avif/2026/11/mid.jpg', { format: 'heif', width: 600, height: 300 }],
    ['images/size/w256h256/2026/11/mid.jpg', { format: 'jpeg', width: 256, height: 256 }],
    ['images/size/w64h64/format/png/2026/11/logo.svg', { format: 'png', width: 64, height: 64 }],
    ['images/size/w300/2026/11/mid.jpg?v=1', { format: 'jpeg', width: 300, height: 150 }],
    ['images/size/w80h40/2026/11/mid.jpg', { format: 'jpeg', width: 80, height: 40 }],
  ])('give %s at once', async (path, expected) => {
    const { response, bytes } = await get(`/content/${path}`);
    expect(response.status).toBe(200);
    expect(await sharp(bytes).metadata()).toMatchObject(expected);
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(response.headers.get('set-cookie')).toBeNull();
  });

  test.each([
    ['images/2026/11/mid.jpg', () => jpeg],
    ['images/2026/11/Photo.JPEG', () => jpeg],
    ['media/2026/11/talk.wav', () => clip],
    ['media/2026/11/talk_thumb.jpg', () => jpeg],
    ['files/2026/11/paper.pdf', () => paper],
  ])('give the very bytes of %s', async (path, expected) => {
    const { response, bytes } = await get(`/content/${path}`);
    expect(response.status).toBe(200);
    expect(bytes.equals(expected())).toBe(true);
  });

  test('give parts of a file', async () => {
    const headers = { Range: 'bytes=10-19' };
    const { response, bytes } = await get('/content/media/2026/11/talk.wav', { headers });
    expect(response.status).toBe(206);
    expect(bytes).toEqual(clip.subarray(10, 20));
  });

  test('send nothing to a browser that has the file', async () => {
    const path = '/content/media/2026/11/talk.wav';
    const etag = (await get(path)).response.headers.get('etag') ?? '';
    expect(etag).not.toBe('');
    const { url } = edges[name] ?? {};
    if (url !== undefined) {
      const { statusCode } = await getRaw(url, path, { 'If-None-Match': etag });
      return expect(statusCode).toBe(304);
    }
    // Node's `fetch` says no-cache with every condition unless it is told something else; Cloudflare's
    // passes the condition on as it is.
    const nodeFetch = globalThis.fetch;
    vi.stubGlobal('fetch', (target: string, init: { headers: Record<string, string> }) =>
      nodeFetch(target, { ...init, headers: { 'cache-control': 'max-age=0', ...init.headers } }),
    );
    onTestFinished(() => void vi.unstubAllGlobals());
    const { response, bytes } = await get(path, { headers: { 'If-None-Match': etag } });
    expect(response.status).toBe(304);
    expect(bytes).toHaveLength(0);
  });

  test('ask the site for a file that predates the adapter', async () => {
    const { response, bytes } = await get('/content/images/2019/01/old.jpg');
    expect(response.status).toBe(200);
    expect(bytes.equals(jpeg)).toBe(true);
  });

  test.each([
    [
      'a folder that could be a version',
      'images/v12/vistas/view.png',
      /~7612\/vistas\/view_png\.png$/,
    ],
    ['a name with a space', 'images/2026/11/my%20cat.jpg', /my~20cat_jpg\.jpg$/],
  ])('leave %s to the redirect of the site', async (_what, path, location) => {
    const { response } = await get(`/content/${path}`);
    expect(response.status).toBe(302);
    expect(response.headers.get('location')).toMatch(location);
  });

  test.each([
    'images/size/w77/2026/11/mid.jpg',
    'images/size/w600,e_art/2026/11/mid.jpg',
    'images/size/w600/format/pdf/2026/11/mid.jpg',
    'images/size/w600/2026/11/logo.svg',
    'images/size/w600/size/w77/2026/11/mid.jpg',
    'images/..%2f..%2fetc/passwd',
    'images/2026/11/nope.jpg/',
  ])('make up nothing that nobody configured: %s', async (path) => {
    site.cloudinary.requests.clear();
    const { response } = await get(`/content/${path}`);
    expect([404, 400]).toContain(response.status);
    expect(site.cloudinary.requests.list(/c_|e_art|w_77/)).toEqual([]);
  });

  test('serve nothing but content', async () => {
    expect((await get('/ghost/')).response.status).toBe(404);
    expect((await get('/')).response.status).toBe(404);
  });
});

test('nginx asks for the address of Cloudinary while it runs, since that changes', async ({
  skip,
}) => {
  skip(edges['nginx'] === undefined && !process.env['CI'], 'needs nginx');
  await using dns = await startDns();
  const deliveryUrl = site.cloudinary.deliveryUrl.replace('127.0.0.1', 'pictures.example');
  const write = (url: string) =>
    nginxConfig({ ...rulesFor(url), deliveryUrl, resolver: dns.address });
  await using nginx = await startNginx(await mkdtemp(join(folder, 'named-')), write);
  const response = await nginx?.get('/content/images/2026/11/mid.jpg');
  expect(response?.status).toBe(200);
  expect(response?.headers.get('content-length')).toBe(String(jpeg.length));
});

describe('signed URLs', () => {
  test.each(['sha1', 'sha256'] as const)('come from the Worker: %s', async (signatureAlgorithm) => {
    const block = { signedUrls: true, signatureAlgorithm };
    site.cloudinary.settings.set({ strictTransformations: true, signatureAlgorithm });
    const secret = { CLOUDINARY_API_SECRET: site.cloudinary.apiSecret };
    const write = (url: string) => workerModule(rulesFor(url, block));
    await using worker = await startWorker(await mkdtemp(join(folder, 'signed-')), write, secret);
    const response = await worker.get('/content/images/size/w600/2026/11/mid.jpg');
    expect(response.status).toBe(200);
    expect((await sharp(await response.arrayBuffer()).metadata()).width).toBe(600);
    await site.cloudinary.settings.reset();
  });

  test.each([caddyfile, nginxConfig])('are refused where nothing can make them', (write) => {
    const rules = rulesFor('https://img.example.com', { signedUrls: true });
    expect(() => write(rules)).toThrowError(/cannot sign delivery URLs/);
  });
});
