import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { seededRandom } from '@prosora/service/testing';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { askEdge } from './edge.ts';
import { openRepository } from './own-repository.ts';
import { ensureOwner } from './people.ts';
import { createKiller, prosora } from './prosora.ts';
import { docker, imageOf, sql } from './stack.ts';

const { soak, seed } = inject('proof');
const { dir, port, project } = inject('stack');
const KILLS = soak ? 20 : 1;
/** About as long as a run takes. */
const LONGEST_MS = 20_000;

let own: Awaited<ReturnType<typeof openRepository>>;
let repository = '';
beforeAll(async () => {
  own = await openRepository();
  repository = own.folder;
  process.env['BACKUP_REPOSITORY'] = repository;
  await ensureOwner();
});
afterAll(async () => {
  delete process.env['BACKUP_REPOSITORY'];
  await own.remove();
});

interface Listed {
  run: string;
  isProven: boolean;
}
const backUp = () => prosora(['backup', 'now']);
const password = async () =>
  (await readFile(path.join(dir, '.prosora/care/backup-password'), 'utf8')).trim();
const listed = async (): Promise<Listed[]> =>
  JSON.parse((await prosora(['backup', 'list', '--json'])).stdout);
/** Everything that was written before is kept, in ms. */
const keptUntil = async (): Promise<number> =>
  Date.parse(
    JSON.parse(await readFile(path.join(dir, '.prosora/care/backups.json'), 'utf8')).minutes.at,
  );

test('a backup is whole, encrypted, and its password is shown once', async () => {
  const first = await backUp();
  expect(first).toMatchObject({ code: 0, output: expect.stringContaining(' is whole.') });
  expect(first.output).toContain(await password());
  const found = await docker([
    ...['run', '--rm', '--volume', `${repository}:/repository`, imageOf('ops')],
    ...['sh', '-c', 'grep -rlE "INSERT INTO|db_root_password" /repository | wc -l'],
  ]);
  expect(found).toBe('0');
  const { output } = await prosora(['doctor']);
  expect(output).toMatch(/^✔ backups: The newest is 0 hours old\.$/m);
});

test('what was deleted since comes back, and what was there stays beside', async () => {
  const before = await sql('SELECT COUNT(*), MAX(title) FROM posts');
  // One whose time comes once the backup is made.
  const due =
    "id = (SELECT id FROM (SELECT MIN(id) AS id FROM posts WHERE type = 'post') AS first)";
  const [, published] = (await sql(`SELECT status, published_at FROM posts WHERE ${due}`)).split(
    '\t',
  );
  await sql(`UPDATE posts SET status = 'scheduled' WHERE ${due}`);
  const second = await backUp();
  expect(second.code).toBe(0);
  expect(second.output).not.toContain(await password());
  await sql("DELETE FROM posts_meta; UPDATE posts SET title = 'Overwritten'");
  const { code, output } = await prosora(['restore', '--only', 'database']);
  expect({ code, output }).toMatchObject({ code: 0 });
  expect(await sql('SELECT COUNT(*), MAX(title) FROM posts')).toBe(before);
  expect(output).toContain('These posts were to be published since the backup');
  expect(await sql(`SELECT status, published_at FROM posts WHERE ${due}`)).toBe(
    `draft\t${published}`,
  );
  await sql(`UPDATE posts SET status = 'published' WHERE ${due}`);
  expect(await sql('SELECT MAX(title) FROM ghost_before_restore.posts')).toBe('Overwritten');
  expect((await askEdge('/')).status).toBe(200);
});

test('two at once: the second is told of the first', async () => {
  const runs = await Promise.all([backUp(), backUp()]);
  expect(runs.map(({ code }) => code).sort()).toEqual([0, 1]);
  expect(runs.find(({ code }) => code === 1)?.output).toContain('Another run is at the backups');
});

test('a drill proves the newest, reaches neither this machine nor the site on it, and keeps what is written meanwhile', async () => {
  await sql("UPDATE settings SET updated_at = NOW() WHERE `key` = 'title'");
  expect(await prosora(['backup', 'minutes'])).toMatchObject({ code: 0 });
  const kept = await keptUntil();
  const running = prosora(['drill']);
  const ghost = `${project}-drill-ghost-1`;
  // It is stopped soon after it has shown a page, so it is asked from its start on.
  for (let isRunning = false; !isRunning; await delay(100)) {
    const state = await docker(['inspect', '--format', '{{.State.Running}}', ghost]).catch(String);
    isRunning = state === 'true';
  }
  const addresses = (await docker(['exec', ghost, 'sh', '-c', 'hostname -i'])).split(' ');
  const gateways = addresses.map((address) => address.replace(/\.\d+$/, '.1'));
  const bridge = await docker([
    ...['network', 'inspect', 'bridge', `${project}_edge`, '--format'],
    '{{(index .IPAM.Config 0).Gateway}}',
  ]);
  const networks = '{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}';
  const caddy = await docker(['inspect', '--format', networks, `${project}-caddy-1`]);
  const targets = [
    ...[...gateways, ...bridge.split('\n')].map((host) => `${host}:${port}`),
    ...[...caddy.trim().split(' '), '1.1.1.1'].map((host) => `${host}:443`),
  ];
  const dial = `for (const target of process.argv.slice(1)) {
    const [host, port] = target.split(':');
    const socket = require('net').connect({ host, port, timeout: 2000 });
    socket.on('connect', () => { console.log('reached ' + target); process.exit(1); });
    socket.on('timeout', () => socket.destroy()).on('error', () => {});
  }`;
  expect(await docker(['exec', ghost, 'node', '-e', dial, ...targets])).toBe('');
  const { code, output } = await running;
  expect({ code, output }).toMatchObject({ code: 0 });
  expect(output).toMatch(/^✔ minutes: What was written until .+ can be repeated\.$/m);
  expect(output).toMatch(/^✔ newest post: Its page is there\.$/m);
  expect((await listed()).at(-1)).toMatchObject({ isProven: true });
  expect(await keptUntil()).toBeGreaterThan(kept);
  expect(await docker(['ps', '--all', '--quiet', '--filter', `name=${project}-drill`])).toBe('');
});

test(`a run that is killed leaves nothing that counts, and the next is well (${KILLS} kills, seed ${seed})`, async () => {
  const killed = createKiller(seededRandom(seed), LONGEST_MS);
  for (let kill = 0; kill < KILLS; kill += 1) {
    let before: unknown[] = [];
    await killed(['backup', 'now'], async () => {
      before = await listed();
    });
    expect((await listed()).length).toBeLessThanOrEqual(before.length + 1);
    expect(await prosora(['backup', 'verify'])).toMatchObject({ code: 0 });
  }
  expect(await backUp()).toMatchObject({ code: 0 });
});
