import { describe, expect, test } from 'vitest';
import { type ContractWorld, leaseMs, retry } from './world.ts';

/** What a store promises of the order in which jobs are claimed, and of time. */
export function claimingContract(world: ContractWorld): void {
  const { add, claimIds, claimOne, finish, stateOf } = world;

  describe('claiming', () => {
    test('follows rank, then arrival', async () => {
      await add('newsletter', { rank: 2 });
      await add('automation', { rank: 1 });
      await add('link', { rank: 0 });
      await add('link 2', { rank: 0 });
      expect(await claimIds(3)).toEqual(['link', 'link 2', 'automation']);
    });

    test('takes one job of a group at a time, in the order of rank and arrival', async () => {
      await add('invoice', { group: 'cus_1', rank: 2 });
      await add('created', { group: 'cus_1', rank: 1 });
      await add('checkout', { group: 'cus_1', rank: 0 });
      await add('other', { group: 'cus_2', rank: 2 });
      const [checkout] = await world.queue.claim(1, leaseMs);
      expect(checkout?.id).toBe('checkout');
      expect(await claimIds()).toEqual(['other']);
      if (checkout) await world.queue.settle(checkout, { kind: 'done' });
      await finish('created');
      await finish('invoice');
    });

    test('leases no more than were allowed to all together, whoever claims', async () => {
      for (const id of ['one', 'two', 'three', 'four']) await add(id);
      const first = await world.queue.claim(2, leaseMs, [], 3);
      const second = await world.queue.claim(2, leaseMs, [], 3);
      expect([first, second].map((jobs) => jobs.length)).toEqual([2, 1]);
      expect(await world.queue.claim(2, leaseMs, [], 3)).toEqual([]);
      if (first[0]) await world.queue.settle(first[0], { kind: 'done' });
      expect(await world.queue.claim(2, leaseMs, [], 3)).toHaveLength(1);
    });

    test('a job that comes first by rank overtakes a head that waits for its next try', async () => {
      await add('invoice', { group: 'cus_1', rank: 2 });
      await finish('invoice', retry);
      await add('checkout', { group: 'cus_1', rank: 0 });
      expect(await stateOf('invoice')).toBe('waiting');
      await finish('checkout');
      expect(await claimIds()).toEqual([]);
      world.clock.advance(500);
      expect(await claimIds()).toEqual(['invoice']);
    });

    test('a job that comes first by rank overtakes one whose attempt fails meanwhile', async () => {
      await add('invoice', { group: 'cus_1', rank: 2 });
      const invoice = await claimOne();
      await add('checkout', { group: 'cus_1', rank: 0 });
      await world.queue.settle(invoice, retry);
      world.clock.advance(500);
      await finish('checkout');
      await finish('invoice');
    });

    test('a job for later does not hold up its group, and takes its turn when due', async () => {
      await add('later', { group: 'cus_1', availableAt: new Date(world.clock.now() + 1_000) });
      await add('now', { group: 'cus_1' });
      const now = await claimOne();
      world.clock.advance(1_000);
      expect(await claimIds()).toEqual([]);
      await world.queue.settle(now, { kind: 'done' });
      await finish('later');
    });
  });

  describe('a clock that steps back a day', () => {
    const day = 86_400_000;

    test('neither frees a leased job nor puts off one that waits', async () => {
      await add('held');
      await add('waiting');
      const held = await claimOne();
      await finish('waiting', retry);
      world.clock.step(-day);
      expect(await claimIds()).toEqual([]);
      expect(await world.queue.msUntilDue()).toBe(500);
      world.clock.advance(500);
      expect(await claimIds()).toEqual(['waiting']);
      expect(await world.queue.settle(held, { kind: 'done' })).toBe(true);
    });

    test('while the process is down stalls nothing either', async () => {
      await add('leased');
      await claimOne();
      world.clock.advance(5_000);
      await add('marks the time');
      await world.reopen(() => world.clock.step(-day));
      expect(await claimIds()).toEqual(['marks the time']);
      world.clock.advance(leaseMs);
      expect(await claimIds()).toEqual([]);
      expect(await world.queue.get('leased')).toMatchObject({ state: 'delayed', failures: 1 });
      world.clock.advance(500);
      expect(await claimIds()).toContain('leased');
    });
  });
}
