import { expect, test } from 'vitest';
import { createLane } from '../../src/database/lane.ts';

function task(log: string[], name: string) {
  let resolve = (): void => {};
  let reject = (_error: Error): void => {};
  const promise = new Promise<void>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  const run = (): Promise<void> => {
    log.push(name);
    return promise;
  };
  return { run, resolve: () => resolve(), reject: (error: Error) => reject(error) };
}

test('a lane runs so many at once, the others in order, and refuses what is beyond', async () => {
  const lane = createLane({ concurrency: 2, maxWaiting: 1 });
  const started: string[] = [];
  const [a, b, c] = [task(started, 'a'), task(started, 'b'), task(started, 'c')];
  const running = [lane.run(a.run), lane.run(b.run), lane.run(c.run)];

  await expect(lane.run(async () => {})).rejects.toMatchObject({
    code: 'DATABASE_BUSY',
    status: 429,
  });
  expect(started).toEqual(['a', 'b']);
  expect(lane.waiting).toBe(1);

  b.reject(new Error('failed'));
  await expect(running[1]).rejects.toThrow('failed');
  await Promise.resolve();
  expect(started).toEqual(['a', 'b', 'c']);
  a.resolve();
  c.resolve();
  await Promise.all([running[0], running[2]]);
  expect(await lane.run(async () => 'free again')).toBe('free again');
});
