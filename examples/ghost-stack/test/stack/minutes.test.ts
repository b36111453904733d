import { readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { seededRandom } from '@prosora/service/testing';
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';
import { openRepository } from './own-repository.ts';
import { ensureOwner } from './people.ts';
import { createKiller, prosora } from './prosora.ts';
import { sql } from './stack.ts';

const { soak, seed } = inject('proof');
const { dir } = inject('stack');
const KILLS = soak ? 20 : 1;
/** About as long as a tick takes. */
const LONGEST_MS = 6_000;

let repository: Awaited<ReturnType<typeof openRepository>>;
beforeAll(async () => {
  repository = await openRepository();
  process.env['BACKUP_REPOSITORY'] = repository.folder;
  await ensureOwner();
  expect(await prosora(['backup', 'now'])).toMatchObject({ code: 0 });
});
afterAll(async () => {
  delete process.env['BACKUP_REPOSITORY'];
  await repository.remove();
});

const tick = () => prosora(['backup', 'minutes']);
const wellTick = async () => expect(await tick()).toMatchObject({ code: 0 });
const note = (text: string) =>
  sql(`CREATE TABLE IF NOT EXISTS notes (id INT AUTO_INCREMENT PRIMARY KEY, text VARCHAR(99));
    INSERT INTO notes (text) VALUES ('${text}')`);
const notes = async () => (await sql('SELECT text FROM notes ORDER BY id')).split('\n');
/** A second that lies between what came before and what comes after. */
async function betweenTwoWrites(): Promise<string> {
  await delay(1_100);
  const second = `${new Date().toISOString().slice(0, 19)}Z`;
  await delay(1_100);
  return second;
}

test(`what was written since the backup comes back as of a second, though ticks were killed (${KILLS} kills, seed ${seed})`, async () => {
  const killed = createKiller(seededRandom(seed), LONGEST_MS);
  const title = await sql('SELECT MAX(title) FROM posts');
  const written: string[] = [];
  const write = async (text: string) => {
    await note(text);
    written.push(text);
  };
  await write('after the backup');
  await wellTick();
  for (let kill = 0; kill < KILLS; kill += 1) {
    await killed(['backup', 'minutes'], () => write(`kill ${kill}`));
  }
  await wellTick();
  await write('after the kills');
  const second = await betweenTwoWrites();
  await sql("UPDATE posts SET title = 'Overwritten'; DROP TABLE notes");
  await wellTick();
  const folder = path.join(dir, 'looked-at');
  expect(await prosora(['restore', '--into', 'looked-at'])).toMatchObject({ code: 0 });
  expect(await readdir(path.join(folder, 'mail/mail_data/.backup'))).toContain('mail.db');
  expect((await readdir(path.join(folder, 'database-log'))).length).toBeGreaterThan(1);
  await rm(folder, { recursive: true });

  expect(await prosora(['restore', '--at', second, '--only', 'database'])).toMatchObject({
    code: 0,
    output: expect.stringContaining('and what was written until'),
  });
  expect(await notes()).toEqual(written);
  expect(await sql('SELECT MAX(title) FROM posts')).toBe(title);
  expect(await sql('SELECT MAX(title) FROM ghost_before_restore.posts')).toBe('Overwritten');
  // As a run leaves it that is killed once the database is in its place.
  const half = JSON.stringify({ run: 'killed', only: 'database', aside: ['database'] });
  await writeFile(path.join(dir, '.prosora/care/restoring.json'), half);
  expect(await prosora(['restore', '--only', 'database'])).toMatchObject({ code: 0 });
  expect(await sql('SELECT MAX(title) FROM ghost_before_restore.posts')).toBe('Overwritten');
  const { code, output } = await tick();
  expect([code, output]).toEqual([1, expect.stringContaining('no backup to go on from')]);
});

/** The backup that the rest goes on from. */
let run = '';

test('a log with a gap is told, and a backup begins anew', async () => {
  await prosora(['backup', 'now']);
  await note('lost to the log');
  await sql('RESET BINARY LOGS AND GTIDS');
  const { code, output } = await tick();
  expect([code, output]).toEqual([1, expect.stringContaining('does not go on from where')]);
  expect((await prosora(['doctor'])).output).toMatch(/^✘ minutes: /m);
  await sql('CREATE TABLE named (id INT)');
  const taken = await prosora(['backup', 'now', '--json']);
  expect(taken).toMatchObject({ code: 0 });
  ({ run } = JSON.parse(taken.stdout));
  await wellTick();
});

test('where nothing was written, nothing is added', async () => {
  const kept = () => readdir(path.join(repository.folder, 'snapshots'));
  // Payments of other tests may still be on their way through the inbox.
  await vi.waitFor(async () => {
    const snapshots = await kept();
    const { code, stdout } = await prosora(['backup', 'minutes', '--json']);
    expect({ code, ...JSON.parse(stdout) }).toMatchObject({ code: 0, parts: [] });
    expect(await kept()).toEqual(snapshots);
  }, 120_000);
});

test('a moment that is not kept is named as such, with what is kept', async () => {
  const at = async (time: string) => (await prosora(['restore', '--at', time])).output;
  expect(await at('2020-01-01T00:00:00Z')).toContain('The first moment that is kept is 20');
  expect(await at('2999-01-01T00:00:00Z')).toContain('is still to come');
  expect(await at('yesterday')).toContain('"yesterday" is no time');
  expect(await at(await betweenTwoWrites())).toContain('The newest moment that is kept is 20');
});

test('a statement that names the database itself is refused, and Ghost’s own is as it was', async () => {
  await sql('ALTER TABLE ghost.named ADD COLUMN late INT');
  await wellTick();
  await sql('ALTER TABLE named DROP COLUMN late');
  const refused = await prosora(['restore', '--only', 'database']);
  expect(refused).toMatchObject({ code: 1, output: expect.stringContaining('cannot be repeated') });
  expect(await prosora(['restore', run, '--only', 'database'])).toMatchObject({ code: 0 });
  // What was there before stands beside.
  expect(await sql('SHOW COLUMNS FROM ghost_before_restore.named')).not.toContain('late');
});
