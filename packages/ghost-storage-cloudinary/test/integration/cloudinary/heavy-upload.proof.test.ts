import { fork } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { startTestSite, type TestSite } from '../../fixtures/test-site.ts';

const { soak } = inject('proof');
const MEGABYTES = soak ? 200 : 100;

let site: TestSite;
beforeAll(async () => {
  site = await startTestSite();
  site.cloudinary.settings.set({ videoMaxBytes: 500_000_000 });
});
afterAll(() => site[Symbol.asyncDispose]());

const HEAD = Buffer.from('\0\0\0\x18ftypmp42', 'latin1');

test(`a video of ${MEGABYTES} MB is uploaded in parts with at most 60 MB more memory, a lost part included`, async () => {
  const small = await site.upload('small.mp4', Buffer.concat([HEAD, randomBytes(1000)]));
  const large = await site.upload('large.mp4', HEAD);
  const handle = await open(large.path, 'a');
  for (let written = 0; written < MEGABYTES; written += 1)
    await handle.write(randomBytes(1_000_000));
  await handle.close();
  site.cloudinary.faults.set([
    { match: { path: '/upload$', after: 3, times: 1 }, fault: { dropAfterAccept: true } },
  ]);

  const script = join(import.meta.dirname, '../../fixtures/heavy-upload.ts');
  const config = JSON.stringify(site.configOf({ store: 'media' }));
  const child = fork(script, [config, small.path, large.path], {
    execArgv: ['--conditions=@prosora/source'],
  });
  const [{ url, extraMegabytes }] = await once(child, 'message');
  console.log(`${MEGABYTES} MB uploaded with ${extraMegabytes.toFixed(0)} MB more memory`);
  expect(extraMegabytes).toBeLessThanOrEqual(60);
  // One small file, the parts of the large one, and the part that was lost.
  const parts = Math.ceil((MEGABYTES * 1e6 + HEAD.length) / 20_000_000);
  expect(site.cloudinary.requests.list(/\/upload$/)).toHaveLength(1 + parts + 1);
  const md5 = createHash('md5');
  await pipeline(createReadStream(large.path), md5);
  const stored = site.cloudinary.assets().find(({ public_id }) => public_id.endsWith('large_mp4'));
  expect(stored?.etag).toBe(md5.digest('hex'));
  expect(url).toBe('/content/media/heavy/large.mp4');
});
