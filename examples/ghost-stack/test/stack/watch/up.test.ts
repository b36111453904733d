import path from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { startForeignContainer } from '../foreign-container.ts';
import { secretsOfTheStack } from '../secrets-of-the-stack.ts';
import { type ContainerState, compose, docker, exec, inspect, ROOT, sql } from '../stack.ts';
import { askMetrics, execIn, startWatch, stopWatch, WATCHERS, type Watcher } from './watch.ts';
// What is tested of the profile while it is up.
import './panels.ts';
import './kept-logs.ts';
import './what-ops-sees.ts';

beforeAll(async () => await startWatch());
afterAll(stopWatch);

const stateOf = (watcher: Watcher): Promise<ContainerState> =>
  inspect(`${inject('stack').project}-${watcher}-1`);

describe.each(WATCHERS)('%s', (watcher) => {
  test('runs as a user of its own, on a file system that it cannot change, without capabilities', async () => {
    const { Config, HostConfig, Mounts } = await stateOf(watcher);
    expect(Config.User).toBe('1000:1000');
    expect(HostConfig).toMatchObject({
      Privileged: false,
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges:true'],
      ReadonlyRootfs: true,
    });
    expect(HostConfig.CapAdd ?? []).toEqual([]);
    expect(Mounts.filter(({ Type, RW }) => Type === 'bind' && RW)).toEqual([]);
  });

  test('has limits of memory, processes and log', async () => {
    const { HostConfig } = await stateOf(watcher);
    expect(HostConfig.Memory).toBeGreaterThan(0);
    expect(HostConfig.PidsLimit).toBeGreaterThan(0);
    expect(HostConfig.LogConfig).toEqual({
      Type: 'json-file',
      Config: { 'max-size': '10m', 'max-file': '3' },
    });
  });

  test('is on the network of those who watch, and publishes nothing', async () => {
    const { NetworkSettings } = await stateOf(watcher);
    const networks = Object.keys(NetworkSettings.Networks).map((name) => name.split('_').at(-1));
    expect(networks.sort()).toEqual(watcher === 'db-metrics' ? ['back', 'watch'] : ['watch']);
    expect(Object.values(NetworkSettings.Ports).flat().filter(Boolean)).toEqual([]);
  });
});

const LISTENERS = ['metrics 8428', 'rules 8880', 'alerts 9093', 'db-metrics 9104'];

test.each([
  ['edge', 'caddy 443'],
  ['egress', 'ghost 2368'],
  ['front', 'ghost 2368'],
  ['back', 'db 3306'],
] as const)('a container on the network %s reaches none of them', async (network, there) => {
  await using foreign = await startForeignContainer(network);
  const open = await foreign.knock([...LISTENERS, there]);
  expect(open).toEqual([...LISTENERS.map(() => false), true]);
});

const jobsIn = (...more: string[]) =>
  ['alerts', 'caddy', 'metrics', 'ops', 'rules', ...more].sort();
const JOBS = jobsIn('analytics', 'console', 'db-metrics', 'engine', 'mail', 'webhooks');

test('everything that tells of itself is asked, and answers', async () => {
  const jobsUp = async () =>
    (await askMetrics('up == 1')).map(({ metric }) => metric['job'] ?? '').sort();
  await expect.poll(jobsUp).toEqual(JOBS);
  await expect.poll(() => askMetrics('up == 0')).toEqual([]);
});

/** Whom `metrics` would ask with other choices. */
async function jobsWith(choices: Record<string, string>): Promise<string[]> {
  const words = ['--profile', 'watch', 'config', '--format', 'json'];
  const { image, environment } = JSON.parse(await compose(words)).services.metrics;
  const env = Object.entries({ ...environment, ...choices });
  const files = `${path.join(ROOT, 'examples/ghost-stack/watch')}:/etc/watch:ro`;
  const container = await docker([
    ...['run', '--detach', '--rm', '--network', 'none', '--volume', files],
    ...env.flatMap(([name, value]) => ['--env', `${name}=${value}`]),
    ...[image, '-storageDataPath=/tmp/data', '-promscrape.config=/etc/watch/scrape.yml'],
  ]);
  const url = 'http://127.0.0.1:8428/api/v1/targets?state=active';
  const ask = ['exec', container, 'busybox', 'wget', '-q', '-O', '-', url];
  const asked = async (): Promise<{ scrapePool: string }[]> =>
    JSON.parse(await docker(ask)).data.activeTargets;
  try {
    await vi.waitUntil(async () => (await asked().catch(() => [])).length > 0, 20_000);
    return (await asked()).map(({ scrapePool }) => scrapePool).sort();
  } finally {
    await docker(['rm', '--force', container]);
  }
}

