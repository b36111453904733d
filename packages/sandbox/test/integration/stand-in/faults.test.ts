import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  connectSandbox,
  type FaultRule,
  type RemoteSandbox,
  type RemoteStandIn,
} from '../../../src/index.ts';
import {
  dataUri,
  redAndBlue,
  type SandboxWithSdk,
  startWithSdk,
} from '../../fixtures/cloudinary-with-sdk.ts';

let context: SandboxWithSdk;
let remote: RemoteSandbox;
let vendor: RemoteStandIn;
let png: string;

beforeAll(async () => {
  context = await startWithSdk({ seed: 'faults' });
  remote = await connectSandbox(context.sandbox.url);
  vendor = remote.vendors['cloudinary'] as RemoteStandIn;
  png = dataUri(await redAndBlue(60, 40));
});
beforeEach(() => context.sandbox.reset());
afterAll(() => context[Symbol.asyncDispose]());

const set = (...rules: FaultRule[]) => context.sandbox.cloudinary.faults.set(rules);
const ids = () => context.sandbox.cloudinary.assets().map((asset) => asset.public_id);
const upload = (publicId: string) => context.sdk.uploader.upload(png, { public_id: publicId });
const statuses = async (count: number) => {
  const all = [];
  for (let n = 0; n < count; n += 1) {
    const response = await context.get('/image/upload/x.png').catch(() => undefined);
    all.push(response?.status ?? 'cut');
  }
  return all;
};

describe('a fault', () => {
  test('answers instead of the vendor, with a body and headers, and nothing is done', async () => {
    const body = { error: { message: 'busy' } };
    set({ fault: { status: 420, body, headers: { 'Retry-After': '7' } } });
    await expect(upload('a')).rejects.toMatchObject({ http_code: 420, message: 'busy' });
    const response = await context.get('/image/upload/x.png');
    expect(response.headers.get('retry-after')).toBe('7');
    expect(ids()).toEqual([]);
  });

  test('applies to the method, the path and the turns it names', async () => {
    set(
      { match: { method: 'POST', path: /destroy$/ }, fault: { status: 500 } },
      { match: { method: 'get', path: '^/prosora/', after: 1, times: 2 }, fault: { status: 503 } },
    );
    expect(await statuses(5)).toEqual([404, 503, 503, 404, 404]);
    expect(await upload('a')).toMatchObject({ public_id: 'a' });
  });

  test('that drops before handling leaves nothing; after accepting, the work is done', async () => {
    set({ match: { times: 1 }, fault: { dropBeforeHandling: true } });
    await expect(upload('before')).rejects.toMatchObject({ error: { code: 'ECONNRESET' } });
    expect(ids()).toEqual([]);
    set({ match: { times: 1 }, fault: { dropAfterAccept: true } });
    await expect(upload('after')).rejects.toMatchObject({ error: { code: 'ECONNRESET' } });
    expect(ids()).toEqual(['after']);
    const log = context.sandbox.cloudinary.requests.list(/upload$/);
    expect(log).toMatchObject([
      { status: null, faulted: true },
      { status: null, faulted: true, subject: 'after' },
    ]);
  });

  test('that drops a download after accepting cuts it', async () => {
    await upload('x');
    set({ fault: { dropAfterAccept: true } });
    expect(await statuses(1)).toEqual(['cut']);
  });

  test('waits as long as it says before the request is handled', async () => {
    set({ fault: { latencyMs: 30, jitterMs: 10 } });
    await context.get('/image/upload/x.png');
    const [logged] = context.sandbox.cloudinary.requests.list();
    expect(logged?.durationMs).toBeGreaterThanOrEqual(29);
  });

  test('that is not well formed is refused and changes nothing', () => {
    set({ fault: { status: 503 } });
    expect(() => set({ match: { path: '(' }, fault: {} })).toThrow('is not a regular expression');
    expect(() => set({ fault: { status: 99 } })).toThrow('status');
    expect(context.sandbox.cloudinary.faults.list()).toMatchObject([{ fault: { status: 503 } }]);
  });
});

describe('from another process', () => {
  test('the console tells how to reach a vendor', () => {
    const { cloudinaryUrl, deliveryUrl, apiSecret } = context.sandbox.cloudinary;
    expect(vendor.access).toMatchObject({
      cloudinaryUrl,
      deliveryUrl,
      apiSecret,
    });
  });

  test('faults and settings are set, shown and taken back', async () => {
    const { faults, settings } = vendor;
    await faults.set([{ match: { path: /upload/ }, fault: { status: 503 } }]);
    expect(await statuses(1)).toEqual([503]);
    expect(await faults.list()).toMatchObject([{ match: { path: 'upload' } }]);
    await faults.clear();
    expect(await statuses(1)).toEqual([404]);
    await settings.set({ overwriteNotAtomic: true });
    expect(context.sandbox.cloudinary.settings.current.overwriteNotAtomic).toBe(true);
    expect(await settings.get()).toMatchObject({ overwriteNotAtomic: true });
  });

  test('requests and assets are listed, and reset forgets them', async () => {
    await upload('a/b');
    expect(await vendor.requests(/upload$/)).toMatchObject([{ subject: 'a/b', status: 200 }]);
    expect(await vendor.requests(/destroy$/)).toEqual([]);
    expect(await vendor.view('assets')).toMatchObject([{ public_id: 'a/b' }]);
    await vendor.settings.set({ adminCallsPerHour: 0 });
    await remote.reset();
    expect(await vendor.view('assets')).toEqual([]);
    expect(await vendor.requests()).toEqual([]);
    expect(await context.sdk.api.ping()).toMatchObject({ status: 'ok' });
  });

  test('a wrong call says what is wrong', async () => {
    const { faults, settings } = vendor;
    await expect(faults.set([{ fault: { status: 1 } }])).rejects.toMatchObject({
      code: 'SANDBOX_CONTROL',
    });
    await expect(settings.set({ nope: 1 })).rejects.toThrow('nope');
  });
});

describe('the console page', () => {
  test('shows credentials, assets, requests and faults, whatever is in their names', async () => {
    await upload('plain');
    await context.sdk.uploader.upload(png, { public_id: 'it\'s "here"' });
    await context.get('/image/upload/<script>alert(1)</script>.png');
    set({ fault: { latencyMs: 1 } });
    const page = await (await fetch(context.sandbox.url)).text();
    expect(page).toContain('Assets: 2');
    expect(page).toContain('it&#39;s &#34;here&#34;');
    expect(page).toContain('data:image/webp;base64,');
    expect(page).toContain('latencyMs');
    expect(page).toContain(context.sandbox.cloudinary.apiKey);
    expect(page).not.toContain('<script>alert');
  });
});
