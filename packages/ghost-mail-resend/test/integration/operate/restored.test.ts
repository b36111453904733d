import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { backup, DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { bridgeEnv, runVerb } from '../../fixtures/bridge-process.ts';
import {
  BATCH,
  type MailLab,
  membersOf,
  newsletterForm,
  post,
  startMailLab,
  until,
} from '../../fixtures/bridge-with-resend.ts';

/** Taken so long before that Resend's list shows what was sent since. */
const TAKEN_AT = () => new Date(Date.now() - 10 * 60_000).toISOString();

async function statesOf(lab: MailLab): Promise<string[]> {
  const { store } = await lab.look();
  const rows = await store.db.selectFrom('recipient').select('state').execute();
  return rows.map(({ state }) => state);
}

/** A bridge with a newsletter that waits, and a copy of its store from that time. */
async function waitingLab() {
  const lab = await startMailLab({ bridge: { choresEveryMs: 100 } });
  lab.resend.faults.set([{ match: { path: BATCH }, fault: { status: 429 } }]);
  await post(lab, newsletterForm(membersOf(4)));
  await until(() => lab.log.some((line) => line.includes('"job"')));
  const file = join(lab.dir, 'mail', 'mail.db');
  const copy = join(lab.dir, 'copy.db');
  const source = new DatabaseSync(file);
  await backup(source, copy);
  source.close();
  return { lab, file, copy };
}

/** Puts the copy back while no bridge runs, tells it so, and starts the bridge. */
async function restore({ lab, file, copy }: Awaited<ReturnType<typeof waitingLab>>) {
  await lab.bridge.stop();
  for (const end of ['', '-wal', '-shm']) await rm(file + end, { force: true });
  const source = new DatabaseSync(copy);
  await backup(source, file);
  source.close();
  const env = bridgeEnv(lab.resend, join(lab.dir, 'mail'));
  const told = await runVerb({ env }, ['restored', TAKEN_AT()]);
  expect(told).toMatchObject({ exitCode: 0, output: expect.stringContaining('1 calls may') });
  lab.resend.faults.clear();
  await lab.restart();
}

test('a newsletter that was sent since the backup is sent to nobody twice, and is found at Resend', async () => {
  const site = await waitingLab();
  await using lab = site.lab;
  lab.resend.faults.clear();
  await until(() => lab.resend.inbox.list().length === 4);
  await restore(site);
  await until(async () => (await statesOf(lab)).every((state) => state === 'sent'));
  expect(lab.resend.inbox.list()).toHaveLength(4);
});

test('one that Resend does not have is held for a person', async () => {
  const site = await waitingLab();
  await using lab = site.lab;
  await restore(site);
  await until(() => lab.log.some((line) => line.includes('"absent":4')));
  expect(await statesOf(lab)).toEqual(Array(4).fill('unknown'));
  expect(lab.resend.inbox.list()).toEqual([]);
});

test('a time that is none is refused', async () => {
  await using lab = await startMailLab();
  const env = bridgeEnv(lab.resend, join(lab.dir, 'mail'));
  expect(await runVerb({ env }, ['restored', 'yesterday'])).toMatchObject({ exitCode: 2 });
});
