import { createServer } from 'node:http';
import { join } from 'node:path';
import { listen } from '@prosora/service';
import { packed, spawnService } from '@prosora/service/testing';
import { expect, test } from 'vitest';

/** What Ghost answers of the one session that it knows. */
const USER = {
  id: '1',
  name: 'Olive Owner',
  email: 'owner@example.com',
  status: 'active',
  roles: [{ name: 'Owner' }],
};

test('the tarball alone serves the console to whom Ghost knows', async () => {
  const server = createServer((request, response) => {
    const isKnown = request.headers.cookie === 'ghost-admin-api-session=known';
    response.writeHead(isKnown ? 200 : 403, { 'content-type': 'application/json' });
    response.end(JSON.stringify(isKnown ? { users: [USER] } : { errors: [{ message: 'no' }] }));
  });
  await using ghost = await listen(server, { host: '127.0.0.1', port: 0 });
  await using installed = await packed(join(import.meta.dirname, '../..'));
  const service = await spawnService([join(installed.home, 'dist/cli.js')], {
    PROSORA_CONSOLE_ADMIN_URL: 'https://blog.example.com',
    PROSORA_CONSOLE_GHOST_URL: ghost.url,
    PROSORA_CONSOLE_HOST: '127.0.0.1',
    PROSORA_CONSOLE_PORT: '0',
    PROSORA_CONSOLE_PRIVATE_PORT: '0',
  });
  const ask = (cookie: string) =>
    fetch(`${service.url}/ghost/prosora/`, { headers: { cookie }, redirect: 'manual' });
  expect((await ask('ghost-admin-api-session=other')).status).toBe(404);
  const page = await ask('ghost-admin-api-session=known');
  expect(page.status).toBe(200);
  const text = await page.text();
  const style = /href="([^"]+look\.css[^"]+)"/.exec(text)?.[1] ?? '';
  const files = await fetch(service.url + style, {
    headers: { cookie: 'ghost-admin-api-session=known' },
  });
  expect((await files.text()).length).toBeGreaterThan(1_000);
  expect((await fetch(`${service.privateUrl}/readyz`)).status).toBe(200);
  expect(await service.end('SIGTERM')).toBe(0);
});
