import { UsageError, verb } from '@prosora/service';
import { placeOf } from '../../options.ts';
import { openMailStore } from '../../store/store.ts';
import { describeErasure } from '../describe-erasure.ts';
import { doubtWaiting } from '../restored.ts';
import { findOperator, operatorOptions, storeOptions } from './operator.ts';

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

export const restored = verb({
  help: 'Says, before the first start, that the store is from a backup: Resend is asked what was sent since',
  args: '<time>',
  needs: storeOptions,
  async run({ args: [time = ''], options, show }) {
    const since = Date.parse(time);
    if (Number.isNaN(since)) throw new UsageError(`"${time}" is no time of a backup.`);
    const { store } = await openMailStore(placeOf(options));
    const chunks = await doubtWaiting(store, since).finally(() => store.close());
    show({ chunks }, () =>
      chunks === 0
        ? 'Nothing waited to be sent at the time of the backup.'
        : `${chunks} calls may have been made since: Resend is asked, and what it does not have is held. See \`dead\`.`,
    );
    return 0;
  },
});

export const trustClock = verb({
  help: "Says that the machine's clock is right, after a jump that the bridge doubts",
  needs: operatorOptions,
  async run({ options, show }) {
    await using bridge = findOperator(options);
    show(await bridge.ask('trustClock', {}), ({ machines }) =>
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
  needs: operatorOptions,
  async run({ args: [address = ''], flags: { yes }, options, show }) {
    await using bridge = findOperator(options);
    const erasure = await bridge.ask(yes ? 'erase' : 'traces', { address });
    show({ ...erasure, applied: yes }, () => describeErasure(erasure, { applied: yes }));
    return 0;
  },
});
