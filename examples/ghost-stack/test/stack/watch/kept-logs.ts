import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, inject, onTestFinished, test } from 'vitest';
import { askEdge } from '../edge.ts';
import { prosora } from '../prosora.ts';
import { secretsOfTheStack } from '../secrets-of-the-stack.ts';
import { compose, exec } from '../stack.ts';

const WATCHED = { COMPOSE_PROFILES: 'sandbox,watch' };
const inOps = (script: string) => exec('ops', 'sh', '-c', script);

describe('the log lines of all services', () => {
  test('outlive a container that is made anew, and `prosora logs` has each of them once', async () => {
    const STARTED = 'Ready to accept connections';
    const kept = () => inOps(`cat /logs/redis/*.log | grep -c '${STARTED}'`).catch(() => '0');
    await expect.poll(kept).not.toBe('0');
    const before = Number(await kept());
    await compose(['up', '--detach', '--wait', '--no-deps', '--force-recreate', 'redis']);
    await expect.poll(async () => Number(await kept())).toBe(before + 1);
    const words = ['logs', 'redis', '--grep', STARTED, '--json'];
    const since = await prosora([...words, '--since', '1d'], WATCHED);
    expect(JSON.parse(since.stdout)).toHaveLength(before + 1);
    expect(JSON.parse((await prosora(words, WATCHED)).stdout)).toHaveLength(1);
  });

  test('have no secret of the stack and no whole address', async () => {
    const lines = await inOps('cat /logs/*/*.log');
    expect(lines).toContain('"msg":"handled request"');
    for (const secret of await secretsOfTheStack()) expect(lines.includes(secret)).toBe(false);
    const addresses = lines.match(/\b(?:\d{1,3}\.){3}\d{1,3}\b/g) ?? [];
    expect(new Set(addresses.map((address) => address.split('.').at(-1)))).toEqual(new Set(['0']));
  });

  test('of the edge make a page by GoAccess', async () => {
    const page = path.join(inject('stack').dir, 'requests.html');
    onTestFinished(() => rm(page, { force: true }));
    const asked = `/asked-${Date.now()}/`;
    await askEdge(asked);
    const { code, output } = await prosora(['requests', '--html', 'requests.html'], WATCHED);
    expect([code, output]).toEqual([0, '']);
    expect(await readFile(page, 'utf8')).toContain(asked.replaceAll('/', '\\/'));
  });
});
