import { afterEach, expect, test, vi } from 'vitest';
import { createMetricsReader } from '../../src/services/metrics.ts';

afterEach(() => void vi.unstubAllGlobals());

test.each([
  ['ENOTFOUND', 'NOT_KEPT'],
  ['EAI_AGAIN', 'NOT_KEPT'],
  ['ECONNREFUSED', 'UNANSWERED'],
])('an address that ends in %s is told as %s', async (code, expected) => {
  vi.stubGlobal('fetch', async () => {
    throw new TypeError('fetch failed', { cause: Object.assign(new Error(), { code }) });
  });
  const { now } = createMetricsReader('http://metrics.watch:8428');
  await expect(now('up')).rejects.toMatchObject({ code: expected });
});
