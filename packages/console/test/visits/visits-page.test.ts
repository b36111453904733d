import { expect, test } from 'vitest';
import { createRate } from '../../src/visits/rate.ts';
import { letterPage, type Visits, visitsPage } from '../../src/visits/visits-page.ts';
import { FRAME, stubApi, wordsOf } from '../fixtures/stub-api.ts';

const AT = '2026-12-01T12:00:00.000Z';
const LETTER = {
  at: AT,
  batch: '0001:0-100',
  kind: 'refused',
  reason: 'no such column',
  rows: [{ a: 1 }],
};
const hits = (outcome: string, value: number) => ({
  name: 'prosora_hits_total',
  labels: { outcome },
  value,
});

test('a rate is known from the second look on, and not across a restart', () => {
  let now = 0;
  const rate = createRate(() => now);
  expect(rate.of(100)).toBeUndefined();
  now += 2_000;
  expect(rate.of(150)).toBe(25);
  now += 100;
  expect(rate.of(151)).toBe(25);
  now += 2_000;
  expect(rate.of(3)).toBeUndefined();
  now += 10 * 60_000;
  expect(rate.of(3_000)).toBeUndefined();
});

test('hits are counted as the collector has them, and dead ones listed with their reason', async () => {
  const status = {
    isReady: true,
    failures: [],
    metrics: [hits('accepted', 1_234), hits('bot', 56)],
    spools: [{ folder: '/data', bytes: 2_000 }],
    clock: null,
  };
  const { api } = stubApi<Visits>({ status, 'dead-letters': { items: [LETTER], next: null } });
  const { body } = await visitsPage({ visits: api, rate: createRate() }, {}, FRAME);
  const words = wordsOf(body);
  for (const part of ['Taken in 1,234', 'Left out bot 56', '2,000 bytes', 'no such column']) {
    expect(words).toContain(part);
  }
  expect(words).toContain('prosora-collector replay');
});

test('hits that the upstream may have are sent again only with a word on what that does', async () => {
  const shown = async (kind: string) => {
    const { api } = stubApi<Visits>({ 'dead-letter': { ...LETTER, kind } });
    return (await letterPage(api, { batch: LETTER.batch }, FRAME)).body.text;
  };
  expect(await shown('refused')).not.toContain('name="anyway"');
  expect(await shown('halfway')).toContain('though it doubles them');
});
