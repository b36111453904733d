import { once } from 'node:events';
import { inspect } from 'node:util';
import type { FaultRule } from '@prosora/sandbox';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { picture, sound, startTestSite, type TestSite } from '../../fixtures/test-site.ts';

let site: TestSite;
beforeAll(async () => {
  site = await startTestSite();
});
afterAll(() => site[Symbol.asyncDispose]());
beforeEach(() => site.cloudinary.reset());

// Uploads alone: a second after each, the adapter looks at its name again, and that may be in the next test.
const UPLOADS = '^/v1_1/.*/upload$';
const assetNames = () => site.cloudinary.assets().map(({ public_id }) => public_id);
const uploads = () => site.cloudinary.requests.list(new RegExp(UPLOADS)).length;
const fail = (...faults: FaultRule['fault'][]) =>
  site.cloudinary.faults.set(
    faults.map((fault) => ({ match: { path: UPLOADS, times: 1 }, fault })),
  );
const save = async (changes: Record<string, unknown> = {}) =>
  site.another(changes).save(await site.upload('image.png', await picture(1)), 'f');

describe('an upload that can succeed later', () => {
  test('and whose answer was lost is stored once, under its own name', async () => {
    fail({ dropAfterAccept: true });
    expect(await save()).toBe('/content/images/f/image.png');
    expect(assetNames()).toEqual(['ghost/images/f/image_png']);
    expect(uploads()).toBe(2);
  });

  test('is sent again after a cut connection, a busy account and an outage', async () => {
    fail(
      { dropBeforeHandling: true },
      { status: 429, headers: { 'Retry-After': '0' }, body: { error: { message: 'Slow down' } } },
      { status: 503, body: 'Service Unavailable' },
    );
    expect(await save()).toBe('/content/images/f/image.png');
    expect(uploads()).toBe(4);
  });

  test.each([1, 2])('repeats only the part that was lost: after %i', async (after) => {
    site.cloudinary.faults.set([
      { match: { path: UPLOADS, after, times: 1 }, fault: { dropAfterAccept: true } },
    ]);
    const bytes = sound(12 * 1024 * 1024);
    const media = site.another({ store: 'media', chunkBytes: 5 * 1024 * 1024 });
    const url = await media.save(await site.upload(`long-${after}.wav`, bytes), 'parts');
    expect(uploads()).toBe(4);
    expect(url).toBe(`/content/media/parts/long-${after}.wav`);
    const delivered = await fetch(site.url + url);
    expect(Buffer.from(await delivered.arrayBuffer()).equals(bytes)).toBe(true);
  });

  test('is given up in time when Cloudinary hangs', async () => {
    fail({ latencyMs: 500 });
    await expect(save({ timeoutMs: 50, retries: 0 })).rejects.toMatchObject({
      code: 'CLOUDINARY_TIMEOUT',
      statusCode: 504,
    });
    await vi.waitUntil(() => uploads() === 1);
  });
});

describe('an upload that cannot succeed', () => {
  test.each([400, 401, 403, 404])('is sent once: %i', async (status) => {
    site.cloudinary.faults.set([{ fault: { status, body: { error: { message: 'No.' } } } }]);
    await expect(save()).rejects.toMatchObject({ message: expect.stringContaining('No.') });
    expect(uploads()).toBe(1);
  });

  test('leaves its name free', async () => {
    fail({ status: 400, body: { error: { message: 'No.' } } });
    const images = site.another();
    const upload = await site.upload('image.png', await picture(1));
    await expect(images.save(upload, 'f')).rejects.toMatchObject({ statusCode: 400 });
    expect(await images.save(upload, 'f')).toBe('/content/images/f/image.png');
  });

  test('because the file is over the limit of the plan says so in numbers', async () => {
    const upload = await site.upload('big.pdf', Buffer.alloc(10 * 1024 * 1024 + 1));
    await expect(site.files.save(upload, 'f')).rejects.toMatchObject({
      name: 'RequestEntityTooLargeError',
      statusCode: 413,
      code: 'CLOUDINARY_FILE_TOO_LARGE',
      message: expect.stringMatching(/File size too large\. Got 10 MiB\. Maximum is 10 MiB\./),
      help: expect.stringContaining('Cloudinary plan'),
    });
  });

  test('because the file is no image says so', async () => {
    const upload = await site.upload('broken.png', Buffer.from('not a picture'));
    await expect(site.images.save(upload, 'f')).rejects.toMatchObject({
      name: 'UnsupportedMediaTypeError',
      statusCode: 415,
    });
  });

  test('because the secret is wrong never ends the session of the person who uploads', async () => {
    await expect(save({ apiSecret: 'wrong' })).rejects.toMatchObject({
      name: 'NoPermissionError',
      statusCode: 403,
      code: 'CLOUDINARY_CREDENTIALS_REFUSED',
    });
  });
});

test('a file that another process overwrote and that cannot be put back is named with the reason', async () => {
  const images = site.another();
  await images.save(await site.upload('lost.png', await picture(1)), 'f');
  await site.another().saveRaw(await picture(2), 'f/lost.png');
  site.cloudinary.faults.set([
    { match: { path: UPLOADS }, fault: { status: 400, body: { error: { message: 'No.' } } } },
  ]);
  const [warning] = await once(process, 'warning');
  expect(warning.message).toMatch(
    /^Another process overwrote ghost\/images\/f\/lost_png, and .*\(.*No\..*\)\. Upload the file again\.$/,
  );
});

describe('exists', () => {
  test.each([401, 403, 420, 500])('throws on %i in place of saying no', async (status) => {
    site.cloudinary.faults.set([{ fault: { status } }]);
    const images = site.another({ retries: 0 });
    await expect(images.exists('image.png', 'f')).rejects.toMatchObject({ id: expect.any(String) });
  });
});

describe('the secret', () => {
  const printed: string[] = [];
  beforeEach(() => {
    for (const method of ['log', 'info', 'warn', 'error', 'debug'] as const) {
      vi.spyOn(console, method).mockImplementation((...values) => {
        printed.push(inspect(values, { depth: 20 }));
      });
    }
  });
  afterEach(() => vi.restoreAllMocks());

  test('is in no error and no log line of a faulty run', async () => {
    const { apiSecret } = site.cloudinary;
    const faults: FaultRule['fault'][] = [
      ...[400, 401, 403, 404, 409, 413, 420, 423, 429, 500, 502].map((status) => ({ status })),
      { dropBeforeHandling: true },
      { dropAfterAccept: true },
      { status: 200, body: 'no JSON' },
      { status: 200, body: { public_id: 'elsewhere', bytes: 1, etag: '' } },
      { status: 200, body: { result: 'error' } },
    ];
    for (const fault of faults) {
      site.cloudinary.faults.set([{ fault }]);
      const images = site.another({ retries: 0 });
      const upload = await site.upload('image.png', await picture(1));
      const outcomes = await Promise.allSettled([
        images.save(upload, 'f'),
        images.saveRaw(Buffer.from('x'), 'f/raw.png'),
        images.exists('image.png', 'f'),
        images.read({ path: 'f/image.png' }),
        images.delete('image.png', 'f'),
      ]);
      printed.push(...outcomes.map((outcome) => inspect(outcome, { depth: 20, showHidden: true })));
      printed.push(JSON.stringify(outcomes));
    }
    expect(printed.filter((text) => text.includes('rejected')).length).toBeGreaterThan(60);
    expect(printed.filter((text) => text.includes(apiSecret))).toEqual([]);
  });
});
