import { execFile } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, inject, onTestFinished, test } from 'vitest';
import { listens } from './newer-ghosts.ts';
import { signIn } from './people.ts';
import { prosora } from './prosora.ts';
import { secretsOfTheStack } from './secrets-of-the-stack.ts';
import { compose, containerOf, docker, exec, inspect, SERVICES, sql } from './stack.ts';

async function withSettings(text: string): Promise<void> {
  const file = path.join(inject('stack').dir, '.env');
  onTestFinished(() => rm(file, { force: true }));
  await writeFile(file, text);
}

/** Those of the site that run. */
function containers(): Promise<string> {
  const label = `label=com.docker.compose.project=${inject('stack').project}`;
  return docker(['ps', '--no-trunc', '--quiet', '--filter', label]);
}

test('status shows every service, how it is and what it takes', async () => {
  const { code, stdout } = await prosora(['status', '--json']);
  const lines = JSON.parse(stdout) as {
    service: string;
    state: string;
    memory: string;
    notes: string[];
  }[];
  expect(lines.find(({ service }) => service === 'pages')?.notes).toEqual([
    expect.stringMatching(/^\d[\d,]* requests saved \(\d+ %\)$/),
    expect.stringMatching(/ fetched, .+ passed on$/),
    expect.stringMatching(/ times all was dropped$/),
  ]);
  expect(lines.map(({ service }) => service).sort()).toEqual([...SERVICES].sort());
  for (const line of lines)
    expect(line).toMatchObject({ state: 'healthy', memory: /\d+(\.\d+)?MiB/ });
  expect(code).toBe(0);
});

test('doctor walks from the edge to the database and asks each service’s own', async () => {
  const { output } = await prosora(['doctor']);
  for (const line of [
    /^✔ certificate: /m,
    /^✔ tls: TLS 1\.2 is the oldest that is spoken\.$/m,
    /^✔ http\/3: It is offered\.$/m,
    /^✔ front page: It is there\.$/m,
    /^✔ grants of ghost: They are as narrow as meant\.$/m,
    /^. mail: /m,
    /^. webhooks: /m,
    /^. analytics: /m,
    /^. engine: /m,
    /^. ops: /m,
  ]) {
    expect(output).toMatch(line);
  }
});

test('doctor says of which image its registry has a newer one', async () => {
  const { project } = inject('stack');
  const registry = `${project}-registry`;
  onTestFinished(async () => {
    await docker(['rm', '--force', '--volumes', registry]);
    await docker(['rmi', newer, same]);
  });
  await docker([
    'run',
    '--detach',
    '--name',
    registry,
    '--publish',
    '127.0.0.1::5000',
    'registry:2',
  ]);
  const port = (await docker(['port', registry, '5000'])).split(':').at(-1);
  await listens(`localhost:${port}`);
  const same = `localhost:${port}/redis:7-alpine`;
  // Made of other layers than the one that runs, and a tenth of its size.
  const newer = `localhost:${port}/mysql:8.4`;
  for (const image of [newer, same]) {
    await docker(['tag', 'redis:7-alpine', image]);
    await docker(['push', '--quiet', image]);
  }
  const { output } = await prosora(['doctor'], { REDIS_IMAGE: same, MYSQL_IMAGE: newer });
  expect(output).toContain(`! images: ${newer} is newer than what runs here.`);
  expect(output).not.toContain(same);
});

test('logs of all services come by time, and those of a level alone when it is asked for', async () => {
  const { stdout } = await prosora(['logs', 'mail', 'engine', '--json']);
  const lines = JSON.parse(stdout) as { service: string; time: string; text: string }[];
  expect(new Set(lines.map(({ service }) => service))).toEqual(new Set(['mail', 'engine']));
  expect(lines.map(({ time }) => time)).toEqual(lines.map(({ time }) => time).sort());
  expect(lines.find(({ text }) => text.startsWith('ready'))).toBeDefined();
  const worse = await prosora(['logs', '--level', 'error', 'engine', '--json']);
  expect(JSON.parse(worse.stdout)).toEqual([]);
});

