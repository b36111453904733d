import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { AdminClient } from '@prosora/ghost-local';
import { seededRandom } from '@prosora/service/testing';
import { afterAll, beforeAll, expect, inject, onTestFinished, test, vi } from 'vitest';
import { type BusySite, startBusySite } from './busy-site.ts';
import { askEdge } from './edge.ts';
import { found } from './found-on-site.ts';
import { makeGhost, type NewerGhost, type Registry } from './newer-ghosts.ts';
import { signIn } from './people.ts';
import { prosora, prosoraKilledAfter, stackUnderTest } from './prosora.ts';
import { ghostVersion, prepareUpdates, tables, type Updates } from './site-in-update.ts';
import { allHealthy, containerOf, docker } from './stack.ts';
import { throwawayDaemon } from './throwaway-daemon.ts';

const { seed } = inject('proof');
const { dir } = inject('stack');
const LIMIT = { timeout: 900_000 };
const CARE = path.join(dir, '.prosora/care');
const KILLS = 10;
const KINDS = ['post', 'member', 'hit'] as const;
const random = seededRandom(seed);

let updates: Updates;
let registry: Registry;
let withNewer: Record<string, string>;
let admin: AdminClient;
/** How long an update takes here that nobody kills. */
let wholeMs: number;
let minor = 66;

beforeAll(async () => {
  updates = await prepareUpdates('0.2');
  ({ registry, withNewer } = updates);
  admin = await signIn();
  await makeNext();
  const begunAt = performance.now();
  expect(await prosora(['update'], withNewer)).toMatchObject({ code: 0 });
  wholeMs = performance.now() - begunAt;
}, LIMIT.timeout);
afterAll(() => updates.end());

/** The next Ghost, which changes the database. */
async function makeNext(more: Partial<NewerGhost> = {}): Promise<void> {
  await makeGhost(registry, { version: `6.${minor}.0`, migrates: true, ...more });
  minor += 1;
}

interface Noted {
  number: number;
  step: string;
  endedAt?: string;
  outcome?: string;
}
const noted = async (): Promise<Noted[]> =>
  JSON.parse(await readFile(path.join(CARE, 'updates.json'), 'utf8').catch(() => '[]'));

/** Ends what was cut off, and takes nothing. */
const endIt = () => prosora(['update', '--unattended'], { ...withNewer, UPDATES: 'pin' });

/** Either Ghost, whole: its program, its schema and its name agree, and it answers. */
async function expectWhole(): Promise<void> {
  const half = (await noted()).filter(({ endedAt }) => endedAt === undefined);
  expect(half).toEqual([]);
  const version = await ghostVersion();
  const newest = (await tables()).split('\n').filter(Boolean).sort().at(-1) ?? '';
  const own = `prosora_update_${version.replaceAll('.', '_')}`;
  expect(newest).toBe(version === '6.65.0' ? '' : own);
  const running = await docker(['inspect', '--format', '{{.Image}}', containerOf('ghost')]);
  const named = ['image', 'inspect', '--format', '{{.Id}}', 'ghcr.io/prosora/ghost:dev'];
  expect(await docker(named)).toBe(running);
  expect((await askEdge(`/?whole=${Date.now()}`)).status).toBe(200);
}

/** Whatever was answered is on the site, or in a file of what came since: of each kind how many were. */
async function account({ journal }: BusySite, label: string): Promise<string> {
  const hits = journal.filter(({ what, answeredAt }) => what === 'hit' && answeredAt);
  // The collector hands on what it has when the engine is there again.
  const there = await vi.waitUntil(
    async () => {
      const now = await found(label);
      return hits.every(({ key }) => now.hit.includes(key)) && now;
    },
    { timeout: 120_000, interval: 2_000 },
  );
  const folder = path.join(CARE, 'update');
  const files = (await readdir(folder).catch(() => [])).filter((name) => /^since-/.test(name));
  const since = await Promise.all(files.map((name) => readFile(path.join(folder, name), 'utf8')));
  const told = KINDS.map((what) => {
    const answered = journal
      .filter((one) => one.what === what && one.answeredAt !== undefined)
      .map(({ key }) => key);
    const gone = answered.filter((key) => !there[what].includes(key));
    const isListed = (key: string) => since.some((text) => new RegExp(`"${key}["@]`).test(text));
    const listed = gone.filter(isListed);
    expect(gone.filter((key) => !isListed(key))).toEqual([]);
    expect(answered.length).toBeGreaterThan(0);
    return `${answered.length} ${what}s answered, ${listed.length} of them in a file`;
  });
  return told.join('; ');
}

