import { verb } from '@prosora/service';
import { operatorClientOptions, operatorOf } from './operator.ts';

/** Ends an upgrade of the datafiles: there is no way back after it. */
export const confirm = verb({
  help: 'Gives up the tables that an upgrade of the datafiles kept as they were',
  needs: operatorClientOptions,
  async run({ options, show }) {
    const { tables } = await operatorOf(options).ask('confirm', {});
    show(tables, () =>
      tables.length > 0 ? `Gave up ${tables.join(', ')}` : 'There was nothing to confirm.',
    );
    return 0;
  },
});
