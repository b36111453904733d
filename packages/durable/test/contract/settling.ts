import { describe, expect, test } from 'vitest';
import { type ContractWorld, leaseMs, retry } from './world.ts';

/** What a store promises of settling jobs and of leases. */
export function settlingContract(world: ContractWorld): void {
  const { add, claimIds, claimOne, finish, stateOf } = world;

  describe('settling', () => {
    test('a retry waits for its backoff and holds its place in the group', async () => {
      await add('first', { group: 'g' });
      await add('second', { group: 'g' });
      await finish('first', retry);
      expect(await world.queue.get('first')).toMatchObject({ state: 'delayed', failures: 1 });
      world.clock.advance(499);
      expect(await claimIds()).toEqual([]);
      world.clock.advance(1);
      expect(await claimIds()).toEqual(['first']);
    });

    test('a wait that the target asked for is kept', async () => {
      await add('a');
      await finish('a', { ...retry, afterMs: 120_000 });
      expect(await world.queue.msUntilDue()).toBe(120_000);
    });

    test('after enough failures the head steps aside, its group goes on, and it is tried again', async () => {
      await add('poison', { group: 'g' });
      await add('good', { group: 'g' });
      for (let failure = 1; failure <= 3; failure++) {
        await finish('poison', retry);
        world.clock.advance(failure < 3 ? 10_000 : 0);
      }
      expect(await stateOf('poison')).toBe('aside');
      const good = await claimOne();
      expect(good.id).toBe('good');
      world.clock.advance(10_000);
      expect(await claimIds()).toEqual([]);
      await world.queue.settle(good, { kind: 'done' });
      await finish('poison');
    });

    test('a parked job counts no failure and holds its place until its time', async () => {
      await add('first', { group: 'g' });
      await add('second', { group: 'g' });
      const until = new Date(world.clock.now() + 60_000);
      await finish('first', { kind: 'park', reason: 'daily quota', until });
      expect(await world.queue.get('first')).toMatchObject({ failures: 0, dueAt: until });
      expect(await claimIds()).toEqual([]);
      world.clock.advance(60_000);
      expect(await claimIds()).toEqual(['first']);
    });

    test.each(['ambiguous', 'dead'] as const)(
      '%s leaves the line and waits for a person',
      async (kind) => {
        await add('first', { group: 'g' });
        await add('second', { group: 'g' });
        await finish('first', { kind, reason: 'no answer after sending' });
        expect(await world.queue.get('first')).toMatchObject({
          state: kind,
          reason: 'no answer after sending',
        });
        await finish('second');
        world.clock.advance(604_800_000);
        expect(await claimIds()).toEqual([]);
      },
    );

    test('a job whose budget is spent becomes a dead letter', async () => {
      await add('a');
      for (let tries = 0; (await stateOf('a')) !== 'dead'; tries++) {
        expect(tries).toBeLessThan(100);
        await finish('a', retry);
        world.clock.advance(600_000);
      }
      expect(await world.queue.get('a')).toMatchObject({ reason: 'no answer' });
    });

    test('the rows of the consumer are written with the settlement, or neither is', async () => {
      await add('a');
      const job = await claimOne();
      const failing = async () => {
        throw new Error('no such message');
      };
      await expect(world.queue.settle(job, { kind: 'done' }, { also: failing })).rejects.toThrow(
        'no such',
      );
      expect(await stateOf('a')).toBe('leased');
      expect(await world.queue.attempts('a')).toEqual([]);
    });
  });

  describe('leases', () => {
    test('a job whose lease ran out is claimed again, and the first worker can settle nothing', async () => {
      await add('a');
      const late = await claimOne();
      world.clock.advance(leaseMs + 1_000);
      expect(await claimIds()).toEqual([]);
      world.clock.advance(1_000);
      const second = await claimOne();
      expect(second).toMatchObject({ id: 'a', attempt: 2, failures: 1 });
      expect(await world.queue.settle(late, { kind: 'done' })).toBe(false);
      expect(await world.queue.renew([late, second], leaseMs)).toEqual([second]);
      expect(await world.queue.settle(second, { kind: 'done' })).toBe(true);
      expect((await world.queue.attempts('a')).map(({ outcome }) => outcome)).toEqual([
        'lost',
        'done',
      ]);
    });

    test('a worker does not take back what it still works on, however late it is', async () => {
      await add('a');
      const job = await claimOne();
      world.clock.advance(10 * leaseMs);
      expect(await world.queue.claim(1, leaseMs, [job])).toEqual([]);
      expect(await world.queue.settle(job, { kind: 'done' })).toBe(true);
    });

    test('a lease that is renewed does not run out', async () => {
      await add('a');
      const job = await claimOne();
      for (let renewal = 0; renewal < 5; renewal++) {
        world.clock.advance(leaseMs - 1);
        await world.queue.renew([job], leaseMs);
        expect(await claimIds()).toEqual([]);
      }
      expect(await world.queue.settle(job, { kind: 'done' })).toBe(true);
    });

    test('a job cannot be settled twice', async () => {
      await add('a');
      const job = await claimOne();
      expect(await world.queue.settle(job, { kind: 'done' })).toBe(true);
      expect(await world.queue.settle(job, retry)).toBe(false);
      expect(await stateOf('a')).toBe('done');
    });
  });
}