test('what a choice does without is not asked, so that it is not down', async () => {
  const [least, other] = await Promise.all([
    jobsWith({
      MAILER: 'mailgun',
      PAYMENTS: 'off',
      ANALYTICS: 'off',
      CONSOLE: 'off',
      DATABASE: 'elsewhere',
    }),
    jobsWith({ ANALYTICS: 'tinybird', CDN: 'cloudflare' }),
  ]);
  expect(least).toEqual(jobsIn());
  expect(other).toEqual(jobsIn('analytics', 'cdn', 'console', 'db-metrics', 'mail', 'webhooks'));
});

test('only who shows the token tells `ops` of an alert', async () => {
  const tell = async (header: string) => {
    const body = `--header 'Content-Type: application/json' --post-data '{"version":"4","alerts":[]}'`;
    const script = `busybox wget -q -O - ${header} ${body} http://ops.watch:4501/alerts`;
    return await execIn('alerts', 'sh', '-c', script).catch(
      (error: Error) => /HTTP\/1.1 (\d+)/.exec(error.message)?.[1],
    );
  };
  expect(await tell('')).toBe('401');
  expect(await tell('--header "Authorization: Bearer x"')).toBe('401');
  const right = '--header "Authorization: Bearer $(cat /run/secrets/alerts_token)"';
  expect(await tell(right)).toBe('Kept.');
});

test('`db-metrics` reads how the database is, and nothing that is in it', async () => {
  expect((await sql("SHOW GRANTS FOR 'metrics'@'%'")).split('\n')).toEqual([
    'GRANT PROCESS, REPLICATION CLIENT ON *.* TO `metrics`@`%`',
    'GRANT SELECT ON `performance_schema`.* TO `metrics`@`%`',
  ]);
  const [up] = await askMetrics('mysql_up');
  expect(up?.value[1]).toBe('1');
});

/** Pushes a number as Ghost's own client does, which gives up for good after three that were refused. */
const push = (value: number) =>
  exec(
    'ghost',
    'node',
    '--eval',
    `fetch('http://caddy:2020/push/metrics/job/ghost', { method: 'POST', body: 'ghost_pushed ${value}\\n' }).then(({ status }) => console.log(status))`,
  );

test('what Ghost pushes is kept, and taken too while nobody keeps it', async () => {
  expect(await push(1)).toBe('200');
  const pushed = async () => (await askMetrics('ghost_pushed{job="ghost"}'))[0]?.value[1];
  await expect.poll(pushed).toBe('1');
  const metrics = `${inject('stack').project}-metrics-1`;
  await docker(['pause', metrics]);
  expect(await push(2)).toBe('204');
  await docker(['unpause', metrics]);
  await docker(['kill', metrics]);
  expect(await push(3)).toBe('204');
  await startWatch();
});

test('each holds its own secrets, and shows none', async () => {
  const secretsOf = async (watcher: Watcher) =>
    (await execIn(watcher, 'sh', '-c', 'ls /run/secrets')).split('\n').sort();
  expect(await secretsOf('alerts')).toEqual(['alerts_token']);
  expect(await secretsOf('db-metrics')).toEqual(['db_certificate.pem', 'my.cnf']);
  const secrets = await secretsOfTheStack();
  const told = await Promise.all([
    ...WATCHERS.map(async (watcher) => JSON.stringify(await stateOf(watcher))),
    compose(['--profile', 'watch', 'logs', '--no-color', ...WATCHERS]),
  ]);
  for (const secret of secrets) expect(told.join().includes(secret)).toBe(false);
});
