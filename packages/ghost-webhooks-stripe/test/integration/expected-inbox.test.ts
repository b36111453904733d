import { existsSync, mkdirSync, mkdtempSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PERMIT } from '@prosora/durable';
import { beforeEach, expect, test } from 'vitest';
import { eventLike } from '../fixtures/events.ts';
import { runVerb } from '../fixtures/inbox-process.ts';
import { inboxEnv, send, startInbox } from '../fixtures/running-inbox.ts';

/* An inbox that was there once is expected: in its place a disk that is not mounted shows an empty folder. */

let disk: string;
let folder: string;
let env: Record<string, string>;
beforeEach(() => {
  disk = mkdtempSync(join(tmpdir(), 'prosora-disk-'));
  folder = join(disk, 'data');
  env = inboxEnv('http://127.0.0.1:9', {
    PROSORA_STRIPE_NEW_STORE: '',
    PROSORA_STRIPE_DATA_DIR: folder,
  });
});

const starts = async () => {
  const inbox = await startInbox(env);
  await inbox.stop();
};
const refusal = expect.objectContaining({
  code: 'STORE_MISSING',
  help: expect.stringContaining('prosora-stripe init'),
});

test('where its disk is not mounted the inbox does not start, and leaves nothing behind', async () => {
  await expect(startInbox(env)).rejects.toThrow(refusal);
  expect(existsSync(folder)).toBe(false);
  mkdirSync(folder);
  await expect(startInbox(env)).rejects.toThrow(refusal);
  expect(readdirSync(folder)).toEqual([]);
});

test('an inbox whose file was emptied is not taken for a new one', async () => {
  mkdirSync(folder);
  writeFileSync(join(folder, 'inbox.db'), '');
  await expect(startInbox(env)).rejects.toThrow(refusal);
  expect(statSync(join(folder, 'inbox.db')).size).toBe(0);
});

test('init makes it once, and it starts with what it holds from then on', async () => {
  expect((await runVerb(env, ['init'])).stdout).toBe(`The inbox is there: ${folder}.\n`);
  const inbox = await startInbox(env);
  await send(inbox.url, eventLike(7));
  await inbox.stop();
  await runVerb(env, ['init']);
  expect(JSON.parse((await runVerb(env, ['status', '--json'])).stdout)).toMatchObject({
    events: 1,
  });
});

test('the permit of an installer is good for one new inbox', async () => {
  mkdirSync(folder);
  writeFileSync(join(folder, PERMIT), '');
  await starts();
  expect(readdirSync(folder)).not.toContain(PERMIT);
  await starts();
});

test('doctor says of a missing inbox what to do, and makes none', async () => {
  const { code, stdout } = await runVerb(env, ['doctor']);
  expect(code).toBe(1);
  expect(stdout).toMatch(
    /✘ inbox: It cannot be written: There is no .*inbox\.db.*prosora-stripe init/,
  );
  expect(existsSync(folder)).toBe(false);
});
