import { describe, expect, test } from 'vitest';
import { openSteadyClock, trustClocks } from '../../../src/store/steady-clock.ts';
import { openMailStore } from '../../../src/store/store.ts';
import { eachPlace, machineClock, startMailLab } from '../../fixtures/bridge-with-resend.ts';

eachPlace((nextPlace) => {
  describe('what a person says of the clock', () => {
    test('is heard, also when it is said while the guard writes down what it saw', async () => {
      const clocks = machineClock();
      await using lab = await startMailLab({ place: await nextPlace(), bridge: { clocks } });
      await lab.bridge.stop();
      const { store } = await openMailStore(lab.place, undefined, clocks);
      await using _closing = store;
      const machine = 'a machine of its own';
      const { guard, keepIn } = await openSteadyClock(store.db, machine, { clocks });
      let isBetween = false;
      // The person speaks after the guard has read and before it writes.
      keepIn(
        Object.create(store, {
          transaction: {
            value: async (...work: Parameters<typeof store.transaction>) => {
              if (isBetween) await trustClocks(store);
              isBetween = false;
              return await store.transaction(...work);
            },
          },
        }),
      );
      await guard.look();
      clocks.step(-3 * 24 * 60 * 60 * 1000);
      isBetween = true;
      await guard.look();
      expect(guard.doubt()).toBeDefined();
      await guard.look();
      expect(guard.doubt()).toBeUndefined();
      // It was about that jump, and says nothing of the next one.
      clocks.step(-3 * 24 * 60 * 60 * 1000);
      await guard.look();
      await guard.look();
      expect(guard.doubt()).toBeDefined();
    });

    test('is heard once by each of two bridges on one machine', async () => {
      const clocks = machineClock();
      await using lab = await startMailLab({ place: await nextPlace(), bridge: { clocks } });
      await lab.bridge.stop();
      const { store } = await openMailStore(lab.place, undefined, clocks);
      await using _closing = store;
      const open = async () => {
        const steady = await openSteadyClock(store.db, 'a machine of two bridges', { clocks });
        steady.keepIn(store);
        await steady.guard.look();
        return steady.guard;
      };
      const guards = [await open(), await open()];
      clocks.step(-3 * 24 * 60 * 60 * 1000);
      for (const guard of guards) await guard.look();
      await trustClocks(store);
      for (const guard of guards) {
        expect(guard.doubt()).toBeDefined();
        await guard.look();
        expect(guard.doubt()).toBeUndefined();
      }
      clocks.step(-3 * 24 * 60 * 60 * 1000);
      for (const guard of [...guards, await open()]) {
        await guard.look();
        expect(guard.doubt()).toBeDefined();
      }
    });
  });
});
