import type { IncomingHttpHeaders } from 'node:http';
import { expect, test } from 'vitest';
import { tinybirdWaitMs } from '../../src/vendors/tinybird-wait.ts';

const NOW = Date.parse('2026-09-01T12:00:00Z');

test.each([
  [{ 'retry-after': '7' }, 7_000],
  [{ 'retry-after': 'Tue, 01 Sep 2026 12:00:30 GMT' }, 30_000],
  [{ 'retry-after': 'Tue, 01 Sep 2026 11:00:00 GMT' }, 0],
  [{ 'x-ratelimit-reset': '3' }, 3_000],
  [{ 'retry-after': '2', 'x-ratelimit-reset': '9' }, 2_000],
  [{ 'retry-after': '86400' }, 3_600_000],
  [{ 'retry-after': 'later' }, undefined],
  [{ 'retry-after': '' }, undefined],
  [{}, undefined],
])('%j asks for %s ms', (headers, waitMs) => {
  expect(tinybirdWaitMs(headers as IncomingHttpHeaders, NOW)).toBe(waitMs);
});