test.each(Array.from({ length: KILLS }, (_, kill) => kill))(
  `killed at a random moment, an update is whole after the next command, with all that was written (kill %i, seed ${seed})`,
  LIMIT,
  async (kill) => {
    // Each third would be undone by itself.
    await makeNext(kill % 3 === 2 ? { fault: 'ends later', onSite: true } : {});
    const label = `killed-${seed}-${kill}`;
    const site = await startBusySite(admin, label, KINDS);
    // One in each tenth of it, so that no step is left to chance.
    const ms = Math.round(((kill + random()) / KILLS) * wholeMs);
    const { wasKilled } = await prosoraKilledAfter(ms, ['update'], stackUnderTest(withNewer));
    const { step = 'looking', outcome } = (await noted()).at(-1) ?? {};
    const up = kill % 2 === 1 ? await prosora(['up']) : { code: 0, output: '' };
    if (up.code !== 0) expect(up.output).toContain('did not end.');
    const next = await endIt();
    await site.stop();
    console.log(
      `kill ${kill} after ${ms} ms (${wasKilled ? `${step}${outcome ? `, ended: ${outcome}` : ''}` : 'it had ended'}): ${(await noted()).at(-1)?.outcome}`,
    );
    if (next.code !== 0) throw new Error(next.output);
    await expectWhole();
    console.log(await account(site, label));
  },
);

const daemon = throwawayDaemon();
if (daemon) {
  /** Resolves as somebody is about to be told of an update, who does not answer. */
  const startListener = async () => {
    const { promise: isTold, resolve } = Promise.withResolvers<void>();
    const listener = createServer(() => resolve()).listen(0, '127.0.0.1');
    await once(listener, 'listening');
    onTestFinished(() => {
      listener.closeAllConnections();
      listener.close();
    });
    const url = `http://127.0.0.1:${(listener.address() as AddressInfo).port}`;
    return { isTold, url };
  };

  test.each([
    ['looks', 'looking'],
    ['backs up', 'backing up'],
    ['rehearses', 'rehearsing'],
    ['swaps', 'swapping'],
    ['watches', 'watching'],
    ['goes back', 'going back'],
    ['tells', 'telling'],
  ])(
    `Docker that is killed while an update %s leaves a site that the next command puts right (seed ${seed})`,
    LIMIT,
    async (_, step) => {
      await makeNext(step === 'going back' ? { fault: 'ends later', onSite: true } : {});
      const label = `docker-${seed}-${minor}`;
      const site = await startBusySite(admin, label, KINDS);
      const { length } = await noted();
      const { isTold, url } = await startListener();
      const byItself = { ...withNewer, UPDATES: 'auto', NOTIFY_WEBHOOK_URL: url };
      const run = prosora(['update', '--unattended'], byItself);
      const isAtIt = async () =>
        step === 'looking'
          ? existsSync(path.join(CARE, 'intent.json'))
          : (await noted())[length]?.step === step;
      if (step === 'telling') await isTold;
      else await vi.waitUntil(isAtIt, { timeout: 600_000, interval: 20 });
      const ms = step === 'telling' ? 0 : Math.round(random() * 2_000);
      await delay(ms);
      await daemon.kill();
      await run;
      const { step: at = 'looking', outcome } = (await noted())[length] ?? {};
      await daemon.start();
      const startedAt = performance.now();
      const next = await endIt();
      const seconds = ((performance.now() - startedAt) / 1_000).toFixed(0);
      if (next.code !== 0) throw new Error(next.output);
      await allHealthy();
      await site.stop();
      await expectWhole();
      const end = (await noted())[length]?.outcome ?? 'nothing noted';
      console.log(
        `Docker killed ${ms} ms into ${step} (${outcome ?? at}): ${end}, ${seconds} s after Docker was back`,
      );
      console.log(await account(site, label));
    },
  );
}
