import { expect, test } from 'vitest';
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
  for (const page of ['//evil.example/', '/live?page=/', 'https://evil.example/']) {
    const { status } = await ask(`/live?page=${encodeURIComponent(page)}`, { session: 'owner-1' });
    expect([page, status]).toEqual([page, 400]);
  }
});
