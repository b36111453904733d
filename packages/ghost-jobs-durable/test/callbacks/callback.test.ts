import { expect, test } from 'vitest';
import { callbackOf, encodeCallback } from '../../src/callbacks/callback.ts';

const job = {
  time: 1_796_000_000_000,
  url: 'https://example.com/blog/ghost/api/admin/schedules/posts/abc/?token=eyJhbGciOi',
  extra: { httpMethod: 'PUT' },
};

test('a callback is known by method, path and time, whatever its token', () => {
  const other = { ...job, url: job.url.replace('eyJhbGciOi', 'another') };
  expect(callbackOf(other).id).toBe(callbackOf(job).id);
  expect(callbackOf({ ...job, time: job.time + 1_000 }).id).not.toBe(callbackOf(job).id);
});

test('what is kept of it holds no token', () => {
  const callback = callbackOf(job);
  const kept = callback.id + Buffer.from(encodeCallback(callback)).toString();
  expect(kept).toContain('/schedules/posts/abc/');
  expect(kept).not.toContain('eyJhbGciOi');
});
