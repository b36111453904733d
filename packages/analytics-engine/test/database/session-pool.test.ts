import { expect, test } from 'vitest';
import { createSessionPool } from '../../src/database/session-pool.ts';

function sessions() {
  const opened: { id: number; isClosed: boolean; close(): void }[] = [];
  const open = () => {
    const session = {
      id: opened.length,
      isClosed: false,
      close() {
        session.isClosed = true;
      },
    };
    opened.push(session);
    return session;
  };
  return { opened, open };
}

test('a Session is used again after a success and never after a failure', async () => {
  const { opened, open } = sessions();
  const pool = createSessionPool(open);
  const use = () => pool.run(async ({ id }) => id);

  expect([await use(), await use()]).toEqual([0, 0]);
  await expect(pool.run(() => Promise.reject(new Error('mid-output')))).rejects.toThrow(
    'mid-output',
  );
  expect(opened[0]?.isClosed).toBe(true);
  expect(await use()).toBe(1);
});

test('two queries at once never share a Session', async () => {
  const pool = createSessionPool(sessions().open);
  const ids = await Promise.all([pool.run(async ({ id }) => id), pool.run(async ({ id }) => id)]);
  expect(ids).toEqual([0, 1]);
});
