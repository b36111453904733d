import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { AdminClient } from '@prosora/ghost-local';
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';
import { connectStripe } from '../busy-site.ts';
import { type Disk, mountDisk } from '../own-repository.ts';
import { signIn } from '../people.ts';
import { allHealthy, compose, docker } from '../stack.ts';
import { addReaders, faultsOf, type Wave } from './faults.ts';
import type { Undo } from './inject.ts';
import { type People, startPeople, type Told } from './told.ts';
import { askMetrics, stopWatch } from './watch.ts';

const { dir, project } = inject('stack');
const { soak } = inject('proof');

/** Long enough for what ends by itself within seconds, on a machine that is busy. */
const WAITS = {
  WATCH_EVERY: '1s',
  WATCH_DOWN: '25s',
  WATCH_WAITS: '30s',
  WATCH_WINDOW: '30s',
  WATCH_RATE: '1m',
  WATCH_AFTER_CARE: '5s',
  WATCH_SELDOM: '1s',
  WATCH_CALM: '5s',
  WATCH_SILENCE: '75s',
  WATCH_REQUESTS: '10',
};
/** Longer than lies between two of them. */
const PING_MS = 70_000;
const PATIENCE = { timeout: 150_000, interval: 500 };
const COMPOSED = ['--profile', 'watch', 'up', '--detach', '--wait', '--no-build'];

let admin: AdminClient;
let people: People;
let disk: Disk;
const waves = faultsOf(
  () => admin,
  () => {
    disk.fill(8_000);
    return async () => disk.fill(undefined);
  },
);

beforeAll(async () => {
  admin = await signIn();
  await connectStripe(admin);
  await addReaders(admin);
  people = await startPeople();
  const settings = Object.entries({ ...WAITS, ...people.settings });
  const lines = settings.map(([name, value]) => `${name}=${value}\n`);
  await writeFile(path.join(dir, '.env'), lines.join(''));
  const volume = ['volume', 'inspect', `${project}_ops_data`, '--format', '{{.Mountpoint}}'];
  disk = mountDisk(await docker(volume));
  await compose([...COMPOSED, '--no-deps', '--force-recreate', 'ops']);
  await compose(COMPOSED);
});
afterAll(async () => {
  await stopWatch();
  await rm(path.join(dir, '.env'), { force: true });
  await compose(['rm', '--stop', '--force', 'ops']);
  disk[Symbol.dispose]();
  await compose(['up', '--detach', '--wait', '--no-build']);
  await people[Symbol.asyncDispose]();
});

/** These begin with the part that they are of, and may be of several. */
const OF_PARTS = ['PartDown', 'RestartLoop', 'MemoryKill', 'ServiceDown', 'DeadLetters'];
const wordOf = ({ name, text }: Told) =>
  OF_PARTS.includes(name) ? `${name} ${text.split(' ')[0]}` : name;

/** What is open, told or muted by another; the way of alerts itself has one that always is. */
const open = async () =>
  (await askMetrics('ALERTS{alertstate="firing",alertname!="Watchdog"}')).map(
    ({ metric }) => metric['alertname'],
  );

async function goThrough(wave: Wave): Promise<void> {
  await vi.waitFor(async () => expect(await open()).toEqual([]), PATIENCE);
  const first = people.told.length;
  // Several faults at once make Ghost slow besides, too.
  const maySlow = wave.length > 1 || wave.some(({ mayBeSlow }) => mayBeSlow);
  const isBeside = ({ name }: Told) => maySlow && name === 'Slow';
  const news = () => people.told.slice(first).filter((one) => !isBeside(one));
  const expected = wave.flatMap(({ told }) => told).sort();
  const undos: Undo[] = [];
  const begunAt = new Map<string, number>();
  const problems = () => news().filter(({ isOver }) => !isOver);
  try {
    // One by one, since the first of them restart what looks at the others.
    for (const { name, begin, told } of wave) {
      console.log(`${new Date().toISOString()} ${name}`);
      for (const alert of told) begunAt.set(alert, Date.now());
      undos.push(await begin());
    }
    await vi.waitFor(() => {
      expect(problems().map(wordOf).sort()).toEqual(expected);
    }, PATIENCE);
  } finally {
    for (const undo of undos.reverse()) await undo();
    // What hung is still called ill until it is asked the next time.
    await vi.waitFor(allHealthy, PATIENCE);
  }
  for (const one of problems()) {
    const seconds = Math.round((one.at - (begunAt.get(wordOf(one)) ?? 0)) / 1_000);
    console.log(`${wordOf(one)}: told ${seconds} s after it began`);
  }
  const names = (these: readonly Told[]) => these.map(({ name }) => name).sort();
  await vi.waitFor(() => {
    expect(names(news().filter(({ isOver }) => isOver))).toEqual(names(problems()));
  }, PATIENCE);
  expect(problems().map(wordOf).sort()).toEqual(expected);
}

const LONG = { timeout: 600_000 };

test('each fault is told once and its end too, and nothing else is', LONG, () =>
  goThrough(waves.together),
);

if (soak) {
  // Each disturbs others.
  for (const wave of waves.others) {
    const names = wave.map(({ name }) => name).join(', then ');
    test(`${names}: that is told once and its end too, and nothing else is`, LONG, () =>
      goThrough(wave),
    );
  }

  test('once alerts stop, people hear that none can come, and the ping stops', LONG, async () => {
    await vi.waitUntil(() => people.pings.length > 0, PATIENCE);
    for (const sender of ['alerts', 'rules', 'metrics']) {
      const first = people.told.length;
      await docker(['stop', `${project}-${sender}-1`]);
      const names = () => people.told.slice(first).map(({ name, isOver }) => [name, isOver]);
      await vi.waitFor(() => expect(names()).toEqual([['alerts', false]]), PATIENCE);
      const pings = people.pings.length;
      await delay(PING_MS);
      expect(people.pings.length).toBe(pings);
      await docker(['start', `${project}-${sender}-1`]);
      await vi.waitFor(() => {
        expect(names()).toEqual([
          ['alerts', false],
          ['alerts', true],
        ]);
      }, PATIENCE);
      await vi.waitUntil(() => people.pings.length > pings, PATIENCE);
    }
  });
}
