import { afterAll, beforeAll, expect, test } from 'vitest';
import { askEdge } from '../edge.ts';
import { signIn } from '../people.ts';
import { compose, exec } from '../stack.ts';
import { wayOf } from './memory-of-pages.ts';

beforeAll(async () => {
  await compose(['up', '--detach', '--wait'], { PAGES: 'off' });
});
afterAll(async () => {
  await compose(['up', '--detach', '--wait']);
});

test('with PAGES=off Ghost answers itself, and an edit shows at once', async () => {
  const admin = await signIn();
  for (const title of ['Without the memory', 'Without it still']) {
    await admin.settings.edit({ title });
    const page = await askEdge('/');
    expect([page.status, wayOf(page)]).toEqual([200, 'none']);
    expect(page.body.toString()).toContain(title);
  }
});

test('with PAGES=off the container of pages runs nothing', async () => {
  expect(await exec('pages', 'ls', '/var/lib/varnish')).toBe('');
});
