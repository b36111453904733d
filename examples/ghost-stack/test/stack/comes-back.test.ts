import { rm, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, inject, test, vi } from 'vitest';
import { askEdge } from './edge.ts';
import { kill } from './kill.ts';
import { signIn } from './people.ts';
import { allHealthy, compose, containerOf, DOMAIN, docker, inspect, SERVICES } from './stack.ts';

// Beside another stack, which keeps the machine busy.
vi.setConfig({ testTimeout: 300_000 });

test.each(SERVICES)(
  '%s comes back by itself after it was killed, and the site with it',
  async (service) => {
    await kill(service);
    await vi.waitUntil(async () => (await askEdge('/').catch(() => undefined))?.status === 200, {
      timeout: 60_000,
      interval: 200,
    });
  },
);

test('a video larger than the memory that Ghost has left does not end it', async () => {
  const admin = await signIn();
  const { Pid } = (await inspect(containerOf('ghost'))).State;
  const video = path.join(inject('stack').dir, 'long.mp4');
  await writeFile(video, '');
  await truncate(video, 600 * 2 ** 20);
  // Cloudinary's word on it: it is no video, and larger than a free plan takes.
  await expect(admin.media.upload(video)).rejects.toThrow(/was answered 4\d\d/);
  await rm(video);
  expect((await inspect(containerOf('ghost'))).State.Pid).toBe(Pid);
  expect((await askEdge('/')).status).toBe(200);
});

test('while a service is away a page with the site’s name says so, and when to try again', async () => {
  await compose(['stop', 'webhooks']);
  const { status, headers, body } = await askEdge('/members/webhooks/stripe/', { method: 'POST' });
  await compose(['start', 'webhooks']);
  expect({ status, again: headers['retry-after'] }).toEqual({ status: 502, again: '5' });
  expect(body.toString()).toContain(`<h1>${DOMAIN}</h1>`);
  await allHealthy();
});

test.each(['db', 'redis'] as const)('the site goes on after a restart of %s', async (service) => {
  await compose(['restart', service]);
  await allHealthy();
  await vi.waitUntil(async () => (await askEdge('/')).status === 200, {
    timeout: 30_000,
    interval: 200,
  });
  // The database itself, past every cache.
  expect((await askEdge(`/?nothing=${Date.now()}`)).status).toBe(200);
});

test('after a reboot, which starts all at once and in no order, everything is healthy again', async () => {
  const containers = SERVICES.map(containerOf);
  await docker(['kill', ...containers]);
  await docker(['start', ...containers]);
  await vi.waitUntil(
    async () => {
      const states = await Promise.all(containers.map(inspect));
      return states.every(({ State }) => State.Health?.Status === 'healthy');
    },
    { timeout: 150_000, interval: 500 },
  );
  expect((await askEdge('/')).status).toBe(200);
});
