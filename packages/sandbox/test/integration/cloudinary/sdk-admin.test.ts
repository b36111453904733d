import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  dataUri,
  redAndBlue,
  type SandboxWithSdk,
  startWithSdk,
} from '../../fixtures/cloudinary-with-sdk.ts';

let context: SandboxWithSdk;
let now = Date.UTC(2026, 10, 23, 9, 59, 30);
let png: string;

beforeAll(async () => {
  context = await startWithSdk({ now: () => now });
  png = dataUri(await redAndBlue(120, 80));
});
beforeEach(async () => {
  now = Date.now();
  await context.sandbox.reset();
});
afterAll(() => context[Symbol.asyncDispose]());

const failure = (call: Promise<unknown>) =>
  call.then(
    () => 'accepted',
    ({ error }: { error: { http_code: number; message: string } }) =>
      `${error.http_code} ${error.message}`,
  );

test('ping and usage answer', async () => {
  await context.sdk.uploader.upload(png, { public_id: 'x' });
  expect(await context.sdk.api.ping()).toMatchObject({ status: 'ok' });
  const usage = await context.sdk.api.usage();
  expect(usage).toMatchObject({
    resources: 1,
    media_limits: { image_max_size_bytes: 10_485_760, image_max_px: 25_000_000 },
  });
  expect(usage.storage.usage).toBeGreaterThan(0);
  context.sandbox.cloudinary.settings.set({ plan: 'Plus', creditsUsed: 220, creditLimit: 225 });
  expect(await context.sdk.api.usage()).toMatchObject({
    plan: 'Plus',
    credits: { usage: 220, limit: 225, used_percent: 97.78 },
  });
});

test('resource finds ids with slashes and says what is not there', async () => {
  const { asset_id: assetId } = await context.sdk.uploader.upload(png, {
    public_id: '2026/11/é logo.png',
    eager: [{ width: 60, crop: 'limit' }],
  });
  expect(await context.sdk.api.resource('2026/11/é logo.png')).toMatchObject({
    asset_id: assetId,
    width: 120,
    derived: [{ transformation: 'c_limit,w_60', width: 60 }],
  });
  expect(await failure(context.sdk.api.resource('2026/11/nope'))).toBe(
    '404 Resource not found - 2026/11/nope',
  );
  const asVideo = context.sdk.api.resource('2026/11/é logo.png', { resource_type: 'video' });
  expect(await failure(asVideo)).toMatch(/^404 /);
});

test('resources pages through what begins with a prefix', async () => {
  for (const id of ['a/1', 'a/2', 'a/3', 'b/1']) {
    await context.sdk.uploader.upload(png, { public_id: id });
  }
  const options = { type: 'upload', prefix: 'a/', max_results: 2 };
  const first = await context.sdk.api.resources(options);
  expect(first.resources.map((asset: { public_id: string }) => asset.public_id)).toEqual([
    'a/1',
    'a/2',
  ]);
  const next = { ...options, next_cursor: first.next_cursor };
  const second = await context.sdk.api.resources(next);
  expect(second.resources.map((asset: { public_id: string }) => asset.public_id)).toEqual(['a/3']);
  expect(second.next_cursor).toBeUndefined();
});

test('config tells the folder mode when it is asked for', async () => {
  expect(await context.sdk.api.config({ settings: true })).toMatchObject({
    cloud_name: 'prosora',
    settings: { folder_mode: 'dynamic' },
  });
});

describe('who may call, and how often', () => {
  test('wrong credentials are told apart', async () => {
    const ping = (options: object) => failure(context.sdk.api.ping(options));
    expect(await ping({ api_secret: 'wrong' })).toBe('401 api_secret mismatch');
    expect(await ping({ api_key: 'wrong' })).toBe('401 unknown api_key');
    expect(await ping({ cloud_name: 'other' })).toBe('401 cloud_name mismatch');
  });

  test('calls are counted by the hour, and 420 says when there are more', async () => {
    context.sandbox.cloudinary.settings.set({ adminCallsPerHour: 2 });
    now = Date.UTC(2026, 10, 23, 9, 59, 30);
    expect(await context.sdk.api.ping()).toMatchObject({
      rate_limit_allowed: 2,
      rate_limit_remaining: 1,
      rate_limit_reset_at: new Date('2026-11-23T10:00:00Z'),
    });
    await context.sdk.api.ping();
    expect(await failure(context.sdk.api.ping())).toBe(
      '420 Rate Limit Exceeded. Limit of 2 api operations reached. Try again on 2026-11-23 10:00:00 UTC',
    );
    now += 30_000;
    expect(await context.sdk.api.ping()).toMatchObject({ rate_limit_remaining: 1 });
  });

  test('uploads are not counted', async () => {
    context.sandbox.cloudinary.settings.set({ adminCallsPerHour: 0 });
    expect(await context.sdk.uploader.upload(png)).toMatchObject({ format: 'png' });
  });
});
