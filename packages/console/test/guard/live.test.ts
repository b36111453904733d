import { setTimeout as wait } from 'node:timers/promises';
import { Hono } from 'hono';
import { expect, test } from 'vitest';
import { createLive } from '../../src/guard/live.ts';
import type { ConsoleEnv } from '../../src/guard/room.ts';
import type { Services } from '../../src/services/services.ts';
import { startTestApp } from '../fixtures/test-app.ts';

/** A site whose newest backup can be changed while somebody looks. */
function start() {
  const backups: { newest?: { run: string; at: string } } = {};
  const status = { backups, jobs: [], running: null, metrics: [] };
  const answers: Record<string, object> = { status, edge: { past: null } };
  const ops = {
    async get(name: string) {
      if (name === 'media') throw new Error('Nobody knows yet.');
      return answers[name] ?? { items: [] };
    },
  };
  return { ...startTestApp({ ops } as unknown as Services), backups };
}

/** Reads a stream of events one by one. */
async function* eventsOf(response: Response): AsyncGenerator<{ event: string; data: string }> {
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += Buffer.from(chunk).toString();
    for (;;) {
      const end = text.indexOf('\n\n');
      if (end === -1) break;
      const lines = text.slice(0, end).split('\n');
      text = text.slice(end + 2);
      const of = (name: string) =>
        lines
          .filter((line) => line.startsWith(`${name}: `))
          .map((line) => line.slice(name.length + 2));
      yield { event: of('event').join(), data: of('data').join('\n') };
    }
  }
}

test('a page that is open is told what it looks like whenever that changed', async () => {
  const app = start();
  const response = await app.ask('/live?page=/', { session: 'owner-1' });
  expect(response.headers.get('content-type')).toContain('text/event-stream');
  const seen: string[] = [];
  for await (const { event, data } of eventsOf(response)) {
    seen.push(event);
    if (seen.length === 1) expect(data).toContain('There is none.');
    expect(data).not.toMatch(/name="token" value="[^"]/);
    if (seen.length === 3) app.backups.newest = { run: 'b1', at: new Date().toISOString() };
    if (event === 'main' && seen.length > 3) {
      expect(data).toContain('none was proven');
      break;
    }
    expect(seen.length).toBeLessThan(100);
  }
  expect(seen.slice(0, 3)).toEqual(['main', 'same', 'same']);
});

test('the stream ends with the session', async () => {
  const app = start();
  const response = await app.ask('/live?page=/', { session: 'owner-1' });
  let count = 0;
  for await (const _ of eventsOf(response)) {
    count += 1;
    app.ghost.sessions.clear();
    app.clock.now += 6_000;
  }
  expect(count).toBe(1);
});

test('nothing but a page of the console is looked at', async () => {
  const { ask } = start();
  for (const page of ['//evil.example/', 'https://evil.example/']) {
    const { status } = await ask(`/live?page=${encodeURIComponent(page)}`, { session: 'owner-1' });
    expect([page, status]).toEqual([page, 400]);
  }
});

test.each(['/live?page=/', '/./live?page=/', '/%6cive?page=/', '/care'])(
  'what does not change by itself is told nothing of, nor is a stream: %s',
  async (page) => {
    const { ask } = start();
    const path = `/live?page=${encodeURIComponent(page)}`;
    expect(await (await ask(path, { session: 'owner-1' })).text()).toBe('');
  },
);

/** Pages of which nobody reads what is sent. */
function startUnread(longestMs?: number) {
  const main = '<script data-live="x"></script><main id="main">x</main>';
  const render = () => new Response(main);
  const live = createLive({ render, everyMs: 5, ...(longestMs && { longestMs }) });
  const app = new Hono<ConsoleEnv>().get('/live', live);
  return async (method: string) =>
    await app.fetch(new Request('https://blog.example.com/live?page=/', { method }), {});
}

test('a HEAD takes no place of a page that is open', async () => {
  const ask = startUnread();
  for (let at = 0; at < 60; at++) expect((await ask('HEAD')).status).toBe(200);
  expect((await ask('GET')).status).toBe(200);
});

test('a page that nobody reads gives its place back', async () => {
  const ask = startUnread(50);
  const statuses: number[] = [];
  for (let at = 0; at < 51; at++) statuses.push((await ask('GET')).status);
  expect([statuses[49], statuses[50]]).toEqual([200, 503]);
  await wait(200);
  expect((await ask('GET')).status).toBe(200);
});
