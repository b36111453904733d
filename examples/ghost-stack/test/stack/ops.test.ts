import { readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { json } from 'node:stream/consumers';
import { seededRandom } from '@prosora/service/testing';
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';
import { fetchThroughEdge } from './edge.ts';
import { openRepository } from './own-repository.ts';
import { ensureOwner, signIn } from './people.ts';
import { prosora, prosoraKilledAfter } from './prosora.ts';
import { compose, containerOf, DOMAIN, docker, exec, inspect } from './stack.ts';

const { dir, project } = inject('stack');
const { seed } = inject('proof');
const CARE = path.join(dir, '.prosora/care');
/** Should it be over before the service looks, it is made up. */
const SOON_MS = 5_000;
const NAME = 'backup_password';
/** About as long as its change takes. */
const LONGEST_MS = 8_000;
const WAIT = { timeout: 120_000, interval: 500 };

/** What people were told, and the pings. */
const told: { kind: string; title: string }[] = [];
let pings = 0;
const people = createServer(async (request, response) => {
  if (request.method === 'POST') told.push((await json(request)) as (typeof told)[number]);
  else pings += 1;
  response.end();
});

interface Status {
  running: { job: string } | null;
  jobs: { name: string; endedAt: string | null; failure: string | null; nextAt: string | null }[];
  backups: { newest?: { run: string } };
}
type Access = 'read' | 'write' | undefined;

/** Of the container that runs. Asked for at each question, they would keep the machine busier than the question. */
let tokens: Record<'id' | 'read' | 'write', string> | undefined;
async function tokensOf(id: string) {
  if (tokens?.id === id) return tokens;
  const { read } = JSON.parse(await exec('ops', 'cat', '/data/operator-tokens.json'));
  // That for changes is shared with the console.
  tokens = { id, read, write: await exec('ops', 'cat', '/run/secrets/operator_token') };
  return tokens;
}

async function ask(name: string, { method = 'GET', as }: { method?: string; as?: Access } = {}) {
  const { Id, NetworkSettings } = await inspect(containerOf('ops'));
  const address = NetworkSettings.Networks[`${project}_watch`]?.IPAddress;
  const token = as && (await tokensOf(Id))[as];
  return await fetch(`http://${address}:4501/operator/v1/${name}`, {
    method,
    headers: token ? { authorization: `Bearer ${token}` } : {},
    ...(method === 'POST' && { body: '{}' }),
  });
}
const read = async <Answer>(name: string) =>
  (await (await ask(name, { as: 'read' })).json()) as Answer;
const status = () => read<Status>('status');
const backupIn = ({ jobs }: Status) => jobs.find(({ name }) => name === 'backup');

/** Asks for a backup and waits for its end, or for that of one that runs. */
async function backUp(meanwhile = async () => {}) {
  const before = backupIn(await status())?.endedAt;
  expect((await ask('backup', { method: 'POST', as: 'write' })).status).toBe(200);
  await meanwhile();
  return await vi.waitUntil(async () => {
    const now = backupIn(await status().catch(() => ({ jobs: [] }) as never));
    return now && now.endedAt !== before && now;
  }, WAIT);
}

let repository: Awaited<ReturnType<typeof openRepository>>;
beforeAll(async () => {
  await ensureOwner();
  repository = await openRepository();
  await new Promise<void>((resolve) => people.listen(0, resolve));
  const format = '{{(index .IPAM.Config 0).Gateway}}';
  const gateway = await docker(['network', 'inspect', `${project}_egress`, '--format', format]);
  const url = `http://${gateway}:${(people.address() as AddressInfo).port}`;
  const settings = {
    BACKUP_REPOSITORY: repository.folder,
    NOTIFY_WEBHOOK_URL: `${url}/told`,
    NOTIFY_PING_URL: `${url}/ping`,
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`);
  await writeFile(path.join(dir, '.env'), lines.join(''));
});
afterAll(async () => {
  await rm(path.join(dir, '.env'), { force: true });
  await compose(['up', '--detach', '--wait', '--no-build']);
  people.close();
  await repository.remove();
});

test('at its time it takes a backup by itself, and says that nobody has seen the password', async () => {
  const at = new Date(Date.now() + SOON_MS).toISOString().slice(11, 19);
  await compose(['up', '--detach', '--wait', '--no-build', 'ops'], { BACKUP_AT: at });
  expect(backupIn(await status())?.nextAt).toContain(`T${at}`);
  expect(await read('backups')).toEqual({ items: [] });
  const { backups, jobs } = await vi.waitUntil(async () => {
    const now = await status();
    return backupIn(now)?.endedAt && now;
  }, WAIT);
  expect(jobs.find(({ name }) => name === 'backup')).toMatchObject({ failure: null });
  expect(backups.newest).toBeDefined();
  await vi.waitUntil(() => told.length > 0 && pings > 0, WAIT);
  expect(told).toMatchObject([{ kind: 'problem', title: 'the stack: password needs you' }]);
  const logs = await compose(['logs', '--no-color', 'ops']);
  const password = (await readFile(path.join(CARE, 'backup-password'), 'utf8')).trim();
  expect(logs).not.toContain(password);
  const { output } = await prosora(['status']);
  expect(output).toMatch(/^ops .* last backup \d+ s ago; next in /m);
});

test(`secrets rotate shows another password, the former opens nothing any more, and killed it leaves one that works (seed ${seed})`, async () => {
  const file = path.join(CARE, 'backup-password');
  const former = await readFile(file, 'utf8');
  await prosoraKilledAfter(seededRandom(seed)() * LONGEST_MS, ['secrets', 'rotate', NAME]);
  expect(await prosora(['backup', 'list'])).toMatchObject({ code: 0 });
  const { code, output } = await prosora(['secrets', 'rotate', NAME]);
  const present = await readFile(file, 'utf8');
  expect({ code, output }).toMatchObject({ code: 0, output: expect.stringContaining(present) });
  expect(present).not.toBe(former);
  await writeFile(file, former);
  expect((await prosora(['backup', 'list'])).output).toContain('password of the backups is wrong');
  await writeFile(file, present);
  await vi.waitUntil(() => told.length > 1, WAIT);
  expect(told[1]).toMatchObject({ kind: 'good', title: 'the stack: password is well again' });
});

test('its API lists and begins for those who may, and for nobody else', async () => {
  expect((await ask('status')).status).toBe(401);
  expect((await ask('backup', { method: 'POST', as: 'read' })).status).toBe(403);
  expect((await read<{ items: object[] }>('backups')).items).toHaveLength(1);
  const { findings } = await read<{ findings: object[] }>('examine');
  expect(findings).toContainEqual(expect.objectContaining({ name: 'front page', status: 'ok' }));
});

/** An author uploads while Cloudinary refuses the key. */
async function failToUpload(): Promise<void> {
  const admin = await signIn();
  const url = `https://sandbox.${DOMAIN}/cloudinary/faults`;
  const headers = { 'content-type': 'application/json' };
  const rules = [{ match: { path: '^/v1_1/' }, fault: { status: 401 } }];
  await fetchThroughEdge(url, { method: 'PUT', headers, body: JSON.stringify(rules) });
  const bytes = new Uint8Array([1, 2, 3]);
  await expect(admin.files.upload({ name: 'lost.pdf', bytes })).rejects.toThrow();
  await fetchThroughEdge(url, { method: 'DELETE' });
}

test('its API says how every part is, and what Ghost’s adapters and the logs know', async () => {
  const { items: parts } = await read<{ items: { part: string; isWell: boolean }[] }>('parts');
  expect(parts).toContainEqual(expect.objectContaining({ part: 'console', isWell: true }));
  expect(await read('drills')).toEqual({ items: [] });
  expect(await read('updates')).toEqual({ items: [] });
  expect(await read('jobs?limit=5')).toMatchObject({ queues: expect.any(Array), next: null });
  await failToUpload();
  expect(await read('media')).toMatchObject({
    kind: 'cloudinary',
    usage: { plan: 'Free' },
    failures: [expect.objectContaining({ code: 'CLOUDINARY_CREDENTIALS_REFUSED' })],
  });
  const at = new Date().toISOString();
  const asked = new URLSearchParams({ service: 'ops', at, minutes: '30', match: 'a job is done' });
  const { items: lines } = await read<{ items: { text: string }[] }>(`logs?${asked}`);
  expect(lines.length).toBeGreaterThan(0);
  expect(lines.every(({ text }) => text.includes('a job is done'))).toBe(true);
  const flag = await ask(`logs?service=--profile&at=${at}`, { as: 'read' });
  expect([flag.status, await flag.text()]).toEqual([400, expect.stringContaining('service: ')]);
});

test('people hear of a failure once, and of its end by a backup in which the service was killed', async () => {
  const before = told.length;
  const file = path.join(CARE, 'backup-password');
  const right = await readFile(file, 'utf8');
  await writeFile(file, 'another one');
  const wrong = expect.stringContaining('The password of the backups is wrong');
  expect(await backUp()).toMatchObject({ failure: wrong });
  await vi.waitUntil(() => told.length > before, WAIT);
  await writeFile(file, right);
  const runs = ['ps', '--all', '--quiet', '--filter', `label=prosora.ops=${project}`];
  const end = await backUp(async () => {
    await vi.waitUntil(async () => (await docker(runs)) !== '', WAIT);
    await docker(['kill', containerOf('ops')]);
    await docker(['start', containerOf('ops')]);
  });
  expect(end).toMatchObject({ failure: null });
  // Numbers go on where rules have let a backup go.
  const { items } = await read<{ items: { number: number }[] }>('backups');
  expect(items.at(-1)?.number).toBe(2);
  expect(await docker(runs)).toBe('');
  await vi.waitUntil(() => told.length > before + 1, WAIT);
  expect(told.slice(before)).toMatchObject([
    { kind: 'problem', title: 'the stack: backup needs you' },
    { kind: 'good', title: 'the stack: backup is well again' },
  ]);
});

test('between two backups it keeps what was written since', async () => {
  await compose(['up', '--detach', '--wait', '--no-build', 'ops'], { BACKUP_EVERY: '1' });
  const kept = await vi.waitUntil(async () => {
    const job = (await status()).jobs.find(({ name }) => name === 'minutes');
    return job?.endedAt && job;
  }, WAIT);
  expect(kept).toMatchObject({ failure: null });
  expect((await prosora(['doctor'])).output).toMatch(/^✔ minutes: /m);
});
