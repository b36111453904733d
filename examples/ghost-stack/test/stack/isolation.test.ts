import { describe, expect, inject, test } from 'vitest';
import { startForeignContainer } from './foreign-container.ts';
import { secretsOfTheStack } from './secrets-of-the-stack.ts';
import {
  compose,
  containerOf,
  docker,
  exec,
  inspect,
  SERVICES,
  type Service,
  sql,
} from './stack.ts';

const NETWORKS: Record<Service, string[]> = {
  analytics: ['egress', 'front', 'watch'],
  caddy: ['edge', 'front', 'watch'],
  console: ['front', 'watch'],
  db: ['back'],
  engine: ['front', 'watch'],
  ghost: ['back', 'egress', 'front'],
  mail: ['egress', 'front', 'watch'],
  ops: ['egress', 'watch'],
  pages: ['front'],
  redis: ['back'],
  sandbox: ['front'],
  webhooks: ['egress', 'front', 'watch'],
};
const PORTS: Record<Service, number> = {
  analytics: 4400,
  caddy: 443,
  console: 4700,
  db: 3306,
  engine: 7181,
  ghost: 2368,
  mail: 4200,
  ops: 4501,
  pages: 6081,
  redis: 6379,
  sandbox: 4100,
  webhooks: 4300,
};
/** Where the private listeners are, which no other container may reach. */
const PRIVATE = [
  'mail 4201',
  'webhooks 4301',
  'analytics 4401',
  'engine 7182',
  'ops 4501',
  'console 4701',
  'caddy 2019',
  'caddy 2021',
];
/** What the console knows of, sorted. */
const PARTS = ['cdn', 'engine', 'mail', 'ops', 'payments', 'visits'];

describe.each(SERVICES)('%s', (service) => {
  test('runs as a user of its own, on a file system that it cannot change, without capabilities', async () => {
    const { Config, HostConfig } = await inspect(containerOf(service));
    // Whoever has Docker's socket is root of the machine anyway.
    const users = service === 'ops' ? /^0:0$/ : /^(1000:1000|999:999|999:1000)$/;
    expect(Config.User).toMatch(users);
    expect(HostConfig.Privileged).toBe(false);
    expect(HostConfig.CapDrop).toEqual(['ALL']);
    const added: Partial<Record<Service, string>> = {
      caddy: 'NET_BIND_SERVICE',
      ops: 'DAC_OVERRIDE',
    };
    expect(HostConfig.CapAdd ?? []).toEqual(added[service] ? [added[service]] : []);
    expect(HostConfig.SecurityOpt).toEqual(['no-new-privileges:true']);
    expect(HostConfig.ReadonlyRootfs).toBe(service !== 'db');
  });

  test('has limits of memory, processes and log', async () => {
    const { Config, HostConfig } = await inspect(containerOf(service));
    expect(HostConfig.Memory).toBeGreaterThanOrEqual(96 * 2 ** 20);
    expect(HostConfig.PidsLimit).toBeGreaterThan(0);
    expect(HostConfig.LogConfig).toEqual({
      Type: 'json-file',
      Config: { 'max-size': '10m', 'max-file': '3' },
    });
    expect(HostConfig.RestartPolicy.Name).toBe('unless-stopped');
    // Ghost ends a newsletter's batch first, and MySQL writes its pages.
    const grace: Partial<Record<Service, number>> = { ghost: 75, db: 60 };
    expect(Config.StopTimeout).toBe(grace[service] ?? 15);
  });

  test('is on the networks it needs, and publishes nothing but the edge’s two ports', async () => {
    const { NetworkSettings } = await inspect(containerOf(service));
    const networks = Object.keys(NetworkSettings.Networks).map((name) => name.split('_').at(-1));
    expect(networks.sort()).toEqual(NETWORKS[service]);
    const published = Object.entries(NetworkSettings.Ports).flatMap(([port, at]) =>
      (at ?? []).map(({ HostIp, HostPort }) => `${HostIp}:${HostPort} ${port}`),
    );
    // On IPv6 docker-proxy would hide who is asking.
    const open = ['0.0.0.0:443 443/tcp', '0.0.0.0:443 443/udp', '0.0.0.0:80 80/tcp'];
    expect(published.sort()).toEqual(service === 'caddy' ? open : []);
  });
});

test('no secret is in an environment, a command or a label of any container', async () => {
  const secrets = await secretsOfTheStack();
  expect(secrets.length).toBeGreaterThan(8);
  const ids = (await compose(['ps', '--all', '--quiet'])).split('\n');
  const everything = await docker(['inspect', ...ids]);
  for (const secret of secrets) expect(everything.includes(secret)).toBe(false);
});

test('MySQL is set for a small machine, and for every script that people write in', async () => {
  const rows = await sql(
    "SHOW VARIABLES WHERE Variable_name IN ('character_set_server', 'collation_server', 'innodb_buffer_pool_size', 'performance_schema', 'log_bin', 'table_open_cache', 'max_connections')",
  );
  expect(Object.fromEntries(rows.split('\n').map((row) => row.split('\t')))).toEqual({
    character_set_server: 'utf8mb4',
    collation_server: 'utf8mb4_0900_ai_ci',
    innodb_buffer_pool_size: String(128 * 2 ** 20),
    log_bin: 'ON',
    max_connections: '50',
    performance_schema: 'OFF',
    table_open_cache: '400',
  });
});

