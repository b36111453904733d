import { expect, test } from 'vitest';
import { createGhost } from '../../src/deliver/ghost.ts';

const HOUR_MS = 3_600_000;

/** What is made of an answer of 503 or 429 that asks for a wait. */
const answerTo = (retryAfter: string) =>
  createGhost({
    url: 'http://ghost.test',
    secrets: ['whsec_of_this_test_alone'],
    fetch: async () => new Response('', { status: 503, headers: { 'retry-after': retryAfter } }),
  }).post(Buffer.from('{}'));

test('a wait that Ghost or its proxy asks for is kept', async () => {
  expect(await answerTo('7')).toMatchObject({ status: 503, retryAfterMs: 7_000 });
});

test.each([
  ['of a maintenance page that was written for days', '604801'],
  ['to a date that a wrong clock takes for far', 'Fri, 31 Dec 2100 23:59:59 GMT'],
])('a wait %s is kept for an hour, and no event is given up for it', async (_what, retryAfter) => {
  expect(await answerTo(retryAfter)).toMatchObject({ status: 503, retryAfterMs: HOUR_MS });
});
