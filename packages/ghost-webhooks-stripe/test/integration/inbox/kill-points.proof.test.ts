import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { seededRandom } from '@prosora/service/testing';
import { expect, inject, test } from 'vitest';
import { openInbox } from '../../../src/inbox/open-inbox.ts';
import { startGhostTarget } from '../../fixtures/ghost-target.ts';
import type { KillPlan } from '../../fixtures/kill-child.ts';

const { soak, seed } = inject('proof');
const kills = soak ? 1_000 : 12;
const CHILD = fileURLToPath(new URL('../../fixtures/kill-child.ts', import.meta.url));

/** Statements from the opening of the file to the last delivery of so many customers. */
const CUSTOMERS = 3;
const STATEMENTS = 400;

async function run(plan: KillPlan): Promise<NodeJS.Signals | null> {
  const command = ['--conditions=@prosora/source', CHILD, JSON.stringify(plan)];
  const child = spawn(process.execPath, command);
  let errors = '';
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  // A kill point beyond its last statement: then it waits for ever, so it is ended from outside.
  const late = setTimeout(() => child.kill('SIGKILL'), 20_000);
  const [code, signal] = await once(child, 'exit');
  clearTimeout(late);
  if (code !== null && code !== 0) throw new Error(errors);
  return signal;
}

test(`killed at ${kills} random statements, the inbox has every acknowledged event, delivers each, and never has two of a customer on their way`, async () => {
  const random = seededRandom(seed);
  const folder = mkdtempSync(join(tmpdir(), 'prosora-kill-points-'));
  await using ghost = await startGhostTarget();
  ghost.answer = async () => {
    await delay(random() * 2);
    return 200;
  };
  const plan = {
    file: join(folder, 'inbox.db'),
    journal: join(folder, 'acks'),
    rest: join(folder, 'rest'),
    customers: CUSTOMERS,
  };
  writeFileSync(plan.rest, '');
  const base = { ...plan, ghostUrl: ghost.url };
  const atRest = () => readFileSync(plan.rest, 'utf8').split('\n').length - 1;
  let runs = 0;
  // A death at rest shows nothing, so it does not count.
  while (runs - atRest() < kills) {
    const at = 1 + Math.floor(random() * STATEMENTS);
    const when = random() < 0.5 ? 'before' : 'after';
    expect(await run({ ...base, run: runs, kill: { at, when } })).toBe('SIGKILL');
    runs += 1;
  }
  expect(await run({ ...base, run: runs, kill: null })).toBe(null);

  const acknowledged = readFileSync(plan.journal, 'utf8').trim().split('\n');
  await using inbox = await openInbox({ file: plan.file, livemode: 'any' });
  const arrived = new Set(ghost.arrivals.map(({ id }) => id));
  for (let at = 0; at < acknowledged.length; at += 500) {
    const ids = acknowledged.slice(at, at + 500);
    expect(await inbox.known(ids)).toEqual(new Set(ids));
  }
  const superseded = await inbox.deliveries.list({ states: ['superseded'], limit: 100_000 });
  const needless = new Set(superseded.map(({ id }) => id));
  expect((await inbox.list({ states: ['twin'] })).items).toEqual([]);
  expect(acknowledged.filter((id) => !arrived.has(id) && !needless.has(id))).toEqual([]);
  expect(ghost.mostOfOneCustomer).toBe(1);
  console.log(
    `${runs} processes died, ${atRest()} of them at rest; ${acknowledged.length} events acknowledged, all there, ${arrived.size} delivered in ${ghost.arrivals.length} deliveries (seed ${seed})`,
  );
});