test.each([
  ['DOMAIN=https://blog.example.com\n', 'use the host name alone'],
  ['TIMEZOEN=UTC\n', 'Did you mean TIMEZONE?'],
  ['CDN=proxy\n', 'CDN is "proxy" without CDN_ADDRESSES'],
])('up with %j touches nothing of a running site and says why', async (settings, reason) => {
  await withSettings(settings);
  const before = await containers();
  const { code, output } = await prosora(['up']);
  expect(code).toBe(1);
  expect(output).toContain('Nothing was touched');
  expect(output).toContain(reason);
  expect(await containers()).toBe(before);
});

test('up without the sandbox’s profile and without keys leaves the running site alone', async () => {
  const before = await containers();
  const { code, output } = await prosora(['up'], { COMPOSE_PROFILES: '' });
  expect(code).toBe(1);
  expect(output).toContain('CLOUDINARY_URL is not set');
  expect(await containers()).toBe(before);
});

test('up on a site that runs as it should changes nothing', async () => {
  const before = await compose(['ps', '--quiet']);
  const { code, output } = await prosora(['up']);
  expect(output).toContain('The stack is up and healthy.');
  expect(code).toBe(0);
  expect((await compose(['ps', '--quiet'])).split('\n').sort()).toEqual(before.split('\n').sort());
});

test('up hands a new secret to the service that reads it, and leaves the others alone', async () => {
  const idOf = async (service: string) => await compose(['ps', '--quiet', service]);
  const [webhooks, mail, db] = [await idOf('webhooks'), await idOf('mail'), await idOf('db')];
  await withSettings('STRIPE_WEBHOOK_SECRET=whsec_of_another_endpoint\n');
  expect(await prosora(['up'])).toMatchObject({ code: 0 });
  expect(await idOf('webhooks')).not.toBe(webhooks);
  expect([await idOf('mail'), await idOf('db')]).toEqual([mail, db]);
  expect(await exec('webhooks', 'cat', '/run/secrets/stripe_webhook_secret')).toBe(
    'whsec_of_another_endpoint',
  );
  await withSettings('');
  expect(await prosora(['up'])).toMatchObject({ code: 0 });
  expect(await exec('webhooks', 'cat', '/run/secrets/stripe_webhook_secret')).not.toBe(
    'whsec_of_another_endpoint',
  );
});

test('what the command leaves in the folder belongs to whoever called it', async () => {
  const { dir } = inject('stack');
  expect(await readFile(path.join(dir, '.prosora/care/lock'))).toBeDefined();
  await expect(readFile(path.join(dir, '.prosora/care/intent.json'))).rejects.toThrow('ENOENT');
});

test('support packs what a helper needs, and no secret or address of the stack', async () => {
  await signIn();
  const file = path.join(inject('stack').dir, 'support.tar.gz');
  onTestFinished(() => rm(file, { force: true }));
  expect(await prosora(['support', file])).toMatchObject({ code: 0 });
  const { stdout } = await promisify(execFile)('tar', ['-xzOf', file], { maxBuffer: 64 * 2 ** 20 });
  for (const part of ['"prosora"', '"settings"', '"healthy"', '"front page"', 'mail_api_key']) {
    expect(stdout).toContain(part);
  }
  const secrets = await secretsOfTheStack();
  const people = (await sql('SELECT email FROM users UNION SELECT email FROM members')).split('\n');
  const addresses = Object.values((await inspect(containerOf('caddy'))).NetworkSettings.Networks);
  const hidden = [...secrets, ...people, ...addresses.map(({ IPAddress }) => IPAddress)];
  expect(hidden.filter((text) => stdout.includes(text))).toEqual([]);
});

test('version names the programs, and completion every verb', async () => {
  const { stdout } = await prosora(['version']);
  expect(stdout).toMatch(/^ghost +6\.\d+\.\d+ +/m);
  expect(stdout).toMatch(/^db +\d+\.\d+\.\d+ +mysql:8\.4$/m);
  const completion = await prosora(['completion', 'bash']);
  const { stdout: words } = await promisify(execFile)('bash', [
    '-c',
    `${completion.stdout}\nCOMP_WORDS=(prosora se); COMP_CWORD=1; _prosora; echo "\${COMPREPLY[*]}"`,
  ]);
  expect(words.trim()).toBe('set secrets');
});

test('uninstall lists what goes and removes nothing until it is told to', async () => {
  const before = await containers();
  const { code, output } = await prosora(['uninstall']);
  expect(code).toBe(2);
  expect(output).toContain(`${inject('stack').project}_db_data`);
  expect(output).toContain('Nothing was removed.');
  expect(await containers()).toBe(before);
});
