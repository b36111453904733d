import { expect, test } from 'vitest';
import { startWithSdk } from '../../fixtures/cloudinary-with-sdk.ts';

test('a fault by probability hits the same requests in every run with one seed', async () => {
  const runs: string[] = [];
  for (const seed of ['one', 'one', 'two']) {
    await using context = await startWithSdk({ seed });
    context.sandbox.cloudinary.faults.set([
      { match: { probability: 0.5 }, fault: { status: 503 } },
    ]);
    const statuses: number[] = [];
    for (let n = 0; n < 30; n += 1) {
      statuses.push((await context.get('/image/upload/x.png')).status);
    }
    runs.push(statuses.join());
  }
  const [first, again, other] = runs;
  expect(first).toBe(again);
  expect(first).not.toBe(other);
  expect(first).toContain('503');
  expect(first).toContain('404');
});
