import { UsageError, verb } from '@prosora/service';
import { placeOf } from '../../options.ts';
import { trustClocks } from '../../store/steady-clock.ts';
import { openMailStore } from '../../store/store.ts';
import { describeErasure } from '../describe-erasure.ts';
import { emptyLog } from '../empty-log.ts';
import { eraseReader } from '../erase.ts';
import { openHere, storeOptions } from './on-store.ts';

export const init = verb({
  help: 'Makes the store, once, before the first start',
  needs: storeOptions,
  async run({ options, show }) {
    const place = placeOf(options);
    const { store } = await openMailStore({ ...place, mayBeNew: true });
    await store.close();
    const where = 'dataDir' in place ? place.dataDir : 'in the database';
    show({ store: where }, () => `The store is there: ${where}.`);
    return 0;
  },
});

export const trustClock = verb({
  help: "Says that the machine's clock is right, after a jump that the bridge doubts",
  needs: storeOptions,
  async run({ options, show }) {
    await using opened = await openHere(options);
    const machines = await trustClocks(opened.store);
    show({ machines }, () =>
      machines === 0
        ? 'The bridge has not looked at its clock yet: nothing to say.'
        : 'The clock is trusted: a running bridge hears it within a minute.',
    );
    return 0;
  },
});

export const erase = verb({
  help: 'Says what the store has of a reader, and takes it out when told so',
  args: '<address>',
  flags: { yes: { type: 'boolean', help: 'Take it out' } },
  needs: storeOptions,
  async run({ args: [address = ''], flags: { yes }, options, show }) {
    if (!address.includes('@')) throw new UsageError('Name the address of the reader.');
    await using opened = await openHere(options);
    const erasure = await eraseReader(opened, address, { apply: yes });
    const place = placeOf(options);
    if (yes && 'dataDir' in place) emptyLog(place.dataDir);
    show({ ...erasure, applied: yes }, () => describeErasure(erasure, { applied: yes }));
    return 0;
  },
});
