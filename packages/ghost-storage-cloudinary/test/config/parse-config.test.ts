import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { parseConfig } from '../../src/config/parse-config.ts';
import { readRunningGhost } from '../../src/config/running-ghost.ts';
import { storageOptions } from '../../src/options.ts';

const parts = { cloudName: 'demo', apiKey: '1234', apiSecret: 's3cr3t-value' };

function problemsOf(config: unknown, env: Record<string, string> = {}): string {
  try {
    parseConfig(config, env);
  } catch (error) {
    expect(error).toMatchObject({
      name: 'IncorrectUsageError',
      code: 'STORAGE_CONFIG_INVALID',
      statusCode: 400,
    });
    return (error as Error).message;
  }
  return '';
}

describe('a configuration that works', () => {
  test('needs the three parts of an account and has a default for all else', () => {
    expect(parseConfig(parts, {})).toEqual({
      ...parts,
      cloudinaryUrl: undefined,
      store: 'images',
      delivery: 'redirect',
      naming: 'readable',
      folder: 'ghost',
      assetFolder: undefined,
      folderMode: undefined,
      tags: [],
      sizes: [],
      eager: [],
      originals: 'keep',
      shrink: false,
      imageMaxBytes: 10_485_760,
      imageMaxPixels: 25_000_000,
      transformation: 'q_auto',
      redirectMaxAgeSeconds: 86_400,
      siteUrl: undefined,
      contentPath: undefined,
      secureDistribution: undefined,
      privateCdn: false,
      uploadPrefix: 'https://api.cloudinary.com',
      signedUrls: false,
      signatureAlgorithm: 'sha1',
      chunkBytes: 20_000_000,
      retries: 4,
      timeoutMs: 120_000,
      deadlineMs: 300_000,
    });
  });

  test('can be a CLOUDINARY_URL alone, with what the SDK allows in it', () => {
    const url =
      'cloudinary://1234:s3cr3t-value@demo/img.example.com?upload_prefix=https://api-eu.cloudinary.com&signature_algorithm=sha256&analytics=false';
    expect(parseConfig({}, { CLOUDINARY_URL: url })).toMatchObject({
      ...parts,
      secureDistribution: 'https://img.example.com',
      privateCdn: true,
      uploadPrefix: 'https://api-eu.cloudinary.com',
      signatureAlgorithm: 'sha256',
    });
  });

  test('takes the block before the environment, and a part before the whole', () => {
    const env = {
      CLOUDINARY_URL: 'cloudinary://env:env@env',
      CLOUDINARY_CLOUD_NAME: 'env-name',
      PROSORA_STORAGE_FOLDER: 'env-folder',
      PROSORA_STORAGE_RETRIES: '2',
      PROSORA_STORAGE_PRIVATE_CDN: 'true',
    };
    expect(parseConfig({ folder: 'blog' }, env)).toMatchObject({
      cloudName: 'env-name',
      apiKey: 'env',
      folder: 'blog',
      retries: 2,
      privateCdn: true,
    });
    expect(parseConfig({ cloudinaryUrl: 'cloudinary://k:s@block' }, env)).toMatchObject({
      cloudName: 'block',
    });
  });

  test('can keep its secret in a file', () => {
    const folder = mkdtempSync(join(tmpdir(), 'storage-config-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, 'secret'), 'from-file\n');
    const env = { CLOUDINARY_API_SECRET_FILE: join(folder, 'secret') };
    expect(parseConfig({ cloudName: 'demo', apiKey: '1' }, env).apiSecret).toBe('from-file');
  });

  test('may have a key of digits and flags as text, as Ghost reads them from its environment', () => {
    expect(parseConfig({ ...parts, apiKey: 1234, chunkBytes: '6000000' }, {})).toMatchObject({
      apiKey: '1234',
      chunkBytes: 6_000_000,
    });
  });

  test.each([
    ['img.example.com', 'https://img.example.com'],
    ['https://img.example.com/', 'https://img.example.com'],
    ['http://127.0.0.1:4101', 'http://127.0.0.1:4101'],
    ['http://localhost:4101', 'http://localhost:4101'],
    ['http://[::1]:4101', 'http://[::1]:4101'],
  ])('delivers from %s', (secureDistribution, expected) => {
    expect(parseConfig({ ...parts, secureDistribution }, {}).secureDistribution).toBe(expected);
  });
});

describe('a configuration that does not', () => {
  test('is answered with every problem at once, each with its key, shape and remedy', () => {
    const message = problemsOf({
      cloudName: 'de mo',
      apiSecret: 's3cr3t value',
      folde: 'x',
      originals: 'maybe',
      tags: 'a',
      retries: -1,
    });
    expect(message.split('\n').slice(1)).toEqual([
      expect.stringMatching(/"folde" is not an option: did you mean "folder"\?/),
      expect.stringMatching(/cloudName: "de mo" is not accepted, expected letters/),
      expect.stringMatching(/apiKey is missing.*CLOUDINARY_API_KEY.*CLOUDINARY_URL/),
      expect.stringMatching(/apiSecret: its value is not accepted/),
      expect.stringMatching(/tags: "a" is not accepted, expected a list/),
      expect.stringMatching(/originals: "maybe" is not accepted, expected "keep" or "skip"/),
      expect.stringMatching(/retries: -1 is not accepted, expected a whole number/),
    ]);
  });

  test('never shows a secret', () => {
    const url = 'cloudinary:/key:s3cr3t-value@demo';
    const eexit = { auth: { cloud_name: 'c', api_key: 'k', api_secret: 's3cr3t-value' } };
    for (const config of [{ apiSecret: 's3cr3t-value x' }, { cloudinaryUrl: url }, eexit]) {
      expect(problemsOf(config)).not.toBe('');
      expect(problemsOf(config)).not.toContain('s3cr3t');
    }
    expect(problemsOf({}, { CLOUDINARY_URL: url })).not.toContain('s3cr3t');
  });

  test('with a malformed CLOUDINARY_URL speaks of it alone', () => {
    const message = problemsOf({}, { CLOUDINARY_URL: 'garbage' });
    expect(message.match(/\n/g)).toHaveLength(1);
    expect(message).toContain('expected cloudinary://<key>:<secret>@<cloud name>');
  });

  test.each([
    { uploadPrefix: 'http://api.cloudinary.com' },
    { secureDistribution: 'http://img.example.com' },
    { secureDistribution: 'http://127.0.0.1.example.com' },
    { secureDistribution: 'https://user:pass@img.example.com' },
    { folder: '/blog' },
    { folder: 'blog/' },
    { folder: 'a//b' },
    { folder: 'a/v12/b' },
    { folder: 'a b' },
    { chunkBytes: 1_000_000 },
    { siteUrl: 'example.com' },
    { transformation: 'q_auto?x' },
    { store: 'image' },
    { sizes: ['320'] },
    { sizes: ['w12345'] },
    { eager: ['w600/webp'] },
    { naming: 'random' },
    { folderMode: 'fixed', assetFolder: 'Blog' },
    { delivery: 'absolute', signedUrls: true },
  ])('is refused: %j', (wrong) => {
    expect(problemsOf({ ...parts, ...wrong })).toContain(Object.keys(wrong)[0]);
  });

  test.each([
    [{ image: '' }, /set urls\.image to its origin/],
    [
      { image: 'https://cdn.example.com/content/images' },
      /must end before \/content\/images.*Set "https:\/\/cdn\.example\.com"\./,
    ],
    [{ image: 'https://cdn.example.com/f_auto,q_auto' }, /holds a comma/],
    [{ image: 'https://res.cloudinary.com/demo/image/upload/v1/blog' }, /every size is a 404/],
    [{}, /set urls\.image to its origin/],
  ])("is refused with Ghost's urls of %j", (urls, problem) => {
    const parse = () => parseConfig({ ...parts, delivery: 'edge' }, {}, urls);
    expect(parse).toThrowError(problem);
    expect(() => parseConfig(parts, {}, urls)).not.toThrow();
  });

  test.each(['cdn.example.com', 'cdn.example.com:8080/x'])(
    "is refused with Ghost's urls.image of %s in every mode",
    (image) => {
      for (const delivery of ['redirect', 'edge', 'absolute']) {
        const parse = () => parseConfig({ ...parts, delivery }, {}, { image });
        expect(parse).toThrowError(/urls\.image: .* is no URL.*https:/);
      }
    },
  );

  test('is refused in a Ghost that has no urls where the edge would need them', () => {
    const ghost = mkdtempSync(join(tmpdir(), 'storage-ghost-'));
    onTestFinished(() => rmSync(ghost, { recursive: true }));
    mkdirSync(join(ghost, 'core/shared/config'), { recursive: true });
    writeFileSync(join(ghost, 'index.js'), '');
    const config = join(ghost, 'core/shared/config/index.js');
    writeFileSync(config, 'exports.get = () => undefined;');
    createRequire(config)(config);
    const urls = readRunningGhost(join(ghost, 'index.js'))?.urls;
    const parse = () => parseConfig({ ...parts, delivery: 'edge' }, {}, urls);
    expect(parse).toThrowError(/set urls\.image to its origin/);
  });

  test("is accepted with Ghost's urls as they should be", () => {
    const urls = {
      image: 'https://img.example.com',
      media: 'https://cdn.example.com/f_auto/q_auto',
    };
    for (const store of ['images', 'media'] as const) {
      expect(parseConfig({ ...parts, delivery: 'edge', store }, {}, urls).delivery).toBe('edge');
    }
  });

  test('both a secret and its file is one too many', () => {
    const env = { CLOUDINARY_API_SECRET: 'a', CLOUDINARY_API_SECRET_FILE: '/b' };
    expect(problemsOf(parts, env)).toContain('CLOUDINARY_API_SECRET_FILE are both set');
  });

  test.each([['text'], [null], [7]])('is no object: %j', (config) => {
    expect(problemsOf(config)).toContain('must be an object');
  });
});

describe("eexit's configuration", () => {
  test('is answered with the same in our words', () => {
    const message = problemsOf({
      useDatedFolder: false,
      auth: { cloud_name: 'blog', api_key: '77', api_secret: 'hidden' },
      upload: {
        use_filename: true,
        folder: 'blog-images',
        tags: 'blog, photo',
        moderation: 'manual',
      },
      fetch: {
        ...{ quality: 'auto', fetch_format: 'auto', sign_url: true },
        ...{ secure: false, cdn_subdomain: true, cname: 'img.example.com', analytics: false },
      },
    });
    expect(message).toContain(
      'Without a counterpart: upload.moderation, fetch.secure (always https), fetch.cdn_subdomain, ' +
        'fetch.cname (a host for http; if it has a certificate, "secureDistribution": "img.example.com").',
    );
    expect(message).toContain(
      'eexit/ghost-storage-cloudinary (auth, upload, fetch, useDatedFolder)',
    );
    const equivalent = JSON.parse(/is (\{.*?\})\. /.exec(message)?.[1] ?? '');
    expect(equivalent).toEqual({
      cloudName: 'blog',
      apiKey: '77',
      apiSecret: '<API secret>',
      folder: 'blog-images',
      tags: ['blog', 'photo'],
      transformation: 'f_auto,q_auto',
      signedUrls: true,
    });
    expect(problemsOf({ ...equivalent, apiSecret: 'hidden' })).toBe('');
  });
});

test('every option says what it means and has a default or a word for it', () => {
  for (const [key, option] of Object.entries(storageOptions)) {
    expect(option.description, key).toMatch(/^[A-Z].*\.$/);
    if ('env' in option) expect(option.env, key).toMatch(/^(CLOUDINARY|PROSORA_STORAGE)_[A-Z_]+$/);
  }
});
