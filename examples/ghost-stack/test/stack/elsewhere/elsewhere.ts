import { execFileSync } from 'node:child_process';
import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { docker, inspect, type StackUnderTest } from '../stack.ts';

/** The site's host name. */
export const HOST = 'elsewhere.localhost';
/** Where its edge is open. */
export const PORT = 18443;
/** Where readers find what is in the bucket; only its path is asked for here. */
export const S3_PUBLIC_URL = 'http://s3.elsewhere.test:5000/blog';

/** Everything that can be elsewhere is: beside the edge only Ghost, the collector and the inbox are in the stack. */
const SETTINGS = {
  DOMAIN: HOST,
  WWW: 'on',
  CERTIFICATES: 'local',
  OPS: 'off',
  HTTP_PORT: 18080,
  HTTPS_PORT: PORT,
  MEDIA: 's3',
  S3_BUCKET: 'blog',
  S3_PUBLIC_URL,
  S3_ENDPOINT: 'http://s3.elsewhere.test:5000',
  S3_ACCESS_KEY_ID: 'key-of-elsewhere',
  S3_SECRET_ACCESS_KEY: 'secret-of-elsewhere',
  MAILER: 'mailgun',
  MAILGUN_URL: 'http://mailgun.elsewhere.test',
  MAILGUN_API_KEY: 'key-of-elsewhere',
  ANALYTICS: 'tinybird',
  TINYBIRD_HOST: 'http://tinybird.elsewhere.test:7181',
  TINYBIRD_WORKSPACE_ID: 'workspace-of-elsewhere',
  TINYBIRD_ADMIN_TOKEN: 'p.admin-of-elsewhere-where-there-are-charts',
  TINYBIRD_TRACKER_TOKEN: 'p.tracker-of-elsewhere-where-there-are-charts',
  SOCIAL: 'http://social.elsewhere.test',
  DATABASE_URL: 'mysql://writer:of%40elsewhere@db.elsewhere.test:3306/blog',
  DATABASE_CA: 'tls/ca.pem',
  REDIS_URL: 'rediss://:of-elsewhere@redis.elsewhere.test:6379',
  REDIS_CA: 'tls/ca.pem',
  privacy__useGravatar: 'false',
  portal__url: "'it has a $ and a # in it'",
};

/** A stack whose parts are elsewhere, and the servers that it finds there. */
export interface ElsewhereStack extends StackUnderTest, AsyncDisposable {
  /** `docker compose` of the stack, as its owner runs it. */
  compose(...args: string[]): Promise<string>;
  /** `docker compose` of the servers. */
  servers(...args: string[]): Promise<string>;
  /** Where this machine reaches a server. */
  addressOf(server: string): Promise<string>;
}

/** Brings both up beside the stack under test, whose images it takes. */
export async function bringUpElsewhere({ dir, project }: StackUnderTest): Promise<ElsewhereStack> {
  const own = { dir: `${dir}-elsewhere`, project: `${project}-elsewhere`, port: PORT, env: {} };
  const there = path.join(own.dir, 'examples/ghost-stack/test/stack/elsewhere');
  await rm(own.dir, { recursive: true, force: true });
  for (const file of ['docker-compose.yml', 'prosora', '.env.example', 'examples/ghost-stack']) {
    await cp(path.join(dir, file), path.join(own.dir, file), { recursive: true });
  }
  await makeCertificate(path.join(own.dir, 'tls'));
  await cp(path.join(own.dir, 'tls'), path.join(there, 'tls'), { recursive: true });
  const lines = Object.entries({ COMPOSE_PROJECT_NAME: own.project, ...SETTINGS });
  await writeFile(
    path.join(own.dir, '.env'),
    lines.map(([name, value]) => `${name}=${value}\n`).join(''),
  );
  const compose = (...args: string[]) => docker(['compose', ...args], { cwd: own.dir });
  const servers = (...args: string[]) =>
    docker(['compose', '--project-name', `${own.project}-servers`, ...args], {
      cwd: there,
      env: { ...process.env, STACK: own.project },
    });
  const addressOf = async (server: string) => {
    const { Networks } = (await inspect(`${own.project}-servers-${server}-1`)).NetworkSettings;
    return Object.values(Networks)[0]?.IPAddress ?? '';
  };
  const takeDown = async () => {
    // Who is on a network of the other goes first.
    await servers('down', '--volumes', '--timeout', '1');
    await compose('down', '--volumes', '--timeout', '5');
    await rm(own.dir, { recursive: true, force: true });
  };
  try {
    // Makes the networks.
    await compose('create', '--no-build', '--quiet-pull');
    await servers('up', '--detach', '--wait', '--build');
    await makeBucket(await addressOf('s3'));
    await compose('up', '--detach', '--wait', '--no-build');
  } catch (error) {
    console.error(await compose('logs', '--tail', '30', 'setup', 'ghost', 'caddy'));
    await takeDown();
    throw error;
  }
  const read = ['exec', '-T', 'caddy', 'cat', '/data/caddy/pki/authorities/local/root.crt'];
  return {
    ...own,
    ca: await compose(...read),
    compose,
    servers,
    addressOf,
    [Symbol.asyncDispose]: takeDown,
  };
}

/** One authority, and one certificate for both servers that speak TLS. */
async function makeCertificate(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const openssl = (line: string) =>
    execFileSync('openssl', line.split(' '), { cwd: folder, stdio: 'pipe' });
  const key = '-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes';
  openssl(`req -x509 ${key} -keyout ca-key.pem -out ca.pem -days 2 -subj /CN=Authority`);
  const names = 'DNS:db.elsewhere.test,DNS:redis.elsewhere.test';
  openssl(
    `req -x509 ${key} -keyout server-key.pem -out server.pem -days 2 -subj /CN=Server -CA ca.pem -CAkey ca-key.pem -addext subjectAltName=${names} -addext basicConstraints=critical,CA:FALSE`,
  );
  // The servers have users of their own.
  execFileSync('chmod', ['-R', 'a+rX', folder]);
}

/** Whoever knows a name in it may read that. */
async function makeBucket(address: string): Promise<void> {
  const bucket = `http://${address}:5000/blog`;
  const policy = {
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: 'arn:aws:s3:::blog/*' },
    ],
  };
  for (const [url, body] of [
    [bucket, ''],
    [`${bucket}?policy`, JSON.stringify(policy)],
  ] as const) {
    const { ok, status } = await fetch(url, { method: 'PUT', body });
    if (!ok) throw new Error(`S3 answered ${status} to ${url}.`);
  }
}
