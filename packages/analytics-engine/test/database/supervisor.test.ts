import { createLogger } from '@prosora/service';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { DatabaseProcess } from '../../src/database/database-process.ts';
import { openDatabase } from '../../src/database/supervisor.ts';
import { EngineError } from '../../src/errors.ts';

/** How long it would have waited; nothing does here. */
const waits = vi.hoisted(() => [] as number[]);
vi.mock('node:timers/promises', () => ({ setTimeout: async (ms: number) => waits.push(ms) }));
beforeEach(() => void waits.splice(0));

/** Processes that do nothing, and what became of them. */
function processes({ startMs = 0, failures = 0, failure = 'broken' } = {}) {
  const started: { isEnded: boolean; end: () => void }[] = [];
  let attempts = 0;
  let failuresLeft = failures;
  const startProcess = async (): Promise<DatabaseProcess> => {
    attempts += 1;
    await new Promise((resolve) => setTimeout(resolve, startMs));
    if (failuresLeft > 0) {
      failuresLeft -= 1;
      throw new EngineError('DATABASE_START_FAILED', failure);
    }
    let end = (): void => {};
    const exited: DatabaseProcess['exited'] = new Promise((resolve) => {
      end = () => {
        state.isEnded = true;
        resolve({ code: null, signal: 'SIGKILL' });
      };
    });
    const state = { isEnded: false, end };
    started.push(state);
    return {
      pid: started.length,
      exited,
      run: async () => Buffer.from('{}'),
      stop: async () => end(),
    };
  };
  return { started, startProcess, attempts: () => attempts };
}

const options = {
  journal: {
    has: () => false,
    begin: async () => {},
    finish: async () => {},
    forget: async () => {},
    repeat: async () => {},
    setAside: 0,
  },
  settings: { dataDir: '/nowhere', backupDir: '/nowhere', memoryLimitBytes: 1, maxQuerySeconds: 1 },
  prepare: async () => {},
  logger: createLogger({ name: 'test', level: 'silent' }),
};

describe('a start that fails', () => {
  test('is tried again for half a minute while one that was killed holds the lock', async () => {
    const { startProcess } = processes({ failures: 11, failure: 'Cannot lock file status.' });
    await using database = await openDatabase({ ...options, startProcess });
    expect(database.isReady).toBe(true);
    expect(waits.reduce((sum, ms) => sum + ms)).toBe(31_300);
  });

  test('is given up with its reason before a second is over where it is no lock', async () => {
    const { startProcess } = processes({ failures: 99 });
    await expect(openDatabase({ ...options, startProcess })).rejects.toThrow('broken');
    expect(waits).toEqual([100, 200, 400]);
  });
});

test('datafiles that do not fit are refused at once, and the process is stopped', async () => {
  const { started, startProcess } = processes();
  const prepare = () => Promise.reject(new EngineError('DATAFILES_CHANGED', 'no'));
  await expect(openDatabase({ ...options, startProcess, prepare })).rejects.toThrow('no');
  expect(started).toMatchObject([{ isEnded: true }]);
});

test('a database that ends while it is prepared is started again', async () => {
  const { startProcess } = processes();
  const prepare = vi
    .fn(async () => {})
    .mockRejectedValueOnce(new EngineError('DATABASE_UNAVAILABLE', 'gone'));
  await using database = await openDatabase({ ...options, startProcess, prepare });
  expect(database.isReady).toBe(true);
});

test('after a crash it is prepared and ready again', async () => {
  const { started, startProcess } = processes();
  const prepare = vi.fn(async () => {});
  await using database = await openDatabase({ ...options, startProcess, prepare });
  started[0]?.end();
  await vi.waitUntil(() => database.restarts === 1);
  expect(prepare).toHaveBeenCalledTimes(2);
  expect((await database.query('SELECT 1')).toString()).toBe('{}');
});

test('closed while it starts again, it leaves no process behind', async () => {
  const { started, startProcess, attempts } = processes({ startMs: 50 });
  const database = await openDatabase({ ...options, startProcess });
  started[0]?.end();
  await vi.waitUntil(() => attempts() === 2);
  await database.close();
  expect(started).toMatchObject([{ isEnded: true }, { isEnded: true }]);
  await expect(database.query('SELECT 1')).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
});

test.each([
  [384, 1],
  [614, 2],
])('with %s MB %s questions are asked at a time', async (megabytes, atOnce) => {
  const { startProcess } = processes();
  const answers = Promise.withResolvers<Buffer>();
  const run = vi.fn(() => answers.promise);
  await using database = await openDatabase({
    ...options,
    settings: { ...options.settings, memoryLimitBytes: megabytes * 2 ** 20 },
    startProcess: async () => ({ ...(await startProcess()), run }),
  });
  const all = Promise.all([1, 2, 3].map(() => database.query('SELECT 1')));
  await vi.waitUntil(() => run.mock.calls.length === atOnce);
  expect(database.waiting).toBe(3 - atOnce);
  answers.resolve(Buffer.from('{}'));
  await all;
  expect(run).toHaveBeenCalledTimes(3);
});
