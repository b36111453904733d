import { expect, onTestFinished, test, vi } from 'vitest';
import { watchParts } from '../../../src/gauges/parts.ts';
import { watchRedis } from '../../../src/gauges/redis.ts';
import { docker } from '../../../src/stack/compose.ts';

const PROJECT = 'prosora-gauges';
const IMAGE = 'redis:7-alpine';

/** A container that looks like a part of a stack. */
async function start(part: string, script: string, own: readonly string[] = []): Promise<string> {
  const labels = { project: PROJECT, service: part };
  const words = Object.entries(labels).flatMap(([name, value]) => [
    '--label',
    `com.docker.compose.${name}=${value}`,
  ]);
  const id = await docker('/', [
    ...['run', '--detach', '--init', ...words, ...own, IMAGE, 'sh', '-c', script],
  ]);
  onTestFinished(async () => void (await docker('/', ['rm', '--force', id.trim()])));
  return id.trim();
}

type Labelled = [string, Map<string, number>];

const STAYS = 'sleep infinity';
const RESTART = ['--restart', 'unless-stopped'];

test('of each part it is known whether it is well, what it takes and how often it died', async () => {
  const stopped = new AbortController();
  onTestFinished(() => stopped.abort());
  const wanted = async () => ['missing'];
  const subject = watchParts(PROJECT, wanted, stopped.signal);
  const read = async () => {
    const readings = Object.entries(await subject.read(AbortSignal.timeout(20_000)));
    return Object.fromEntries(
      readings.map(([name, reading]) => [name, Object.fromEntries((reading as Labelled)[1])]),
    );
  };
  // From here on those who are killed are counted.
  await read();
  await start('plain', STAYS, RESTART);
  const check = (command: string) => ['--health-cmd', command, '--health-interval', '1s'];
  await start('well', STAYS, [...RESTART, ...check('true')]);
  await start('ill', STAYS, [...RESTART, ...check('false'), '--health-retries', '1']);
  await start('dies', 'exit 1', RESTART);
  await start('ends', 'exit 0', ['--restart', 'no']);
  // Its first process lives on.
  const eats = 'sleep 2; dd if=/dev/zero of=/dev/null bs=256M count=1; sleep infinity';
  await start('eats', eats, [...RESTART, '--memory', '32m', '--memory-swap', '32m']);
  await docker('/', ['stop', '--time', '0', await start('halted', STAYS, RESTART)]);

  await vi.waitFor(
    async () => {
      const readings = await read();
      expect(readings['prosora_part_up']).toEqual({
        ...{ plain: 1, well: 1, ill: 0, dies: 0, eats: 1, halted: 0, missing: 0 },
      });
      expect(readings['prosora_part_restarts_total']?.['dies']).toBeGreaterThan(1);
      expect(readings['prosora_part_restarts_total']).toMatchObject({ plain: 0, halted: 0 });
      expect(readings['prosora_part_memory_kills_total']).toMatchObject({ plain: 0, eats: 1 });
      expect(readings['prosora_part_memory_limit_bytes']).toMatchObject({ eats: 32 * 2 ** 20 });
      expect(readings['prosora_part_memory_bytes']?.['plain']).toBeGreaterThan(2 ** 16);
      expect(readings['prosora_part_memory_bytes']?.['plain']).toBeLessThan(32 * 2 ** 20);
      expect(readings['prosora_part_cpu_seconds_total']?.['eats']).toBeGreaterThan(0);
    },
    { timeout: 60_000, interval: 500 },
  );
});

test('Redis is asked with its password, and one that hangs or is stopped is down', async () => {
  const conf = 'requirepass secret-of-the-test';
  const script = `mkdir -p /run/secrets; echo ${conf} > /run/secrets/redis.conf; exec redis-server /run/secrets/redis.conf --maxmemory 8mb`;
  const id = await start('redis', script, RESTART);
  const { read } = watchRedis(PROJECT, () => true);
  const ask = () => read(AbortSignal.timeout(20_000));
  await vi.waitFor(async () => {
    expect(await ask()).toMatchObject({
      prosora_redis_up: 1,
      prosora_redis_memory_limit_bytes: 8 * 2 ** 20,
      prosora_redis_evicted_total: 0,
      prosora_redis_connections: 1,
    });
  });
  await docker('/', ['exec', id, 'sh', '-c', 'kill -STOP $(pidof redis-server)']);
  expect(await ask()).toEqual({ prosora_redis_up: 0 });
  await docker('/', ['stop', '--time', '0', id]);
  expect(await ask()).toEqual({ prosora_redis_up: 0 });
  expect(await watchRedis(PROJECT, () => false).read(AbortSignal.timeout(1_000))).toEqual({});
});
