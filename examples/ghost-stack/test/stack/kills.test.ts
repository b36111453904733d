import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { seededRandom } from '@prosora/service/testing';
import { expect, inject, onTestFinished, test } from 'vitest';
import { askEdge } from './edge.ts';
import { createKiller, prosora, prosoraKilledAfter } from './prosora.ts';
import { sql } from './stack.ts';

const { soak, seed } = inject('proof');
const KILLS = soak ? 20 : 1;
const LONGEST_MS = 20_000;
/** A run and the one after it, on a machine that is busy. */
const KILL_MS = 180_000;
const kills = `${KILLS} kills, seed ${seed}`;

/** Kills a run of the command at random moments, prepared in turn, and expects the run after it to end well. */
async function killed(
  words: string[],
  next: (at: number) => string[],
  preparations: (() => Promise<unknown>)[] = [async () => {}],
) {
  const random = seededRandom(seed);
  const kinds = preparations.map((prepare) => {
    const kill = createKiller(random, LONGEST_MS);
    return () => kill(words, prepare);
  });
  for (let kill = 0; kill < KILLS; kill += 1) {
    // By the seed too: where there is one kill a run, each kind gets its turn.
    const at = seed + kill;
    const ms = await kinds[at % kinds.length]?.();
    const { code, output } = await prosora(next(at));
    console.log(`kill ${kill} of \`${words.join(' ')}\` after ${ms} ms: ${code}`);
    if (code !== 0) throw new Error(`After kill ${kill}, ${ms} ms, the next run failed: ${output}`);
    expect((await askEdge(`/?nothing=${Date.now()}`)).status).toBe(200);
    expect((await prosora(['status'])).code).toBe(0);
  }
}

test(
  `up that is killed is ended by the next one (${kills})`,
  async () => {
    const envFile = path.join(inject('stack').dir, '.env');
    onTestFinished(() => rm(envFile, { force: true }));
    let endpoint = 0;
    await killed(['up'], () => ['up'], [
      () => prosora(['down']),
      () => {
        endpoint += 1;
        return writeFile(envFile, `STRIPE_WEBHOOK_SECRET=whsec_of_the_endpoint_${endpoint}\n`);
      },
    ]);
    await rm(envFile, { force: true });
    expect((await prosora(['up'])).code).toBe(0);
  },
  KILLS * KILL_MS,
);

test(
  `secrets rotate that is killed is ended by itself or by up (${kills})`,
  async () => {
    const words = ['secrets', 'rotate', 'db_password', 'mail_api_key'];
    await killed(words, (at) => (at % 2 === 0 ? words : ['up']));
    const { stdout } = await prosora(['secrets', 'list', '--json']);
    const states = JSON.parse(stdout) as { isChanging: boolean }[];
    expect(states.filter(({ isChanging }) => isChanging)).toEqual([]);
    const two = "User_attributes->'$.additional_password' IS NOT NULL";
    expect(await sql(`SELECT COUNT(*) FROM mysql.user WHERE ${two}`)).toBe('0');
  },
  KILLS * KILL_MS,
);

test('down that was cut off is ended by up, which then starts everything', async () => {
  await prosoraKilledAfter(2_500, ['down']);
  expect(await prosora(['up'])).toMatchObject({ code: 0 });
  expect((await askEdge('/')).status).toBe(200);
});
