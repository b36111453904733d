import path from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { startForeignContainer } from '../foreign-container.ts';
import { secretsOfTheStack } from '../secrets-of-the-stack.ts';
import { type ContainerState, compose, docker, exec, inspect, ROOT, sql } from '../stack.ts';
import { askMetrics, execIn, startWatch, stopWatch, WATCHERS, type Watcher } from './watch.ts';

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

const jobsUp = async () => {
  const series = await askMetrics('up == 1');
  return series.map(({ metric }) => metric['job']).sort();
};

test('everything that tells of itself is asked, and answers', async () => {
  const jobs = ['alerts', 'analytics', 'caddy', 'db-metrics', 'engine', 'mail', 'metrics'];
  await expect.poll(jobsUp).toEqual([...jobs, 'ops', 'rules', 'webhooks']);
  expect(await askMetrics('up == 0')).toEqual([]);
});

const DEFAULTS = { MAILER: 'resend', PAYMENTS: 'on', ANALYTICS: 'engine', CDN: 'none' };

test.each([
  [{ MAILER: 'mailgun' }, ['mail'], []],
  [{ PAYMENTS: 'off' }, ['webhooks'], []],
  [{ ANALYTICS: 'tinybird' }, ['engine'], []],
  [{ ANALYTICS: 'off' }, ['analytics', 'engine'], []],
  [{ DATABASE: 'elsewhere' }, ['db-metrics'], []],
  [{ CDN: 'cloudflare' }, [], ['cdn']],
])('with %j, what is not there is not asked', async (choice, without, more) => {
  const name = `${inject('stack').project}-scrape`;
  const env = Object.entries({ WATCH_EVERY: '15s', DATABASE: '', ...DEFAULTS, ...choice });
  const files = `${path.join(ROOT, 'examples/ghost-stack/watch')}:/etc/watch:ro`;
  const { services } = JSON.parse(
    await compose(['--profile', 'watch', 'config', '--format', 'json']),
  );
  await docker([
    ...['run', '--detach', '--rm', '--name', name, '--network', 'none', '--volume', files],
    ...env.flatMap(([variable, value]) => ['--env', `${variable}=${value}`]),
    ...[
      services.metrics.image,
      '-storageDataPath=/tmp/data',
      '-promscrape.config=/etc/watch/scrape.yml',
    ],
  ]);
  try {
    const url = 'http://127.0.0.1:8428/api/v1/targets?state=active';
    const ask = ['exec', name, 'busybox', 'wget', '-q', '-O', '-', url];
    const asked = async (): Promise<string[]> =>
      JSON.parse(await docker(ask)).data.activeTargets.map(({ scrapePool }: Target) => scrapePool);
    await vi.waitUntil(async () => (await asked().catch(() => [])).length > 0);
    const usual = (await jobsUp()).filter((job) => !without.includes(job ?? ''));
    expect((await asked()).sort()).toEqual([...usual, ...more].sort());
  } finally {
    await docker(['rm', '--force', name]);
  }
});

interface Target {
  scrapePool: string;
}

test('only who shows the token tells `ops` of an alert', async () => {
  const tell = (header: string) => {
    const words = ['wget', '-q', '-O', '-', '--post-data', '{"alerts":[]}'];
    const json = '--header "Content-Type: application/json"';
    const script = `busybox ${words.join(' ').replace(/\{.*\}/, "'$&'")} ${json} ${header} http://ops.watch:4501/alerts`;
    return execIn('alerts', 'sh', '-c', script).then(
      () => '200',
      (error: Error) => /HTTP\/1.1 (\d+)/.exec(error.message)?.[1],
    );
  };
  expect(await tell('')).toBe('401');
  expect(await tell('--header "Authorization: Bearer x"')).toBe('401');
  const right = '--header "Authorization: Bearer $(cat /run/secrets/alerts_token)"';
  expect(await tell(right)).toBe('200');
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
  expect(await push(1)).toBe('204');
  const pushed = async () => (await askMetrics('ghost_pushed{job="ghost"}'))[0]?.value[1];
  await expect.poll(pushed).toBe('1');
  const metrics = `${inject('stack').project}-metrics-1`;
  await docker(['pause', metrics]);
  expect(await push(2)).toBe('204');
  await docker(['unpause', metrics]);
  await docker(['stop', metrics]);
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
