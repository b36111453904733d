import { ProsoraError } from '@prosora/service';
import { expect, test } from 'vitest';
import { mediaPage } from '../../src/media/media-page.ts';
import type { Services } from '../../src/services/services.ts';
import { FRAME, stubApi, wordsOf } from '../fixtures/stub-api.ts';

const AT = '2026-12-01T12:00:00.000Z';
const MEDIA = {
  kind: 'cloudinary',
  usage: {
    cloudName: 'demo',
    plan: 'Free',
    updatedAt: '2026-11-30',
    credits: { usage: 12.5, limit: 25 },
    storageBytes: 1_234_567_890,
    bandwidthBytes: null,
    transformations: 4_321,
    originals: 99,
  },
  findings: [{ name: 'upload', status: 'ok', sentence: 'It takes a picture.' }],
  failures: [{ at: AT, code: 'CLOUDINARY_LIMIT' }],
};
const JOBS = {
  queues: [{ queue: 'publish', counts: { delayed: 2 }, oldestSeconds: 7_200 }],
  items: [
    {
      queue: 'publish',
      id: 'post-1',
      state: 'dead',
      dueAt: null,
      settledAt: AT,
      failures: 5,
      reason: 'No.',
    },
  ],
  next: 'key',
};

const opsOf = (answers: Record<string, unknown>) => stubApi<NonNullable<Services['ops']>>(answers);

test('the plan at Cloudinary, what failed, and Ghost’s queues and jobs are on one page', async () => {
  const { api, asked } = opsOf({ media: MEDIA, jobs: JOBS });
  const { body } = await mediaPage(api, { query: { state: 'dead' }, isExamined: false }, FRAME);
  const words = wordsOf(body);
  for (const part of [
    '12.50 of 25 credits',
    '1.23 GB',
    '4,321',
    'CLOUDINARY_LIMIT',
    'delayed 2',
    '2 h',
    'post-1 dead',
  ]) {
    expect(words).toContain(part);
  }
  expect(words).not.toContain('It takes a picture.');
  expect(asked).toContainEqual({ name: 'media', input: {} });
  expect(body.text).toContain('/media?state=dead&#38;after=key');
});

test('the adapter looks only when it is told to, since it uploads', async () => {
  const { api, asked } = opsOf({ media: MEDIA, jobs: JOBS });
  const { body } = await mediaPage(api, { query: {}, isExamined: true }, FRAME);
  expect(asked).toContainEqual({ name: 'media', input: { examine: 'true' } });
  expect(wordsOf(body)).toContain('It takes a picture.');
});

test('what cannot be asked leaves the rest of the page as it is', async () => {
  const { api } = opsOf({
    media: new ProsoraError('NOT_RUNNING', 'ghost does not run.'),
    jobs: JOBS,
  });
  const { body, problem } = await mediaPage(api, { query: {}, isExamined: false }, FRAME);
  expect(problem).toBeUndefined();
  expect(wordsOf(body)).toContain('publish');
  const local = opsOf({ media: { ...MEDIA, kind: 'local', usage: null }, jobs: JOBS });
  const shown = await mediaPage(local.api, { query: {}, isExamined: false }, FRAME);
  expect(wordsOf(shown.body)).toContain('are kept by local');
});
