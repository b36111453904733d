import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { passForGhost } from '../fixtures/ghost-process.ts';

await passForGhost();
const { default: DurableScheduling } = await import('../../src/scheduling.ts');

const folder = mkdtempSync(join(tmpdir(), 'scheduling-'));
type Answer = (response: ServerResponse, request: IncomingMessage) => void;

/** Ghost's answers to the calls of one post, in turn; the last one stands. */
const answers = new Map<string, Answer[]>();
const calls: { path: string; token: string | null; body: string; at: number }[] = [];
const server = createServer(async (request, response) => {
  let body = '';
  for await (const chunk of request) body += chunk;
  const { pathname, searchParams } = new URL(request.url ?? '', 'http://ghost');
  calls.push({ path: pathname, token: searchParams.get('token'), body, at: Date.now() });
  const waiting = answers.get(pathname) ?? [];
  const answer = waiting.length > 1 ? waiting.shift() : waiting[0];
  (answer ?? published)(response, request);
});
let origin: string;
beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true });
});
afterEach(() => void vi.useRealTimers());

const json =
  (status: number, body: object): Answer =>
  (response) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  };
const published = json(200, { posts: [{ id: '1' }] });
const nothing = json(200, { posts: [] });
const unavailable = json(503, { errors: [{ type: 'MaintenanceError' }] });

let posts = 0;
/** A callback as Ghost asks for it, for a post of its own. */
function callback(inMs: number, token = 'first') {
  const path = `/ghost/api/admin/schedules/posts/${posts++}/`;
  const time = Date.now() + inMs;
  const job = { time, url: `${origin}${path}?token=${token}`, extra: { httpMethod: 'PUT' } };
  return { path, job, callsOf: () => calls.filter((call) => call.path === path) };
}

let stores = 0;
function start(block: Record<string, unknown> = {}) {
  const scheduling = new DurableScheduling({ file: join(folder, `${stores++}.db`), ...block });
  scheduling.run();
  return scheduling;
}

/** Waits for so many calls; `vi.waitFor` would move a clock that is not the real one. */
async function times(callsOf: () => unknown[], n: number, tries = 100) {
  while (callsOf().length < n && tries > 0) {
    await sleep(100);
    tries -= 1;
  }
  expect(callsOf()).toHaveLength(n);
}

test('Ghost is called at the time, not before, and once', async () => {
  const { job, callsOf } = callback(700);
  await start().schedule(job);
  await times(callsOf, 1);
  expect(callsOf()[0]?.at).toBeGreaterThanOrEqual(job.time);
  await sleep(1_500);
  expect(callsOf()).toHaveLength(1);
});

test('it is called until it answers, with force once the time is over', async () => {
  const { path, job, callsOf } = callback(200);
  answers.set(path, [unavailable, (response) => response.destroy(), published]);
  await start().schedule(job);
  await times(callsOf, 3);
  expect(JSON.parse(callsOf()[2]?.body ?? '')).toEqual({ force: true });
  await sleep(1_500);
  expect(callsOf()).toHaveLength(3);
});

test('a post that is unscheduled while it is tried is not called for again', async () => {
  const { path, job, callsOf } = callback(100);
  answers.set(path, [unavailable]);
  const scheduling = start();
  await scheduling.schedule(job);
  await times(callsOf, 1);
  await scheduling.unschedule(job);
  const tried = callsOf().length;
  await sleep(3_000);
  expect(callsOf().length).toBeLessThanOrEqual(tried + 1);
});

test('a refused token is had anew through Ghost’s own rescheduling', async () => {
  const { path, job, callsOf } = callback(100, 'expired');
  answers.set(path, [json(401, { errors: [{ code: 'INVALID_JWT' }] }), published]);
  const scheduling = start();
  await scheduling.schedule(job);
  const rescheduleAll = async () => {
    const fresh = { ...job, url: job.url.replace('expired', 'fresh') };
    await scheduling.unschedule(fresh, { bootstrap: true });
    void scheduling.schedule(fresh);
  };
  Object.assign(scheduling, { rescheduleAll });
  await times(callsOf, 2);
  expect(callsOf().map(({ token }) => token)).toEqual(['expired', 'fresh']);
});

test('an empty answer is no publication while Ghost still has the post scheduled', async () => {
  const { path, job, callsOf } = callback(100);
  answers.set(path, [nothing, nothing, published]);
  const scheduling = start();
  await scheduling.schedule(job);
  Object.assign(scheduling, { rescheduleAll: async () => void scheduling.schedule(job) });
  await times(callsOf, 3, 150);
});

test('and is the end of it when Ghost has not', async () => {
  const { path, job, callsOf } = callback(100);
  answers.set(path, [nothing]);
  const scheduling = start();
  await scheduling.schedule(job);
  Object.assign(scheduling, { rescheduleAll: async () => undefined });
  await times(callsOf, 1);
  await sleep(2_500);
  expect(callsOf()).toHaveLength(1);
});

test('a clock that steps back does not call early, and one that steps ahead calls at once', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
  const early = callback(1_500);
  const ahead = callback(3_600_000);
  const scheduling = start();
  await scheduling.schedule(early.job);
  await scheduling.schedule(ahead.job);
  // The clock of the store goes on from where it was: on it, the time comes too soon.
  vi.setSystemTime(Date.now() - 60_000);
  for (let ms = 0; ms < 3_000; ms += 250) {
    await sleep(250);
    vi.setSystemTime(Date.now() + 250);
  }
  expect(early.callsOf()).toHaveLength(0);
  vi.setSystemTime(ahead.job.time + 1_000);
  await times(ahead.callsOf, 1);
  await times(early.callsOf, 1);
});

test('without its store it calls from memory', async () => {
  const { job, callsOf } = callback(200);
  await start({ file: '/proc/no-folder/x.db' }).schedule(job);
  await times(callsOf, 1);
});

test('the same under another key is the same: it is called once, with the new token', async () => {
  const { job, callsOf } = callback(800, 'old');
  const scheduling = start();
  await scheduling.schedule(job);
  await scheduling.unschedule(job);
  await scheduling.schedule({ ...job, url: job.url.replace('old', 'new') });
  await times(callsOf, 1);
  await sleep(1_500);
  expect(callsOf().map(({ token }) => token)).toEqual(['new']);
});
