import { setTimeout as delay } from 'node:timers/promises';
import { seededRandom } from '@prosora/service/testing';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { type CommandSite, startCommandSite } from '../../fixtures/command.ts';

const { soak, seed } = inject('proof');
const FILES = soak ? 5000 : 300;
const KILLS = 5;

let site: CommandSite;
beforeAll(async () => {
  site = await startCommandSite();
  for (let number = 0; number < FILES; number += 1) {
    const bytes = Buffer.alloc(400 + (number % 97), `file ${number} `);
    await site.place(`content/files/2026/${number % 12}/${number}.bin`, bytes);
  }
});
afterAll(() => site[Symbol.asyncDispose]());

test(`a push of ${FILES} files that is killed ${KILLS} times ends complete, with no file uploaded twice`, async () => {
  const random = seededRandom(seed);
  const sent = () => site.cloudinary.requests.list(/\/upload$/).length;
  site.cloudinary.faults.set([
    { match: { path: 'upload$' }, fault: { latencyMs: 3, jitterMs: 8 } },
  ]);
  let killed = 0;
  for (let kill = 1; kill <= KILLS; kill += 1) {
    const { child, end } = site.start('push');
    // Somewhere in its share of the work, so that each kill meets uploads under way.
    const until = Math.floor((FILES * (kill - 1 + random())) / (KILLS + 1)) + 1;
    while (child.exitCode === null && sent() < until) await delay(5);
    await delay(random() * 30);
    child.kill('SIGKILL');
    if ((await end).code === null) killed += 1;
  }
  const { code, stdout } = await site.run('push');
  console.log(`seed ${seed}: ${killed} kills; ${stdout.trim()}`);
  expect(killed).toBe(KILLS);
  expect(code).toBe(0);
  expect(site.cloudinary.assets()).toHaveLength(FILES);

  const stored = new Map<string, number>();
  // The stand-in names the subject once it has the whole file, answered or not.
  for (const { subject } of site.cloudinary.requests.list(/\/upload$/)) {
    if (subject !== undefined) stored.set(subject, (stored.get(subject) ?? 0) + 1);
  }
  expect([...stored].filter(([, times]) => times > 1)).toEqual([]);
  expect((await site.run('verify')).stdout).toMatch(
    new RegExp(`^${FILES} files: ${FILES} the same`),
  );
});
