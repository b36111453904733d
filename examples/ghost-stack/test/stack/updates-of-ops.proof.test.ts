import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { seededRandom } from '@prosora/service/testing';
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';
import { askEdge } from './edge.ts';
import { push, type Registry, startRegistry } from './newer-ghosts.ts';
import { openRepository } from './own-repository.ts';
import { ensureOwner } from './people.ts';
import { allHealthy, compose, containerOf, docker, exec, inspect } from './stack.ts';

const { dir, project } = inject('stack');
const { seed } = inject('proof');
const random = seededRandom(seed);
const CARE = path.join(dir, '.prosora/care');
const ON_NODE = ['mail', 'webhooks', 'analytics', 'console', 'ops'] as const;
const WAIT = { timeout: 600_000, interval: 200 };
const SOON_MS = 5_000;

let repository: Awaited<ReturnType<typeof openRepository>>;
let registry: Registry;
let minor = 90;

beforeAll(async () => {
  await ensureOwner();
  repository = await openRepository();
  registry = await startRegistry();
  const image = `${registry.address}/node:24-alpine`;
  await docker(['tag', 'node:24-alpine', image]);
  const settings = {
    BACKUP_REPOSITORY: repository.folder,
    NODE_IMAGE: image,
    UPDATES: 'auto',
    UPDATE_WATCH_MINUTES: '0.2',
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`);
  await writeFile(path.join(dir, '.env'), lines.join(''));
});
afterAll(async () => {
  await rm(path.join(dir, '.env'), { force: true });
  await compose(['up', '--detach', '--wait', '--build']);
  await registry.remove();
  await repository.remove();
});

const updates = async (): Promise<{ step: string; endedAt?: string; outcome?: string }[]> =>
  JSON.parse(await readFile(path.join(CARE, 'updates.json'), 'utf8').catch(() => '[]'));

/** The containers that `ops` has begun for its runs. */
const runs = async (): Promise<string[]> =>
  (await docker(['ps', '--quiet', '--filter', `label=prosora.ops=${project}`]))
    .split('\n')
    .filter(Boolean);

/** As the kernel would, so that Docker starts anew what it keeps up. */
async function killProcess(container: string): Promise<void> {
  const { Pid } = (await inspect(container)).State;
  if (Pid > 0) process.kill(Pid, 'SIGKILL');
}

test.each(['fetching', 'backing up', 'rehearsing', 'swapping', 'watching'])(
  `an update of ops by itself, killed with ops while it is %s, is ended by the next run of ops (seed ${seed})`,
  { timeout: 900_000 },
  async (step) => {
    const version = `24.${minor}.0`;
    minor += 1;
    const image = `${registry.address}/node:24-alpine`;
    await push(image, `FROM node:24-alpine\nENV NODE_VERSION=${version}\nRUN touch /newer\n`);
    const { length } = await updates();
    const at = new Date(Date.now() + SOON_MS).toISOString().slice(11, 19);
    await compose(['up', '--detach', '--wait', '--no-build', '--no-deps', 'ops'], {
      UPDATE_AT: at,
    });
    await vi.waitUntil(async () => (await updates())[length]?.step === step, {
      ...WAIT,
      interval: 20,
    });
    const ms = Math.round(random() * 3_000);
    await delay(ms);
    for (const run of await runs()) await killProcess(run);
    await killProcess(containerOf('ops')).catch(() => {});
    const cutOff = (await updates())[length];
    await vi.waitUntil(async () => {
      const all = await updates();
      const isOver = all.length > length && all.every(({ endedAt }) => endedAt);
      return isOver && (await runs()).length === 0;
    }, WAIT);
    await allHealthy();
    const all = (await updates()).slice(length).map(({ outcome }) => outcome);
    console.log(
      `killed ${ms} ms into ${step} (${cutOff?.outcome ?? cutOff?.step}): ${all.join(', ')}`,
    );
    const asked = ON_NODE.map((service) => exec(service, 'printenv', 'NODE_VERSION'));
    const versions = new Set((await Promise.all(asked)).map((each) => each.trim()));
    expect([...versions]).toEqual([version]);
    expect((await askEdge(`/?ops=${Date.now()}`)).status).toBe(200);
  },
);
