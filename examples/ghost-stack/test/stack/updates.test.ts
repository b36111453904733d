import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { json } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, inject, onTestFinished, test, vi } from 'vitest';
import { askEdge } from './edge.ts';
import { makeGhost } from './newer-ghosts.ts';
import { prosora, prosoraKilledAfter, stackUnderTest } from './prosora.ts';
import {
  addMember,
  ghostVersion,
  members,
  prepareUpdates,
  tables,
  type Updates,
  whileReading,
} from './site-in-update.ts';
import { containerOf, docker, exec } from './stack.ts';

const { dir, project } = inject('stack');
let updates: Updates;

/** Two updates, one after the other, on a machine that another stack keeps busy. */
const LONG = { timeout: 400_000 };

beforeAll(async () => {
  updates = await prepareUpdates();
});
afterAll(() => updates.end());

test('a newer Ghost is tried where nobody sees it, and takes its place with no reader sent away', async () => {
  await addMember('before');
  await makeGhost(updates.registry, { version: '6.66.0', migrates: true });
  // As where files of a newer version want a secret that no start has made yet.
  const secrets = `${project}_ghost_secrets:/secrets`;
  const lose = ['rm', '/secrets/mail_api_key'];
  await docker([
    'run',
    '--rm',
    '--network',
    'none',
    '--volume',
    secrets,
    'redis:7-alpine',
    ...lose,
  ]);
  const [{ code, output }, others] = await whileReading(prosora(['update'], updates.withNewer));
  expect(output).toContain('changes the database');
  expect(output).toContain('ghost: ghost 6.65.0 → ghost 6.66.0');
  expect({ code, others }).toEqual({ code: 0, others: [] });
  expect(output).toMatch(/While it was watched [1-9]\d* requests came, 0 failed/);
  expect(await exec('ghost', 'cat', '/run/secrets/mail_api_key')).not.toBe('');
  expect(await ghostVersion()).toBe('6.66.0');
  expect(await tables()).toBe('prosora_update_6_66_0');
  expect((await prosora(['history'])).stdout).toContain('is in place.');
});

test(
  'one that dies on the site is undone with its database, by the next run where the first is killed',
  LONG,
  async () => {
    await addMember('amid');
    await makeGhost(updates.registry, {
      version: '6.67.0',
      migrates: true,
      fault: 'ends later',
      onSite: true,
    });
    const notes = path.join(dir, '.prosora/care/updates.json');
    const isWatching = vi.waitUntil(
      async () => {
        const { number, step } = JSON.parse(await readFile(notes, 'utf8')).at(-1);
        return number === 2 && step === 'watching';
      },
      { timeout: 240_000, interval: 100 },
    );
    expect(
      await prosoraKilledAfter(isWatching, ['update'], stackUnderTest(updates.withNewer)),
    ).toEqual({
      wasKilled: true,
    });
    expect((await prosora(['up'])).output).toContain('Update 2 did not end.');
    const told: unknown[] = [];
    const people = createServer(async (request, response) => {
      told.push(await json(request));
      response.end();
    }).listen(0, '127.0.0.1');
    await once(people, 'listening');
    onTestFinished(() => void people.close());
    const url = `http://127.0.0.1:${(people.address() as AddressInfo).port}`;
    const byItself = { ...updates.withNewer, UPDATES: 'auto', NOTIFY_WEBHOOK_URL: url };
    const { code, output } = await prosora(['update', '--unattended'], byItself);
    expect(output).toContain('ghost ended and was started anew.');
    expect(output).toMatch(/database is as it was at/);
    const title = expect.stringContaining('Update 2 was undone');
    expect(told).toContainEqual(expect.objectContaining({ kind: 'problem', title }));
    // What failed here is not tried again by itself.
    expect(output).toContain('It failed here before');
    expect(code).toBe(0);
    expect(await ghostVersion()).toBe('6.66.0');
    expect(await tables()).toBe('prosora_update_6_66_0');
    expect(await members()).toEqual(['amid', 'before']);
    expect((await askEdge(`/?undone=${Date.now()}`)).status).toBe(200);
  },
);

test('a rollback brings the image and the database of before, and lists what came since', async () => {
  await addMember('late');
  const { code, output } = await prosora(['rollback']);
  expect(code).toBe(0);
  expect(output).toContain('2 members. They are in');
  expect(await ghostVersion()).toBe('6.65.0');
  expect(await tables()).toBe('');
  expect(await members()).toEqual(['before']);
  const since = path.join(dir, '.prosora/care/update');
  const [, file = ''] = /They are in (.+\.json)/.exec(output) ?? [];
  expect(file.startsWith(since)).toBe(true);
  expect(await readFile(file, 'utf8')).toContain('late@updates.example');
  const image = () => docker(['inspect', '--format', '{{.Image}}', containerOf('ghost')]);
  const before = await image();
  expect((await prosora(['up'])).code).toBe(0);
  expect(await image()).toBe(before);
});
