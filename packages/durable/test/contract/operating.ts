import { describe, expect, test } from 'vitest';
import { type ContractWorld, retry } from './world.ts';

/** What a store promises to the person who looks after it. */
export function operatingContract(world: ContractWorld): void {
  const { add, claimOne, finish } = world;

  describe('by hand', () => {
    test('a dead job is replayed with all its tries, at its place in the line', async () => {
      await add('dead', { group: 'g' });
      await finish('dead', { kind: 'dead', reason: 'gone' });
      await add('later', { group: 'g' });
      expect(await world.queue.replay(['dead', 'unknown'])).toEqual(['dead']);
      expect(await world.queue.get('dead')).toMatchObject({
        state: 'ready',
        failures: 0,
        reason: null,
      });
      await finish('dead');
      await finish('later');
    });

    test('a job that waits for its next try can be tried now, and a running one not be touched', async () => {
      await add('waits');
      await finish('waits', { ...retry, afterMs: 3_600_000 });
      await world.queue.replay(['waits']);
      await claimOne();
      expect(await world.queue.replay(['waits'])).toEqual([]);
      expect(await world.queue.drop(['waits'], 'by hand')).toEqual([]);
    });

    test('a job that is in none of the states meant any more is left as it is', async () => {
      await add('done');
      await finish('done');
      await add('dead');
      await finish('dead', { kind: 'dead', reason: 'gone' });
      const both = ['done', 'dead'];
      expect(await world.queue.replay(both, { among: ['held'] })).toEqual([]);
      expect(await world.queue.replay(both, { among: ['dead', 'held'] })).toEqual(['dead']);
      expect(await world.queue.drop(both, 'by hand', { among: ['dead'] })).toEqual([]);
      expect(await world.queue.counts()).toEqual({ done: 1, ready: 1 });
    });

    test('a dropped job runs no more and lets its group go on', async () => {
      await add('first', { group: 'g' });
      await add('second', { group: 'g' });
      expect(await world.queue.drop(['first'], 'asked by the owner')).toEqual(['first']);
      expect(await world.queue.get('first')).toMatchObject({
        state: 'dropped',
        reason: 'asked by the owner',
      });
      await finish('second');
    });

    test('counts, pages and the oldest pending job tell what there is', async () => {
      const oldest = new Date(world.clock.now());
      for (const id of ['a', 'b', 'c']) {
        await add(id);
        world.clock.advance(1_000);
      }
      expect(await world.queue.counts()).toEqual({ ready: 3 });
      await finish('a');
      expect(await world.queue.counts()).toEqual({ ready: 2, done: 1 });
      expect(await world.queue.oldestPending()).toEqual(new Date(oldest.getTime() + 1_000));
      const [first, second] = await world.queue.list({ limit: 2 });
      const rest = await world.queue.list({ afterSeq: second?.seq ?? 0 });
      expect([first, second, ...rest].map((job) => job?.id)).toEqual(['a', 'b', 'c']);
      expect((await world.queue.list({ states: ['done'] })).map(({ id }) => id)).toEqual(['a']);
    });

    test('attempts are kept in order, the last ones of each job', async () => {
      await add('a');
      for (let attempt = 0; attempt < 6; attempt++) {
        await finish('a', { ...retry, reason: `try ${attempt + 1}`, afterMs: 0 });
      }
      const kept = await world.queue.attempts('a');
      expect(kept.map(({ attempt, reason }) => [attempt, reason])).toEqual([
        [3, 'try 3'],
        [4, 'try 4'],
        [5, 'try 5'],
        [6, 'try 6'],
      ]);
    });

    test('purging forgets what is finished and old, and nothing that a person has to see', async () => {
      await add('done');
      await finish('done');
      await add('dead');
      await finish('dead', { kind: 'dead', reason: 'gone' });
      await add('pending');
      world.clock.advance(1_000);
      expect(await world.queue.purge(new Date(world.clock.now()))).toBe(1);
      expect((await world.queue.list()).map(({ id }) => id)).toEqual(['dead', 'pending']);
      expect(await add('done')).toBe('added');
    });
  });
}
