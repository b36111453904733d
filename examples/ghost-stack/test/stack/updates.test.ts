import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';
import { askEdge } from './edge.ts';
import { makeGhost, startRegistry } from './newer-ghosts.ts';
import { openRepository } from './own-repository.ts';
import { prosora, prosoraKilledAfter, stackUnderTest } from './prosora.ts';
import { exec, inspect, sql } from './stack.ts';

const { dir } = inject('stack');
/** More than what an update needs to see that a container is started again and again. */
const WATCH = { UPDATE_WATCH_MINUTES: '0.3' };

let repository: Awaited<ReturnType<typeof openRepository>>;
let registry: Awaited<ReturnType<typeof startRegistry>>;
let withNewer: Record<string, string>;

beforeAll(async () => {
  repository = await openRepository();
  process.env['BACKUP_REPOSITORY'] = repository.folder;
  registry = await startRegistry();
  withNewer = { ...WATCH, GHOST_IMAGE: `${registry.address}/ghost:6-alpine` };
});
afterAll(async () => {
  delete process.env['BACKUP_REPOSITORY'];
  await registry.remove();
  await repository.remove();
});

const ghostVersion = async (): Promise<string> =>
  (
    await exec('ghost', 'node', '-p', "require('/var/lib/ghost/current/package.json').version")
  ).trim();
const tables = async (): Promise<string> => await sql("SHOW TABLES LIKE 'prosora_update_%'");
const addMember = (email: string) =>
  sql(
    `INSERT INTO members (id, uuid, transient_id, email, created_at, updated_at) VALUES (LEFT(REPLACE(UUID(), '-', ''), 24), UUID(), UUID(), '${email}', NOW(), NOW())`,
  );
const members = async (): Promise<string[]> =>
  (await sql("SELECT email FROM members WHERE email LIKE '%@updates.example' ORDER BY email"))
    .split('\n')
    .filter(Boolean);

/** Reads the front page each second until something has ended. @returns what was not answered with 200 */
async function whileReading<Result>(work: Promise<Result>): Promise<[Result, number[]]> {
  const state = { isOver: false };
  const over = work.finally(() => {
    state.isOver = true;
  });
  const answers: Promise<number>[] = [];
  while (!state.isOver) {
    answers.push(
      askEdge('/').then(
        ({ status }) => status,
        () => 0,
      ),
    );
    await delay(1_000);
  }
  return [await over, (await Promise.all(answers)).filter((status) => status !== 200)];
}

test('a newer Ghost is tried where nobody sees it, and takes its place with no reader sent away', async () => {
  await addMember('before@updates.example');
  await makeGhost(registry, { version: '6.66.0', migrates: true });
  const [{ code, output }, others] = await whileReading(prosora(['update'], withNewer));
  expect(output).toContain('changes the database');
  expect(output).toContain('ghost: ghost 6.65.0 → ghost 6.66.0');
  expect({ code, others }).toEqual({ code: 0, others: [] });
  expect(output).toMatch(/While it was watched [1-9]\d* requests came, 0 failed/);
  expect(await ghostVersion()).toBe('6.66.0');
  expect(await tables()).toBe('prosora_update_6_66_0');
  expect((await prosora(['history'])).stdout).toContain('is in place.');
});

test('one that dies on the site is undone with its database, by the next run where the first is killed', async () => {
  await addMember('amid@updates.example');
  await makeGhost(registry, { version: '6.67.0', migrates: true, diesOnSite: true });
  const notes = path.join(dir, '.prosora/care/updates.json');
  const isWatching = vi.waitUntil(
    async () => {
      const { number, step } = JSON.parse(await readFile(notes, 'utf8')).at(-1);
      return number === 2 && step === 'watching';
    },
    { timeout: 240_000, interval: 100 },
  );
  expect(await prosoraKilledAfter(isWatching, ['update'], stackUnderTest(withNewer))).toEqual({
    wasKilled: true,
  });
  expect((await prosora(['up'])).output).toContain('Update 2 did not end.');
  const byItself = { ...withNewer, UPDATES: 'auto' };
  const { code, output } = await prosora(['update', '--unattended'], byItself);
  expect(output).toContain('ghost ended and was started anew.');
  expect(output).toMatch(/database is as it was at/);
  // What failed here is not tried again by itself.
  expect(output).toContain('It failed here before');
  expect(code).toBe(0);
  expect(await ghostVersion()).toBe('6.66.0');
  expect(await tables()).toBe('prosora_update_6_66_0');
  expect(await members()).toEqual(['amid@updates.example', 'before@updates.example']);
  expect((await askEdge(`/?undone=${Date.now()}`)).status).toBe(200);
});

test('a rollback brings the image and the database of before, and lists what came since', async () => {
  await addMember('late@updates.example');
  const { code, output } = await prosora(['rollback']);
  expect(code).toBe(0);
  expect(output).toContain('2 members. They are in');
  expect(await ghostVersion()).toBe('6.65.0');
  expect(await tables()).toBe('');
  expect(await members()).toEqual(['before@updates.example']);
  const since = path.join(dir, '.prosora/care/update');
  const [, file = ''] = /They are in (.+\.json)/.exec(output) ?? [];
  expect(file.startsWith(since)).toBe(true);
  expect(await readFile(file, 'utf8')).toContain('late@updates.example');
  const before = await inspect('ghost');
  expect((await prosora(['up'])).code).toBe(0);
  expect(await inspect('ghost')).toEqual(before);
});