test('what makes the secrets has three capabilities, reads the repository and has no way out', async () => {
  const { HostConfig, Mounts, NetworkSettings } = await inspect(
    `${inject('stack').project}-setup-1`,
  );
  expect(HostConfig.CapDrop).toEqual(['ALL']);
  expect(HostConfig.CapAdd?.map((name) => name.replace('CAP_', '')).sort()).toEqual([
    'CHOWN',
    'DAC_OVERRIDE',
    'FOWNER',
  ]);
  expect(HostConfig.SecurityOpt).toEqual(['no-new-privileges:true']);
  expect(HostConfig.ReadonlyRootfs).toBe(true);
  expect(Mounts.filter(({ Type, RW }) => Type === 'bind' && RW)).toEqual([]);
  expect(Object.keys(NetworkSettings.Networks)).toEqual([`${inject('stack').project}_front`]);
});

test('Docker’s socket is in `ops` alone, which cannot write into the stack’s folder', async () => {
  for (const service of SERVICES) {
    const { Mounts } = await inspect(containerOf(service));
    const bound = Mounts.filter(({ Type, RW }) => Type === 'bind' && RW);
    const sources = bound.map(({ Source }) => Source);
    expect(sources).toEqual(service === 'ops' ? ['/var/run/docker.sock'] : []);
  }
});

test('no secret is in a log', async () => {
  // The sandbox tells its keys, which open nothing else.
  const others = SERVICES.filter((name) => name !== 'sandbox');
  const logs = await compose(['logs', '--no-color', 'setup', ...others]);
  for (const secret of await secretsOfTheStack()) expect(logs.includes(secret)).toBe(false);
});

test('each service can read its own secrets, and holds no other’s', async () => {
  const held = await Promise.all(
    SERVICES.filter((service) => service !== 'sandbox').map(async (service) => [
      service,
      (await exec(service, 'ls', '/run/secrets')).split('\n').sort(),
    ]),
  );
  expect(Object.fromEntries(held)).toEqual({
    analytics: [
      'analytics_admin_token',
      'analytics_sync_key',
      'analytics_tracker_token',
      'edge_ca_url',
      'operator_token',
    ],
    caddy: ['sites.caddy', 'social.caddy'],
    console: PARTS.flatMap((part) => [`${part}_token`, `${part}_url`]),
    db: [
      'db_backup_password',
      'db_certificate.pem',
      'db_key.pem',
      'db_metrics_password',
      'db_password',
      'db_root_password',
      'passwords.sql',
      'users.sql',
    ],
    engine: ['analytics_admin_token', 'analytics_tracker_token', 'operator_token'],
    ghost: [
      'analytics_admin_token',
      'analytics_sync_key',
      'cloudinary_url',
      'db_certificate.pem',
      'db_password',
      'edge_ca_url',
      'ghost.env',
      'mail_api_key',
      'pages_token',
      'redis_password',
    ],
    mail: [
      'mail_api_key',
      'operator_token',
      'resend_api_key',
      'resend_base_url',
      'resend_webhook_secret',
    ],
    ops: ['alerts_token', 'operator_token'],
    pages: ['pages_token'],
    redis: ['passwords', 'redis.conf'],
    webhooks: [
      'ghost_webhook_secret',
      'operator_token',
      'stripe_page_password',
      'stripe_webhook_secret',
    ],
  });
  const modes = await exec('ghost', 'sh', '-c', 'stat -c "%a %u" /run/secrets/* /run/secrets');
  expect([...new Set(modes.split('\n'))].sort()).toEqual(['400 1000', '500 1000']);
});

test('a container on another network reaches nothing of the stack', async () => {
  await using foreign = await startForeignContainer();
  const addresses = await Promise.all(
    SERVICES.map(async (service) => {
      const { Networks } = (await inspect(containerOf(service))).NetworkSettings;
      return Object.values(Networks).map(({ IPAddress }) => `${IPAddress} ${PORTS[service]}`);
    }),
  );
  const open = await foreign.knock(addresses.flat());
  expect(open.filter(Boolean)).toEqual([]);
});

test('a container beside Caddy reaches Caddy alone', async () => {
  await using foreign = await startForeignContainer('edge');
  const open = await foreign.knock(SERVICES.map((service) => `${service} ${PORTS[service]}`));
  expect(SERVICES.filter((_, at) => open[at])).toEqual(['caddy']);
});

test('a container on the way to vendors reaches no private listener', async () => {
  await using foreign = await startForeignContainer('egress');
  const open = await foreign.knock([...PRIVATE, 'ghost 2368']);
  expect(open).toEqual([...Array(PRIVATE.length).fill(false), true]);
});

test('a container among the services reaches neither database nor private listeners', async () => {
  await using foreign = await startForeignContainer('front');
  const open = await foreign.knock(['db 3306', 'redis 6379', ...PRIVATE, 'ghost 2368']);
  // Ghost's own port says that the network was there.
  expect(open).toEqual([...Array(2 + PRIVATE.length).fill(false), true]);
});
