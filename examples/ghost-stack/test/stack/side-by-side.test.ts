import { cp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { askEdge, type EdgeRequest } from './edge.ts';
import { ensureOwner } from './people.ts';
import { docker } from './stack.ts';

const { dir, project } = inject('stack');
const SECOND = {
  dir: `${dir}-second`,
  project: `${project}-second`,
  host: 'second.localhost',
  port: 18443,
};

/** As its owner runs it: in a folder of its own, with a `.env`. */
const compose = (...args: string[]) =>
  docker(['compose', '--profile', 'sandbox', ...args], { cwd: SECOND.dir });

let ca = '';
const askSecond = (at: string, options: EdgeRequest = {}) =>
  askEdge(at, { ...options, host: SECOND.host, port: SECOND.port, ca });

beforeAll(async () => {
  for (const file of ['docker-compose.yml', 'examples/ghost-stack']) {
    await cp(path.join(dir, file), path.join(SECOND.dir, file), { recursive: true });
  }
  const settings = {
    COMPOSE_PROJECT_NAME: SECOND.project,
    DOMAIN: SECOND.host,
    CERTIFICATES: 'local',
    HTTP_PORT: 18080,
    HTTPS_PORT: SECOND.port,
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
  await writeFile(path.join(SECOND.dir, '.env'), `${lines.join('\n')}\n`);
  await ensureOwner();
  await compose('up', '--detach', '--wait', '--no-build', 'ghost');
  ca = await compose('exec', '-T', 'caddy', 'cat', '/data/caddy/pki/authorities/local/root.crt');
});
afterAll(async () => {
  await compose('down', '--volumes', '--timeout', '5');
  await rm(SECOND.dir, { recursive: true });
});

test('two sites on one server answer at their own names and ports, each with its own database', async () => {
  const at = '/ghost/api/admin/authentication/setup/';
  const owned = async (answer: ReturnType<typeof askEdge>) =>
    JSON.parse((await answer).body.toString()).setup[0].status;
  expect((await askSecond('/')).status).toBe(200);
  expect((await askEdge('/')).status).toBe(200);
  expect([await owned(askEdge(at)), await owned(askSecond(at))]).toEqual([true, false]);
});

test('no service of one site is on a network of the other', async () => {
  const networks = await docker(['network', 'ls', '--format', '{{.Name}}']);
  const own = networks.split('\n').filter((name) => name.startsWith(`${SECOND.project}_`));
  expect(own.sort()).toEqual(
    ['back', 'edge', 'egress', 'front', 'watch'].map((name) => `${SECOND.project}_${name}`),
  );
  for (const network of own) {
    const format = '{{range .Containers}}{{.Name}} {{end}}';
    const attached = (await docker(['network', 'inspect', network, '--format', format])).split(' ');
    expect(attached.filter((name) => name && !name.startsWith(SECOND.project))).toEqual([]);
  }
});

test('the one goes with its data, and the other stays', async () => {
  await compose('down', '--volumes', '--timeout', '5');
  expect((await askEdge('/')).status).toBe(200);
});
