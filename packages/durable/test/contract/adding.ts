import { describe, expect, test } from 'vitest';
import { type ContractWorld, retry, rules } from './world.ts';

/** What a store promises of adding jobs. */
export function addingContract(world: ContractWorld): void {
  const { add, bytes, claimIds, claimOne, finish } = world;

  describe('adding', () => {
    test('an id is added once, and a second time is told from one with other bytes', async () => {
      expect(await world.queue.add('a', bytes('one'))).toBe('added');
      expect(await world.queue.add('a', bytes('one'))).toBe('duplicate');
      expect(await world.queue.add('a', bytes('two'))).toBe('conflict');
      expect(await world.queue.payload('a')).toEqual(bytes('one'));
    });

    test('an id is still known after its job is done', async () => {
      await add('a');
      await finish('a');
      expect(await add('a')).toBe('duplicate');
      expect(await claimIds()).toEqual([]);
    });

    test('every byte of a payload comes back, an empty one too', async () => {
      for (const size of [0, 1, 256, 2_048, 2_049, 1_000_000]) {
        const payload = Uint8Array.from({ length: size }, (_, index) => index % 251);
        await world.queue.add(`${size}`, payload);
        const job = await claimOne();
        expect(Buffer.compare(job.payload, payload), `${size} bytes`).toBe(0);
        expect(await world.queue.add(`${size}`, payload)).toBe('duplicate');
        expect(
          Buffer.compare((await world.queue.payload(`${size}`)) ?? bytes('none'), payload),
        ).toBe(0);
      }
    });

    test('the same id in two queues is two jobs with states of their own', async () => {
      const other = world.store.queue('other', rules);
      await add('a');
      expect(await other.add('a', bytes('a'))).toBe('added');
      await finish('a');
      expect((await other.get('a'))?.state).toBe('ready');
    });

    test('a job for later is claimed when its time has come, and not before', async () => {
      await add('later', { availableAt: new Date(world.clock.now() + 1_000) });
      expect(await world.queue.msUntilDue()).toBe(1_000);
      expect(await claimIds()).toEqual([]);
      world.clock.advance(1_000);
      expect(await claimIds()).toEqual(['later']);
    });

    test('adding with a key supersedes pending jobs of that key, and no running one', async () => {
      await add('running', { supersedes: 'sub_1' });
      const running = await claimOne();
      await add('old', { supersedes: 'sub_1', group: 'cus_1' });
      await add('foreign', { supersedes: 'sub_2' });
      await add('new', { supersedes: 'sub_1', group: 'cus_1' });
      expect(await world.queue.get('old')).toMatchObject({
        state: 'superseded',
        reason: 'superseded by new',
      });
      expect(await claimIds()).toEqual(['foreign', 'new']);
      expect(await world.queue.settle(running, { kind: 'done' })).toBe(true);
    });
  });

  describe('superseding', () => {
    test('several of one line at once leaves the rest of the line with a head', async () => {
      await add('first', { group: 'g', supersedes: 'k' });
      const first = await claimOne();
      await add('second', { group: 'g', supersedes: 'k' });
      await add('rest', { group: 'g' });
      await world.queue.settle(first, retry);
      await add('new', { group: 'other', supersedes: 'k' });
      expect(await world.queue.counts()).toEqual({ superseded: 2, ready: 2 });
      expect(await claimIds()).toEqual(['rest', 'new']);
    });
  });
}
